// SPDX-License-Identifier: MIT
// A whole chair for the tests of the panel: chairsim, chaird and chair-web (or the bridge), and a browser before it.
// $CHAIR_BIN names the directory of the programs (default build/release). Nothing sleeps for something to have happened.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBridge } from './bridge.mjs';

export const here = dirname(fileURLToPath(import.meta.url));
export const root = resolve(here, '../..');
export const pictures = join(root, 'build/panel');
const bin = resolve(root, process.env.CHAIR_BIN ?? 'build/release');
const require = createRequire(join(root, 'panel/package.json'));
export const { chromium } = require('playwright-core');
export const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const PANELS = {
  large: { width: 1024, height: 600, mm: 6.68 },
  small: { width: 800, height: 480, mm: 5.25 },
  phone: { width: 390, height: 844, mm: 160 / 25.4 },
};

export async function until(condition, what, deadlineMs = 15000, paceMs = 50) {
  const end = Date.now() + deadlineMs;

  for (;;) {
    const value = await condition();
    if (value) {
      return value;
    }
    if (Date.now() > end) {
      throw new Error(`not within ${deadlineMs / 1000} s: ${what}`);
    }
    await new Promise((done) => setTimeout(done, paceMs));
  }
}

async function freePort() {
  const server = createServer();
  const port = await new Promise((done) => server.listen(0, '127.0.0.1', () => done(server.address().port)));

  await new Promise((done) => server.close(done));
  return port;
}

/** One line of JSON-RPC asked, one answered. */
class Rpc {
  constructor(path) {
    this.waiting = new Map();
    this.id = 0;
    this.socket = connect(path);
    this.socket.setEncoding('utf8');
    this.ready = new Promise((done, fail) => {
      this.socket.once('connect', done);
      this.socket.once('error', fail);
    });
    this.socket.on('error', () => undefined);
    let rest = '';
    this.socket.on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) {
        const message = JSON.parse(line);
        this.waiting.get(message.id)?.(message);
        this.waiting.delete(message.id);
      }
    });
  }

  async call(method, params = {}) {
    const id = ++this.id;

    await this.ready;
    const answer = await new Promise((done) => {
      this.waiting.set(id, done);
      this.socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    });
    if (answer.error) {
      throw Object.assign(new Error(JSON.stringify(answer.error)), { reason: answer.error.data?.reason });
    }
    return answer.result;
  }

  close() {
    this.socket.destroy();
  }
}

export class Chair {
  static async start(options = {}) {
    const chair = new Chair();
    await chair.begin(options);
    return chair;
  }

  async begin({ programs = true, web = true, config = {} }) {
    await launchBrowser();
    this.dir = mkdtempSync(join(tmpdir(), 'chair-panel-'));
    this.running = [];
    mkdirSync(join(this.dir, 'sockets'));
    mkdirSync(join(this.dir, 'web'));
    mkdirSync(join(this.dir, 'source'));
    cpSync(join(root, 'config'), join(this.dir, 'source'), { recursive: true });
    if (programs) {
      copyFileSync(join(here, 'programs/short.yaml'), join(this.dir, 'source/programs/short.yaml'));
    }
    const made = execFileSync('sh', [join(root, 'hw/sim/simulated-config.sh'), this.dir, join(this.dir, 'source/chair.yaml')], { encoding: 'utf8' });
    writeFileSync(join(this.dir, 'chair.yaml'), made);
    for (const name of ['check-in.yaml', 'after-care.yaml']) {
      copyFileSync(join(root, 'config', name), join(this.dir, name));
    }
    cpSync(join(root, 'config/after-care'), join(this.dir, 'after-care'), { recursive: true });
    this.launch('chairsim', ['run', '--dir', this.dir]);
    await until(() => this.log('chairsim').includes('ready'), 'the simulated chair');
    this.sim = new Rpc(join(this.dir, 'sim.sock'));
    this.startChaird();
    await this.connectChaird();
    this.bridge = await startBridge({ socket: join(this.dir, 'sockets/panel.sock'), config });
    this.url = web ? await this.startWeb() : this.bridge.url;
  }

  /** The real thing; the bridge beside it is for what chair-web does not do on demand: cutting, not answering. */
  async startWeb() {
    const port = await freePort();
    const lan = await freePort();
    const [key, certificate] = ['web.key', 'web.pem'].map((name) => join(this.dir, name));

    // as docs/web.md says
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost',
      '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', certificate], { stdio: 'ignore' });
    writeFileSync(join(this.dir, 'chair-web.yaml'),
      `port: ${port}\npanel: ${join(root, 'panel/dist')}\nsockets: ${this.dir}/sockets\nstate: ${this.dir}/web\n`
      + `lan:\n  listen: 127.0.0.1\n  port: ${lan}\n  certificate: ${certificate}\n  key: ${key}\n`);
    this.lanUrl = `https://127.0.0.1:${lan}/`;
    this.web = this.launch('chair-web', ['--config', join(this.dir, 'chair-web.yaml')]);
    await until(() => fetch(`http://127.0.0.1:${port}/`).then((answer) => answer.ok, () => false), 'chair-web');
    return `http://127.0.0.1:${port}/`;
  }

  startChaird() {
    this.chaird = this.launch('chaird', ['--config', join(this.dir, 'chair.yaml'), '--profiles', join(root, 'hw/profiles'),
      '--runtime-dir', join(this.dir, 'sockets'), '--storage', join(this.dir, 'history')]);
  }

  async restartChaird() {
    this.rpc.close();
    this.home.close();
    this.startChaird();
    await this.connectChaird();
  }

  restartWeb() {
    this.web = this.launch('chair-web', ['--config', join(this.dir, 'chair-web.yaml')]);
  }

  async connectChaird() {
    const open = (role) => until(async () => {
      const rpc = new Rpc(join(this.dir, `sockets/${role}.sock`));
      return rpc.ready.then(() => rpc, () => null);
    }, 'the daemon');

    this.rpc = await open('panel');
    this.home = await open('home');
  }

  launch(name, args) {
    const log = openSync(join(this.dir, `${name}.log`), 'a');
    // a busy machine must not make the chair miss its own deadlines, where that may be asked for
    const eager = process.getuid() === 0 ? (name === 'chairsim' ? ['chrt', '-f', '20'] : ['nice', '-n', '-15']) : [];
    const [program, ...rest] = ['setpriv', '--pdeathsig', 'KILL', ...eager, join(bin, name), ...args];
    const child = spawn(program, rest, { cwd: this.dir, stdio: ['ignore', log, log] });

    closeSync(log);
    child.name = name;
    this.running.push(child);
    return child;
  }

  log(name) {
    return readFileSync(join(this.dir, `${name}.log`), 'utf8');
  }

  end(child, signal = 'SIGTERM') {
    return new Promise((done) => {
      if (child.exitCode !== null || child.signalCode !== null) {
        done();
        return;
      }
      child.once('exit', done);
      child.kill(signal);
      setTimeout(() => child.kill('SIGKILL'), 5000).unref();
    });
  }

  state() {
    return this.rpc.call('state.get');
  }

  waitState(condition, what, deadlineMs = 60000) {
    const holds = typeof condition === 'string' ? (doc) => doc.state === condition : condition;

    return until(async () => {
      const doc = await this.state();
      return holds(doc) ? doc : null;
    }, what ?? `state ${condition}`, deadlineMs, 100);
  }

  /** From wherever a test left it, back to READY, nothing broken, somebody seated, nobody checked in. */
  async ready() {
    await this.sim.call('sim.clear');
    await this.sim.call('sim.occupant', { seated: true });
    await this.rpc.call('session.stop');
    const doc = await this.waitState((d) => d.permits.start || (d.state === 'fault' && !d.faults.some((f) => f.active)), 'ready or fault', 90000);
    if (doc.state === 'fault') {
      await this.sim.call('sim.press', { button: 'start' });
      await this.waitState((d) => d.permits.start, 'ready after an acknowledgement', 90000);
    }
    await this.rpc.call('guest.leave').catch(() => undefined);
  }

  async stop() {
    await this.bridge?.stop();
    this.rpc?.close();
    this.home?.close();
    this.sim?.close();
    for (const child of this.running.reverse()) {
      await this.end(child);
    }
    if (!process.env.KEEP) {
      rmSync(this.dir, { recursive: true, force: true });
    }
  }
}

/* ---- the browser ---- */

let browser = null;

export async function launchBrowser() {
  browser ??= await chromium.launch({ executablePath: join(here, 'browser.sh'), args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'] });
  return browser;
}

export async function closeBrowser() {
  await browser?.close();
  browser = null;
}

/** A page of the panel. @panel: a name of PANELS; the rest goes into the address. */
export async function openPanel(chair, panel = 'large', { theme = 'dark', lang = 'en', text = 'normal', ...more } = {}) {
  const size = PANELS[panel];
  const context = await (await launchBrowser()).newContext({
    viewport: { width: size.width, height: size.height },
    hasTouch: true,
    bypassCSP: false,
    ...more,
  });
  const page = await context.newPage();

  page.problems = [];
  page.on('console', (message) => {
    // a connection that is refused is what the tests of a lost connection are about
    if (message.type() === 'error' && !/WebSocket|ERR_CONNECTION|Failed to load resource/.test(message.text())) {
      page.problems.push(message.text());
    }
  });
  page.on('pageerror', (error) => page.problems.push(String(error)));
  page.requested = [];
  page.on('request', (request) => page.requested.push(request.url()));
  await page.goto(`${chair.url}?mm=${size.mm}&theme=${theme}&lang=${lang}&text=${text}`);
  await page.waitForSelector('[data-screen]:not([data-screen=connecting])', { timeout: 30000 });
  return page;
}

export function screenOf(page) {
  return page.evaluate(() => [...document.querySelectorAll('[data-screen]')].pop()?.dataset.screen);
}

export async function onScreen(page, name, deadlineMs = 60000) {
  await until(async () => (await screenOf(page)) === name, `screen ${name}, not ${await screenOf(page)}`, deadlineMs);
}

export async function picture(page, name) {
  mkdirSync(pictures, { recursive: true });
  await page.waitForTimeout(60); // a frame, so that what was just measured is drawn
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

/* ---- what a person does ---- */

export const tap = (page, selector) => page.locator(selector).first().tap({ timeout: 30000 });
export const next = (page) => tap(page, 'footer .next');
/** Taps what has this id or matches this selector, on whatever page of the screen it is. */
export async function pick(page, what) {
  const wanted = /^[\w-]+$/.test(what) ? `[data-id="${what}"]` : what;

  await page.waitForSelector(wanted, { state: 'attached', timeout: 30000 });
  for (let i = 0; i < 8 && await page.locator(`${wanted}:visible`).count() === 0; i++) {
    await page.locator('.pager button').last().tap({ timeout: 30000 });
  }
  await tap(page, `${wanted}:visible`);
}

/** Nothing that keeps anybody from a session; the person's left buttock hurts. */
export const FINE = {
  pain: 4, side: 'left', where: ['buttock'], cause: 'piriformis', moved_down: 'no', onset: 'longer', red_flags: [], never: [],
  ask_first: [], doctor_agreed: 'no', skin: [], new_numbness: 'no',
};
export const WELL = { pain_after: 3, moved_down_after: 'no', new_numbness_after: 'no', comfort: 'right' };

/** Answers questions until the screen is another; @seen is told of every one. */
export async function answer(page, screen, answers, seen = async () => undefined) {
  for (;;) {
    const of = await page.evaluate((name) => document.querySelector(`[data-screen="${name}"]`)?.dataset.of, screen);
    if (of === undefined) {
      return;
    }
    const wish = answers[of];
    await seen(of);
    if (Array.isArray(wish)) {
      const left = new Set(wish);
      for (;;) {
        for (const id of [...left]) {
          if (await page.locator(`[data-id="${id}"]:visible`).count() > 0) {
            await pick(page, id);
            left.delete(id);
          }
        }
        const more = await page.locator('footer .next').first().innerText();
        await next(page);
        if (!/^(Show more|Mehr zeigen)/.test(more)) {
          break;
        }
        await seen(`${of}+`);
      }
    } else {
      await pick(page, wish);
    }
    await until(async () => (await page.evaluate((name) => document.querySelector(`[data-screen="${name}"]`)?.dataset.of, screen)) !== of,
      `the question after ${of}`, 60000);
  }
}
