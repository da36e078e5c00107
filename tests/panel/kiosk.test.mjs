// SPDX-License-Identifier: MIT
// The chair's own screen: the real chair-kiosk, cage (on a screen that exists in memory alone) and Chromium.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { Chair, chromium, closeBrowser, picture, root, until } from './chair.mjs';

const isRoot = process.getuid() === 0;
let chair;
let kiosk;
let dir;

before(async () => {
  chair = await Chair.start();
  dir = mkdtempSync(join(tmpdir(), 'chair-kiosk-'));
  for (const name of ['state', 'cache', 'run', 'bin']) {
    mkdirSync(join(dir, name), { mode: 0o700 });
  }
  copyFileSync(join(root, 'systemd/chair-kiosk'), join(dir, 'bin/chair-kiosk'));
  // where these tests run, Chromium may not be allowed the namespaces that it keeps pages apart by
  writeFileSync(join(dir, 'bin/chromium'), '#!/bin/sh\nexec nice -n 8 /usr/bin/chromium --no-sandbox --disable-gpu --remote-debugging-port=0 "$@"\n');
  chmodSync(join(dir, 'bin/chromium'), 0o755);
  if (isRoot) {
    execFileSync('chown', ['-R', '65534:65534', dir]);
  }
});
after(async () => {
  await closeBrowser();
  await chair?.stop();
  rmSync(dir, { recursive: true, force: true });
});
afterEach(() => {
  signal('KILL', '');
  kiosk = undefined;
});

function start() {
  // cage is never root
  const user = isRoot ? ['--reuid', '65534', '--regid', '65534', '--clear-groups'] : [];

  kiosk = spawn('setpriv', [...user, '--pdeathsig', 'KILL', join(dir, 'bin/chair-kiosk')], {
    detached: true, // a process group of its own, as the service has a control group
    stdio: 'ignore',
    env: {
      PATH: `${join(dir, 'bin')}:${process.env.PATH}`, HOME: join(dir, 'state'), BROWSER: 'chromium', PATIENCE_S: '6',
      PANEL_URL: `${chair.url}?mm=6.68&lang=de`, STATE_DIRECTORY: join(dir, 'state'), RUNTIME_DIRECTORY: join(dir, 'cache'),
      XDG_RUNTIME_DIR: join(dir, 'run'), WLR_BACKENDS: 'headless', WLR_LIBINPUT_NO_DEVICES: '1', WLR_RENDERER: 'pixman',
    },
  });
  kiosk.over = new Promise((done) => kiosk.once('exit', done));
}

/** To the kiosk's processes whose command line has this; how many there are. */
function signal(name, pattern) {
  try {
    execFileSync('pkill', [`-${name}`, '--pgroup', String(kiosk.pid), '--full', '--', pattern], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // there is none
  }
}

/** The page on the kiosk's screen; null while there is none. */
async function shown() {
  let port;
  try {
    [port] = readFileSync(join(dir, 'state/chromium/DevToolsActivePort'), 'utf8').split('\n');
  } catch {
    return null;
  }
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`).catch(() => null);
  const page = browser?.contexts()[0]?.pages()[0];
  if (page === undefined || !page.url().startsWith(chair.url)) {
    await browser?.close();
    return null;
  }
  return page;
}

async function closeShown(page) {
  await page?.context().browser().close(); // the connection to it alone
}

/** The first screen with STOP, fed by the chair. */
async function showsPanel(page) {
  await page.waitForSelector('#stop', { timeout: 60000 });
  await page.waitForSelector('[data-screen=who]', { timeout: 60000 });
}

test('it waits for chair-web, shows the panel, and ends when the page dies, so that the service begins anew', async () => {
  await chair.end(chair.web);
  start();
  await until(() => signal('0', 'chair-kiosk'), 'the kiosk');
  assert.ok(!signal('0', 'cage -d'), 'nothing is shown before there is a panel');
  chair.restartWeb();
  const page = await until(shown, 'the page', 60000, 500);
  await showsPanel(page);
  const look = await page.evaluate(() => ({
    width: innerWidth, height: innerHeight, lang: document.documentElement.lang,
    stopMm: document.querySelector('#stop').getBoundingClientRect().height / 6.68,
  }));
  assert.deepEqual([look.width, look.height], [1280, 720], 'the whole screen');
  assert.equal(look.lang, 'de');
  assert.ok(look.stopMm >= 25, `STOP is ${look.stopMm} mm high`);
  await picture(page, 'kiosk');
  // chair-web that is away is no reason: the page finds it again
  await chair.end(chair.web);
  await page.waitForSelector('.status .bad', { timeout: 30000 });
  await new Promise((done) => setTimeout(done, 8000)); // longer than its patience
  assert.equal(kiosk.exitCode, null);
  chair.restartWeb();
  await page.waitForSelector('.status .bad', { state: 'detached', timeout: 30000 });
  await closeShown(page);
  assert.ok(signal('KILL', '--type=renderer'), 'a page to be killed');
  await kiosk.over;
});

test('it ends with its browser, and with a choice that does not exist', async () => {
  start();
  const page = await until(shown, 'the page', 60000, 500);
  await showsPanel(page);
  await closeShown(page);
  signal('KILL', '--kiosk');
  await kiosk.over;
  const wrong = spawn(join(root, 'systemd/chair-kiosk'), {
    env: { PATH: process.env.PATH, BROWSER: 'netscape', STATE_DIRECTORY: dir, RUNTIME_DIRECTORY: dir }, stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  wrong.stderr.on('data', (text) => { said += text; });
  assert.equal(await new Promise((done) => wrong.once('close', done)), 2);
  assert.match(said, /BROWSER=netscape: must be auto, chromium or cog/);
});
