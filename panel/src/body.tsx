// SPDX-License-Identifier: MIT
// The body, seen from behind, arms folded in front. Lengths are centimetres of a person of 1.75 m: x from the spine
// (right is right), y from the top of the head. Only the right half is drawn by hand.
import type { Roller, Side, StateDoc, Telemetry, Zone } from './api';
import { ZONES } from './api';
import { t } from './say';

type Point = readonly [number, number];

/** The outline of the right half, from the crown down to the crotch. */
const HALF: readonly Point[] = [
  [0, 0.5], [4.2, 1.3], [7, 5], [7.7, 10], [7.2, 14.5], [5.9, 18.5], [5.3, 21.5], [5.6, 24.5], [8.4, 27.2], [13.5, 29], [18.2, 30.8],
  [21.4, 34], [22.9, 39], [23.7, 45], [24.2, 51], [24.6, 56.5], [24.2, 61], [22.2, 64], [19.2, 64.6], [16.6, 64.2],
  [15.3, 66], [14.6, 69], [14.7, 73], [15.8, 78], [17.2, 83.5], [18, 89], [18.2, 95], [17.9, 102], [17, 110], [15.6, 118], [14.1, 125],
  [13.3, 130], [13.5, 135], [14, 140], [13.7, 146], [12.5, 153], [10.9, 160], [10, 165.5], [10.2, 168.5], [11.6, 171.6], [12.3, 174],
  [10.8, 175.4], [7.6, 175.8], [4.8, 175.2], [4.3, 172.8], [4.9, 169], [4.9, 165], [4.2, 159], [3.2, 152], [2.6, 145.5], [2.9, 139],
  [3.6, 133.5], [3.8, 129], [3.2, 122], [2.3, 114], [1.5, 106], [0.8, 99], [0.25, 94.5], [0, 94],
];

/** Zones of the right half; the lower back is drawn whole from its half. */
const SHAPES: Record<'lower_back' | 'glute' | 'thigh' | 'calf', readonly Point[]> = {
  lower_back: [[0, 58.5], [7, 58.2], [11.3, 59.8], [11.6, 63.5], [11, 68.5], [11.4, 73], [12.2, 76.5], [9.5, 78.6], [4.5, 79.6], [0, 80]],
  glute: [[2, 82.6], [7, 80.8], [12, 81.6], [15.6, 85], [16.6, 89.6], [15.6, 94], [11.5, 96.6], [6.2, 96.6], [2.4, 94.2], [1.3, 89]],
  thigh: [[3, 100.8], [9.2, 99.8], [15.4, 100.4], [15.7, 106], [14.5, 114], [12.7, 121.6], [9, 124], [5.2, 122.4], [4.2, 115], [3.1, 107]],
  calf: [[5.2, 135.6], [8.4, 134.6], [11.6, 135.8], [12.3, 140.5], [11.7, 146.5], [9.9, 153.4], [7.4, 155.2], [5.6, 152.8], [4.4, 146], [4.2, 140]],
};

/** Beside the spine or the middle of a limb: where the parts of a roller are. */
const ACROSS: Record<Roller, readonly number[]> = {
  back: [-7.2, 7.2],
  seat_left: [-5.2],
  seat_right: [5.2],
  leg_left: [-13.8, -4.6],
  leg_right: [4.6, 13.8],
};

/** Where zone texts stand, and the extent that `spot` 0 to 1 means. */
export const ZONE_AT: Record<Zone, { x: number; y: number; from: number; to: number }> = {
  lower_back: { x: 0, y: 66, from: 59, to: 80 },
  glute_left: { x: -11.6, y: 89.5, from: 81.5, to: 96.5 },
  glute_right: { x: 11.6, y: 89.5, from: 81.5, to: 96.5 },
  thigh_left: { x: -9.2, y: 110, from: 100.5, to: 123.5 },
  thigh_right: { x: 9.2, y: 110, from: 100.5, to: 123.5 },
  calf_left: { x: -8.2, y: 144, from: 135, to: 155 },
  calf_right: { x: 8.2, y: 144, from: 135, to: 155 },
};

/** What a finger may hit: larger than the zone, at least 13 mm on a kiosk. */
const HIT: Record<'lower_back' | 'glute' | 'thigh' | 'calf', { x: number; y: number; width: number; height: number }> = {
  lower_back: { x: -16, y: 55, width: 32, height: 25.4 },
  glute: { x: 0.3, y: 80.6, width: 19.4, height: 17.8 },
  thigh: { x: 0.3, y: 98.6, width: 19.4, height: 29 },
  calf: { x: 0.3, y: 131, width: 19.4, height: 29 },
};

function hitOf(zone: Zone) {
  const hit = HIT[zone.replace(/_(left|right)$/, '') as keyof typeof HIT];

  return zone.endsWith('_left') ? { ...hit, x: -hit.x - hit.width } : hit;
}

function round(n: number): string {
  return String(Math.round(n * 100) / 100);
}

/** A smooth closed line through all points (Catmull-Rom). */
function smooth(points: readonly Point[]): string {
  const at = (i: number) => points[(i + points.length) % points.length] as Point;
  let d = `M${round(at(0)[0])} ${round(at(0)[1])}`;

  for (let i = 0; i < points.length; i++) {
    const [a, b, c, e] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    const p = [b[0] + (c[0] - a[0]) / 6, b[1] + (c[1] - a[1]) / 6, c[0] - (e[0] - b[0]) / 6, c[1] - (e[1] - b[1]) / 6, c[0], c[1]];
    d += `C${p.map(round).join(' ')}`;
  }
  return `${d}Z`;
}

function mirrored(points: readonly Point[]): Point[] {
  return points.map(([x, y]) => [-x, y] as Point);
}

/** Both halves as one closed line; points on the axis are kept once. */
function whole(half: readonly Point[]): string {
  return smooth([...half, ...mirrored(half).reverse().filter(([x]) => x !== 0)]);
}

const OUTLINE = whole(HALF);
const PATHS: Record<Zone, string> = {
  lower_back: whole(SHAPES.lower_back),
  glute_left: smooth(mirrored(SHAPES.glute)),
  glute_right: smooth(SHAPES.glute),
  thigh_left: smooth(mirrored(SHAPES.thigh)),
  thigh_right: smooth(SHAPES.thigh),
  calf_left: smooth(mirrored(SHAPES.calf)),
  calf_right: smooth(SHAPES.calf),
};
/** What one sees of a back: hair line, spine, shoulder blades, folds, hollows of the knees, heels. */
const LINES =
  'M-5.6 19.2Q0 22.4 5.6 19.2 M0 29V78 M0 84V94 ' +
  'M5 41Q6.6 49 10.8 50.6Q13.6 46 13.2 38.5 M-5 41Q-6.6 49 -10.8 50.6Q-13.6 46 -13.2 38.5 ' +
  'M17.8 44Q17.2 54 16.6 64 M-17.8 44Q-17.2 54 -16.6 64 ' +
  'M1.6 97.6Q8 100 15 96.8 M-1.6 97.6Q-8 100 -15 96.8 ' +
  'M5.4 130Q8.6 128.4 11.8 130 M-5.4 130Q-8.6 128.4 -11.8 130 ' +
  'M6.2 164V171 M9 164V171 M-6.2 164V171 M-9 164V171';

export const WHOLE = '-27 -2 54 181';
export const LOWER = '-28.5 50 57 111';

export function isOnSide(zone: Zone, side: Side): boolean {
  return side === 'both' || zone === 'lower_back' || zone.endsWith(`_${side}`);
}

/** The zones that the parts of a program (`glute`, `thigh`, …) are on a side. */
export function zonesOf(parts: readonly string[], side: Side): Zone[] {
  return ZONES.filter((zone) => parts.some((part) => zone === part || zone.startsWith(`${part}_`)) && isOnSide(zone, side));
}

/** How far down the body a roller at @travel_mm is, by the zones that the chair found for it; null if it has none. */
function bodyY(zones: StateDoc['zones'], roller: Roller, travel_mm: number): number | null {
  const known: [number, number][] = [];

  for (const zone of ZONES) {
    const place = zones?.[zone];
    if (place?.roller === roller) {
      known.push([place.from_mm, ZONE_AT[zone].from], [place.to_mm, ZONE_AT[zone].to]);
    }
  }
  known.sort(([a], [b]) => a - b);
  const [first, last] = [known[0], known[known.length - 1]];
  if (first === undefined || last === undefined) {
    return null;
  }
  if (travel_mm <= first[0]) {
    return first[1] - (first[0] - travel_mm) / 10;
  }
  for (let i = 1; i < known.length; i++) {
    const [a, b] = [known[i - 1] as [number, number], known[i] as [number, number]];
    if (travel_mm <= b[0]) {
      return a[1] + ((travel_mm - a[0]) / (b[0] - a[0])) * (b[1] - a[1]);
    }
  }
  return last[1] + (travel_mm - last[0]) / 10;
}

function Outline() {
  return (
    <g aria-hidden="true">
      <path class="skin" d={OUTLINE} />
      <path class="lines" d={LINES} />
    </g>
  );
}

function Rollers({ state, telemetry }: { state: StateDoc; telemetry: Telemetry }) {
  const dots = [];

  for (const name of Object.keys(ACROSS) as Roller[]) {
    const roller = telemetry.rollers[name];
    const travel = roller?.travel_mm ?? null; // null: where it is, is not known
    const y = travel === null ? null : bodyY(state.zones, name, travel);
    if (y === null) {
      continue;
    }
    const presses = (roller?.force_n ?? 0) > 1;
    for (const x of ACROSS[name]) {
      dots.push(
        <g key={`${name}${x}`} class={presses ? 'roller presses' : 'roller'} transform={`translate(${x} ${round(y)})`}>
          <circle r={presses ? 2.7 : 1.8} />
          {presses && <circle class="core" r="1" />}
        </g>,
      );
    }
  }
  return <g aria-hidden="true">{dots}</g>;
}

const PAD: Record<Zone, keyof StateDoc['heat']['pads']> = {
  lower_back: 'lower_back',
  glute_left: 'glute_left',
  glute_right: 'glute_right',
  thigh_left: 'leg_left',
  thigh_right: 'leg_right',
  calf_left: 'leg_left',
  calf_right: 'leg_right',
};

/** Level and heat of a zone; both as numbers, so that no colour has to be told apart. */
function ZoneText({ zone, level, heat }: { zone: Zone; level: number; heat: number | null }) {
  const at = ZONE_AT[zone];
  const out = zone.endsWith('_left') ? -1 : 1;
  // levels stand in the zone, heat outside of the body
  const heatX = zone === 'lower_back' ? 21.4 : out * (zone.startsWith('thigh') ? 22.4 : 23.2);

  return (
    <g aria-hidden="true">
      {level > 0 && (
        <g transform={`translate(${at.x} ${at.y})`}>
          <circle class="badge" r="4.3" />
          <text class="digit" y="2.45">{level}</text>
        </g>
      )}
      {heat !== null && !zone.startsWith('calf') && (
        <g class="warmth" transform={`translate(${heatX} ${zone === 'lower_back' ? 72.5 : at.y})`}>
          <path d="M-3.2 -3.2q-1.2 -1.4 0 -2.8t0 -2.8M0 -3.2q-1.2 -1.4 0 -2.8t0 -2.8M3.2 -3.2q-1.2 -1.4 0 -2.8t0 -2.8" />
          <text y="2.8">{Math.round(heat)}°</text>
        </g>
      )}
    </g>
  );
}

/** The running session: rollers, pressure and heat where they are. */
export function LiveBody({ state, telemetry, stale }: { state: StateDoc; telemetry: Telemetry | null; stale: boolean }) {
  const said: string[] = [];
  const texts = ZONES.map((zone) => {
    const level = state.levels[zone] ?? 0;
    const pad = state.heat.pads[PAD[zone]];
    const heat = pad !== undefined && pad.set_c > 0 ? pad.pad_c : null;
    if (level > 0) {
      said.push(t().zoneLabel(t().zones[zone], level, heat === null ? '' : t().zoneHeat(Math.round(heat))));
    }
    return { zone, level, heat };
  });

  return (
    <svg class="body" viewBox={LOWER} role="img" aria-label={[t().bodyLabel, ...said].join('. ')}>
      <Outline />
      {texts.map(({ zone, level, heat }) => (
        <path key={zone} class={`zone l${level}${heat === null ? '' : ' warm'}`} d={PATHS[zone]} />
      ))}
      {texts.map(({ zone, level, heat }) => <ZoneText key={zone} zone={zone} level={level} heat={heat} />)}
      {telemetry !== null && !stale && <Rollers state={state} telemetry={telemetry} />}
    </svg>
  );
}

/** A still picture: the zones that something works on. */
export function PlainBody({ zones, view = WHOLE }: { zones: readonly Zone[]; view?: string }) {
  return (
    <svg class="body" viewBox={view} role="img"
      aria-label={[t().bodyLabel, ...zones.map((zone) => t().zones[zone])].join(', ')}>
      <Outline />
      {ZONES.map((zone) => <path key={zone} class={zones.includes(zone) ? 'zone chosen' : 'zone'} d={PATHS[zone]} />)}
    </svg>
  );
}

/** Left against right, in words and numbers beside the body. */
export function BalanceBody({ values }: { values: { zone: Zone; text: string; firmer: boolean }[] }) {
  return (
    <svg class="body" viewBox="-45 54 90 106" role="img"
      aria-label={[t().bodyLabel, ...values.map((v) => `${t().zones[v.zone]}: ${v.text}`)].join(', ')}>
      <Outline />
      {values.map(({ zone, firmer }) => <path key={zone} class={firmer ? 'zone chosen' : 'zone l1'} d={PATHS[zone]} />)}
      {values.map(({ zone, text }) => {
        const at = ZONE_AT[zone];
        const out = at.x < 0 ? -1 : 1;
        return (
          <g key={zone} class="value" aria-hidden="true">
            <path d={`M${at.x + out * 3} ${at.y}H${out * 26}`} />
            <text x={out * 27} y={at.y + 2} text-anchor={out < 0 ? 'end' : 'start'}>{text}</text>
          </g>
        );
      })}
    </svg>
  );
}

/** In the middle of the zone, where no text has to give way. */
function spotX(zone: Zone): number {
  return zone.startsWith('glute') ? Math.sign(ZONE_AT[zone].x) * 8.8 : ZONE_AT[zone].x;
}

/** Tap a spot. Arrow keys are not needed: every zone is a button, and steppers stand beside. */
export function SpotBody({ allowed, spot, onSpot }: {
  allowed: readonly Zone[];
  spot: { zone: Zone; spot: number } | null;
  onSpot: (zone: Zone, spot: number) => void;
}) {
  const tap = (zone: Zone) => (event: MouseEvent) => {
    const svg = (event.currentTarget as SVGElement).ownerSVGElement;
    const matrix = svg?.getScreenCTM();
    const at = ZONE_AT[zone];

    if (event.detail === 0 || !matrix) {
      onSpot(zone, 0.5); // by keyboard
      return;
    }
    const y = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse()).y;
    onSpot(zone, Math.min(1, Math.max(0, Math.round(((y - at.from) / (at.to - at.from)) * 20) / 20)));
  };
  const key = (zone: Zone) => (event: KeyboardEvent) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      onSpot(zone, 0.5);
    }
  };

  return (
    <svg class="body" viewBox={LOWER} role="group" aria-label={t().bodyLabel}>
      <Outline />
      {ZONES.map((zone) => {
        const chosen = spot?.zone === zone;
        return (
          <path key={zone} class={!allowed.includes(zone) ? 'zone off' : chosen ? 'zone tap chosen' : 'zone tap'} d={PATHS[zone]} aria-hidden="true" />
        );
      })}
      {allowed.map((zone) => (
        <rect key={zone} class="hit" {...hitOf(zone)} rx="2" role="button" tabIndex={0} aria-label={t().zones[zone]}
          aria-pressed={spot?.zone === zone} data-zone={zone} onClick={tap(zone)} onKeyDown={key(zone)} />
      ))}
      {spot !== null && (
        <g class="spot" aria-hidden="true"
          transform={`translate(${spotX(spot.zone)} ${ZONE_AT[spot.zone].from + spot.spot * (ZONE_AT[spot.zone].to - ZONE_AT[spot.zone].from)})`}>
          <circle r="3.4" />
          <path d="M-6 0H-2M2 0H6M0 -6V-2M0 2V6" />
        </g>
      )}
    </svg>
  );
}
