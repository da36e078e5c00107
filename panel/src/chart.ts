// SPDX-License-Identifier: MIT
// The pain trend. The only user of uPlot, loaded when somebody looks at the progress.
import uPlot from 'uplot';

export interface Series {
  before: (number | null)[];
  after: (number | null)[];
  labels: { before: string; after: string };
}

/** Draws into @box; returns what takes it away again. */
export function draw(box: HTMLElement, series: Series): () => void {
  const style = getComputedStyle(box);
  const ink = style.getPropertyValue('--ink').trim();
  const faint = style.getPropertyValue('--line').trim();
  const before = style.getPropertyValue('--chart-a').trim();
  const after = style.getPropertyValue('--chart-b').trim();
  const size = parseFloat(style.fontSize);
  const font = `${Math.round(size)}px ${style.fontFamily}`;
  const x = series.before.map((_, i) => i + 1);
  const axis = { stroke: ink, font, labelFont: font, grid: { stroke: faint, width: 1 }, ticks: { stroke: faint, width: 1 } };
  const plot = new uPlot({
    width: box.clientWidth,
    height: box.clientHeight,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, range: [0.5, Math.max(2, x.length) + 0.5] }, y: { range: [0, 10.4] } },
    axes: [
      {
        ...axis,
        size: size * 1.8,
        // whole sessions only, and no more than there is room for
        splits: () => x.filter((n) => x.length <= 10 || n % Math.ceil(x.length / 10) === 0),
        values: (_, ticks) => ticks.map(String),
      },
      { ...axis, size: size * 2.2, splits: () => [0, 2, 4, 6, 8, 10], values: (_, ticks) => ticks.map(String) },
    ],
    series: [
      {},
      { label: series.labels.before, stroke: before, width: 4, spanGaps: true, points: { show: true, size: 11, fill: before, stroke: before } },
      {
        label: series.labels.after,
        stroke: after,
        width: 4,
        dash: [12, 8],
        spanGaps: true,
        points: { show: true, size: 13, fill: style.getPropertyValue('--ground').trim(), stroke: after, width: 4 },
      },
    ],
  }, [x, series.before, series.after] as uPlot.AlignedData, box);

  return () => plot.destroy();
}
