// SPDX-License-Identifier: MIT
// panel.mjs - the touch panel's figures, for bench.py: a line of JSON for each. $CHAIR_BIN names the programs.
// Needs Debian's Chromium. --long: also an hour's worth of updates.
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBridge } from '../panel/bridge.mjs';
import { Chair, closeBrowser, launchBrowser, onScreen, openPanel, PANELS, until } from '../panel/chair.mjs';
import { massage, rollers, startStage, capture } from '../panel/stage.mjs';

const LOADS = 7;
const SLOWER = 6; // about a Raspberry Pi 4 to a desktop's core
const STOPS = 100;
const UPDATES_HOUR = 5 * 3600; // state and telemetry at 5 Hz
const WARM_UP = 9000; // what the engine compiles and keeps grows until then

const wallMs = () => performance.timeOrigin + performance.now();
const percentile = (values, share) => [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1];

function figure(name, value, limit, unit, how, digits = 1) {
  console.log(JSON.stringify({ name, value, limit, unit, how, digits }));
}

/** From the navigation to the first paint and to a first screen that can be used. */
async function load(chair) {
  const paints = [];
  const ready = [];

  for (let i = 0; i < LOADS; i++) {
    const { width, height, mm } = PANELS.large;
    const context = await (await launchBrowser()).newContext({ viewport: { width, height }, hasTouch: true });
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);

    await cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
    await page.addInitScript(() => {
      new MutationObserver((_, observer) => {
        if (document.querySelector('[data-screen=who]')) {
          window.readyMs = performance.now();
          observer.disconnect();
        }
      }).observe(document, { childList: true, subtree: true, attributes: true });
    });
    await page.goto(`${chair.url}?mm=${mm}`);
    await until(() => page.evaluate(() => window.readyMs), 'the first screen', 60000);
    paints.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime));
    ready.push(await page.evaluate(() => window.readyMs));
    await context.close();
  }
  const how = `median of ${LOADS} loads of a browser that has nothing cached, its processor slowed ${SLOWER} times`;
  figure('first paint of the panel, processor slowed 6 times', percentile(paints, 0.5), 1000, 'ms', how);
  figure('first screen that can be used, processor slowed 6 times', percentile(ready, 0.5), 2000, 'ms', how);
}

/** Calls @heard(time) at each change of the state to @to. */
function watch(chair, to, heard) {
  const socket = connect(join(chair.dir, 'sockets/watch.sock'));
  let rest = '';

  socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'state.watch' })}\n`);
  socket.setEncoding('utf8');
  socket.on('data', (text) => {
    const at = wallMs();
    const lines = (rest + text).split('\n');

    rest = lines.pop();
    for (const { method, params } of lines.map((line) => JSON.parse(line))) {
      if (method === 'event' && params.kind === 'state' && params.to === to) {
        heard(at);
      }
    }
  });
  return socket;
}

/** From the browser's time stamp of the touch to chaird's news of the new state, at any moment of homing. */
async function stops(chair) {
  const page = await openPanel(chair);
  const times = [];
  let heardMs = 0;
  const socket = watch(chair, 'retracting', (at) => { heardMs = at; });

  await page.evaluate(() => addEventListener('pointerdown', (event) => {
    window.touchedMs = performance.timeOrigin + event.timeStamp;
  }, { capture: true }));
  while (times.length < STOPS) {
    await chair.waitState((doc) => doc.permits.start, 'ready');
    await chair.rpc.call('session.start', { program: 'gentle-sciatica', side: 'both' });
    await chair.waitState('homing');
    await page.waitForTimeout(Math.random() * 400);
    heardMs = 0;
    await page.locator('#stop').tap();
    await until(() => heardMs, 'the stop', 5000, 5);
    times.push(heardMs - await page.evaluate(() => window.touchedMs));
  }
  socket.destroy();
  await page.context().close();
  const how = `${STOPS} stops while rollers home, real chair-web and chaird; browser's time stamp of the touch to the arrival of chaird's event`;
  figure('touch on STOP to the new state of chaird, p50', percentile(times, 0.5), 20, 'ms', how);
  figure('touch on STOP to the new state of chaird, p99', percentile(times, 0.99), 100, 'ms', how);
}

/** What is alive in the page after garbage was collected. */
async function alive(cdp) {
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  const { nodes, jsEventListeners } = await cdp.send('Memory.getDOMCounters');

  return { heap: usedSize, nodes, jsEventListeners };
}

async function hour(captured) {
  const path = join(tmpdir(), `panel-bench-${process.pid}.sock`);
  const stage = await startStage(path, captured);
  const bridge = await startBridge({ socket: path });
  const page = await openPanel({ url: bridge.url });
  const cdp = await page.context().newCDPSession(page);
  const telemetry = rollers(captured);
  let before;

  await cdp.send('HeapProfiler.enable');
  for (let i = 0; i < WARM_UP + UPDATES_HOUR; i++) {
    if (i === WARM_UP) {
      before = await alive(cdp);
    }
    for (const [n, roller] of Object.values(telemetry.rollers).entries()) {
      Object.assign(roller, { travel_mm: 20 + (i * (n + 1)) % 150, force_n: (i * 0.3) % 22 });
    }
    stage.stage.telemetry = telemetry;
    stage.set({ ...massage(captured), progress_pct: i % 100, remaining_s: 1800 - (i % 1800), level_aim: 1 + (i % 3) });
    if (i % 10 === 0) {
      await page.evaluate(() => new Promise((done) => { requestAnimationFrame(done); })); // it has drawn
    }
  }
  const after = await alive(cdp);
  await page.context().close();
  await bridge.stop();
  await stage.stop();
  const how = `${UPDATES_HOUR} states and telemetries of a running session, as quickly as the panel draws them, after ${WARM_UP} of warming up; `
    + `after a garbage collection: ${(before.heap / 1e6).toFixed(2)} then ${(after.heap / 1e6).toFixed(2)} MB, ${after.nodes} nodes`;
  figure("the panel's heap after an hour of updates, of that before", after.heap / before.heap, 1.02, 'x', how, 3);
  figure('elements and listeners of the page after that hour, more than before',
    after.nodes - before.nodes + after.jsEventListeners - before.jsEventListeners, 0, '', how, 0);
}

const chair = await Chair.start();
try {
  await chair.waitState((doc) => doc.permits.start, 'ready', 120000);
  await load(chair);
  await stops(chair);
  if (process.argv.includes('--long')) {
    await hour(await capture((method, params) => chair.rpc.call(method, params)));
  }
} finally {
  await closeBrowser();
  await chair.stop();
}
