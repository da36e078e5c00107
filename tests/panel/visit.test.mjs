// SPDX-License-Identifier: MIT
// The panel before a whole chair: chairsim and chaird, and chair-web or the bridge in between.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { startBridge } from './bridge.mjs';
import {
  answer, Chair, closeBrowser, FINE, next, onScreen, openPanel, pick, picture, screenOf, tap, until, WELL,
} from './chair.mjs';

let chair;
let page;

before(async () => {
  chair = await Chair.start();
  await chair.waitState((doc) => doc.permits.start, 'ready', 120000);
});
after(async () => {
  await closeBrowser();
  await chair?.stop();
});
beforeEach(async () => {
  await chair.ready();
});
afterEach(async () => {
  await page?.context().close();
  page = undefined;
});

const stopText = () => page.locator('#stop-status').innerText();
const stop = () => page.locator('#stop').tap();

/** A gentle session without a check-in, started on the panel as far as the running screen. */
async function start(program = 'gentle-sciatica') {
  await chair.rpc.call('session.start', { program, side: 'both' });
  await onScreen(page, 'running');
}

describe('a visit', () => {
  test('a first visit from the first screen to the after-care', async () => {
    page = await openPanel(chair);
    await onScreen(page, 'who');
    await pick(page, 'add');
    await onScreen(page, 'add');
    for (const letter of 'ANA') {
      await tap(page, `.letters button:text-is("${letter}")`);
    }
    assert.equal(await page.inputValue('input.name'), 'Ana');
    await next(page);
    await onScreen(page, 'add-pin');
    for (const digit of '1234') {
      await tap(page, `.keys button:text-is("${digit}")`);
    }
    await next(page);
    await onScreen(page, 'guest');
    await next(page);
    await onScreen(page, 'check-in');
    const asked = [];
    await answer(page, 'check-in', FINE, async (question) => asked.push(question.replace('+', '')));
    assert.ok(!asked.includes('doctor_agreed'), 'a doctor is asked for only where one is needed');
    assert.equal(new Set(asked).size, Object.keys(FINE).length - 1, 'every other question was asked');
    await onScreen(page, 'verdict');
    await next(page);
    await onScreen(page, 'choose');
    const first = await page.locator('.choose .choice').first().getAttribute('data-id');
    assert.ok(['piriformis', 'short'].includes(first), `what suits the cause comes first, not ${first}`);
    await pick(page, 'short');
    await onScreen(page, 'detail');
    assert.equal(await page.locator('.sides .on').getAttribute('data-id'), 'left', 'the side that was told is chosen');
    await next(page);
    await onScreen(page, 'prepare');
    await tap(page, '.stepper:nth-of-type(2) button');
    await next(page);
    await onScreen(page, 'running');
    const doc = await chair.waitState('massage', 'massage', 180000);
    assert.equal(doc.program, 'short');
    assert.equal(doc.side, 'left');
    assert.equal(doc.level_aim, 1, 'it starts at level 1');
    await tap(page, '.less-more .more');
    await chair.waitState((d) => d.level_aim === 2, 'more');
    await tap(page, '.less-more .less');
    await chair.waitState((d) => d.level_aim === 1, 'less');
    await page.waitForSelector('.roller');
    await picture(page, 'real-running');
    await onScreen(page, 'finish', 180000);
    await next(page);
    await onScreen(page, 'check-out');
    await answer(page, 'check-out', WELL);
    await onScreen(page, 'after-care');
    await tap(page, '.choice.picture');
    await onScreen(page, 'exercise');
    await page.waitForSelector('.exercise img');
    await tap(page, 'footer .back');
    await next(page);
    await onScreen(page, 'who');
    assert.deepEqual(page.problems, []);
    assert.deepEqual(page.requested.filter((url) => !url.startsWith(chair.url) && !url.startsWith('data:')), [], 'nothing comes from elsewhere');
    assert.ok(!page.requested.some((url) => url.includes('chart')), 'the chart is not loaded without a look at the progress');
  });

  test('a page with a PIN opens with the right one only', async () => {
    await chair.rpc.call('guest.add', { name: 'Eve Eibe', pin: '4711' });
    page = await openPanel(chair);
    await pick(page, '.choice:has-text("Eve Eibe")');
    await onScreen(page, 'pin');
    for (const digit of '0000') {
      await tap(page, `.keys button:text-is("${digit}")`);
    }
    await next(page);
    await page.waitForSelector('.notice');
    assert.match(await page.locator('.notice').innerText(), /not the right PIN/);
    await page.keyboard.type('4711');
    await next(page);
    await onScreen(page, 'guest');
  });

  test('a warning sign ends in "get medical help now" and in no session', async () => {
    await chair.rpc.call('guest.add', { name: 'Bo Birke' });
    page = await openPanel(chair, 'large', { lang: 'de' });
    await pick(page, '.choice:has-text("Bo Birke")');
    await next(page);
    await answer(page, 'check-in', { ...FINE, red_flags: ['saddle_numbness'] });
    await onScreen(page, 'verdict');
    assert.match(await page.locator('h1').innerText(), /ärztliche Hilfe/);
    assert.equal(await page.locator('[data-id="piriformis"]').count(), 0);
    // it refuses everybody without a name too, until somebody with a profile may go
    const { guest } = await chair.rpc.call('guest.add', { name: 'Dora Distel' });
    await chair.rpc.call('guest.check_in', { guest: guest.id, answers: FINE });
  });
});

describe('what the chair refuses is said as a sentence', () => {
  test('a start on an empty seat', async () => {
    page = await openPanel(chair, 'large', { lang: 'de' });
    await next(page);
    await onScreen(page, 'check-in');
    await chair.rpc.call('guest.add', { name: 'Cy Zeder' }).catch(() => undefined);
    await page.reload();
    await pick(page, '.choice:has-text("Cy Zeder")');
    await next(page);
    await answer(page, 'check-in', FINE);
    await next(page);
    await pick(page, 'piriformis');
    await next(page);
    await chair.sim.call('sim.occupant', { seated: false });
    await page.waitForSelector('.obstacle:has-text("Bitte setzen Sie sich")');
    await next(page);
    await page.waitForSelector('.notice');
    assert.match(await page.locator('.notice').innerText(), /Niemand sitzt im Sessel/);
  });

  test('firmer than it may be today', async () => {
    page = await openPanel(chair);
    await start();
    await chair.rpc.call('session.level', { level: 2 });
    await page.waitForSelector('.level b:text-is("2")');
    await tap(page, '.less-more .more');
    await page.waitForSelector('.notice');
    assert.match(await page.locator('.notice').innerText(), /as firm as it may be today/);
    await stop();
  });
});

describe('stop', () => {
  for (const [name, prepare] of [
    ['while the rollers get in place', async () => start()],
    ['while the session runs', async () => {
      await start();
      await chair.waitState('massage', 'massage', 180000);
    }],
    ['from the page of changes', async () => {
      await start();
      await pick(page, 'options');
      await onScreen(page, 'options');
    }],
    ['in a pause', async () => {
      await start();
      await pick(page, 'pause');
      await chair.waitState('paused', 'paused', 60000);
      await page.waitForSelector('.paused');
    }],
  ]) {
    test(`${name}: the session ends, and the panel says what the chair says`, async () => {
      page = await openPanel(chair);
      await prepare();
      await stop();
      assert.match(await until(stopText, 'a word at once', 2000, 20), /Stopping|Stopped/);
      await until(async () => (await stopText()) === 'Stopped', 'stopped');
      assert.equal((await chair.state()).program, null);
      await onScreen(page, 'finish');
      assert.match(await page.locator('h1').innerText(), /You stopped/);
    });
  }

  test('it acts when the finger comes down, by Enter and by Space', async () => {
    page = await openPanel(chair);
    for (const act of [
      () => page.locator('#stop').dispatchEvent('pointerdown'),
      () => page.locator('#stop').press('Enter'),
      () => page.locator('#stop').press(' '),
    ]) {
      await start();
      await act();
      await chair.waitState((doc) => doc.program === null, 'the session is over');
      await onScreen(page, 'finish');
      await chair.waitState((doc) => doc.permits.start, 'ready');
    }
  });

  test('a question from elsewhere does not cover it', async () => {
    page = await openPanel(chair);
    await chair.home.call('session.start', { program: 'piriformis', side: 'left' });
    await onScreen(page, 'ask');
    await stop();
    await chair.waitState((doc) => doc.ask === null, 'the ask is taken back');
    await until(async () => (await screenOf(page)) !== 'ask', 'the question is gone');
    assert.equal((await chair.state()).program, null);
  });

  test('without an answer for half a second it points to the red button', async () => {
    page = await openPanel(chair.bridge);
    chair.bridge.state.mute = true;
    await stop();
    await until(async () => /use the red button/.test(await stopText()), 'no answer', 3000, 20);
    chair.bridge.state.mute = false;
  });
});

describe('the connection', () => {
  test('lost: all but STOP rests, values are called old, and nothing is sent when it is back', async () => {
    page = await openPanel(chair.bridge);
    await start();
    chair.bridge.cut();
    await page.waitForSelector('.lost');
    await until(async () => /\d+ seconds old/.test(await page.locator('.lost').innerText()), 'the age');
    assert.ok(await page.locator('.live').evaluate((live) => live.inert), 'nothing can be pressed');
    const less = page.locator('.less-more .more');
    await less.dispatchEvent('click'); // even if it could
    await stop();
    await until(async () => /use the red button/.test(await stopText()), 'no answer', 3000, 20);
    const before = await chair.state();
    chair.bridge.restore();
    await until(async () => (await page.locator('.lost').count()) === 0, 'the connection is back', 20000);
    const doc = await chair.state();
    assert.equal(doc.program, 'gentle-sciatica', 'a stop that was not sent then is not sent now');
    assert.equal(doc.level_aim, before.level_aim);
    await onScreen(page, 'running');
    await stop();
  });

  test('a screen that dies pauses its session', async () => {
    page = await openPanel(chair);
    await next(page);
    await answer(page, 'check-in', FINE);
    await next(page);
    await pick(page, 'quick-relief');
    await next(page);
    await onScreen(page, 'prepare');
    await next(page);
    await onScreen(page, 'running');
    await new Promise((done) => setTimeout(done, 7000)); // longer than the chair waits for a sign of life
    assert.notEqual((await chair.state()).state, 'paused', 'a living panel says so');
    await page.context().close();
    page = undefined;
    await chair.waitState((doc) => doc.state === 'paused', 'paused', 20000);
  });

  test('chair-web that restarts: the panel is back by itself', async () => {
    page = await openPanel(chair);
    await chair.end(chair.web, 'SIGKILL');
    await page.waitForSelector('.lost');
    await until(async () => /Panel – chair/.test(await page.locator('.status .bad').innerText()), 'which link it is');
    chair.restartWeb();
    await until(async () => (await page.locator('.lost').count()) === 0, 'it is back', 20000);
  });

  test('a controller that restarts is told apart from a lost connection', async () => {
    page = await openPanel(chair, 'large', { lang: 'de' });
    await chair.end(chair.chaird);
    await page.waitForSelector('.lost:has-text("Steuerung")');
    await chair.restartChaird();
    await until(async () => (await page.locator('.lost').count()) === 0, 'it is back', 60000);
  });
});

describe('a fault', () => {
  test('the red button: what happened, what to do, and ready again after the armrest button', async () => {
    page = await openPanel(chair);
    await start();
    await chair.sim.call('sim.fault', { name: 'estop_open', on: true });
    await onScreen(page, 'fault');
    await page.waitForSelector('.cause.open[data-code="F001"]');
    assert.match(await page.locator('.cause').first().innerText(), /red button is pressed/);
    await chair.sim.call('sim.fault', { name: 'estop_open', on: false });
    await page.waitForSelector('.cause.over[data-code="F001"]');
    assert.match(await page.locator('.help').innerText(), /press the start button on the armrest/);
    await chair.sim.call('sim.press', { button: 'start' });
    await until(async () => (await screenOf(page)) !== 'fault', 'the fault is over', 30000);
    assert.equal((await chair.state()).program, null, 'nothing started by that');
  });

  test('two causes are both shown until each is over', async () => {
    page = await openPanel(chair);
    await chair.sim.call('sim.fault', { name: 'estop_open', on: true });
    await chair.sim.call('sim.fault', { name: 'cover_open', on: true });
    await page.waitForSelector('.cause.open[data-code="F001"]');
    await page.waitForSelector('.cause.open[data-code="F008"]', { state: 'attached' });
    await chair.sim.call('sim.fault', { name: 'estop_open', on: false });
    await page.waitForSelector('.cause.over[data-code="F001"]');
    assert.equal(await page.locator('.cause.open[data-code="F008"]').count(), 1);
    assert.match(await page.locator('.help').innerText(), /Do what is written here first/);
  });
});

describe('an ask', () => {
  test('from the home is a question with its seconds; yes starts it', async () => {
    page = await openPanel(chair);
    await chair.home.call('session.start', { program: 'quick-relief', side: 'both', minutes: 8 });
    await onScreen(page, 'ask');
    assert.match(await page.locator('.ring text').first().textContent(), /^[3-6]\d$/);
    assert.match(await page.locator('.asked').innerText(), /Quick relief/);
    await page.waitForSelector('.overlay .next:not(:disabled)');
    await tap(page, '.overlay .next');
    await chair.waitState((doc) => doc.program === 'quick-relief', 'it starts');
    await stop();
  });

  test('a no takes it back', async () => {
    page = await openPanel(chair);
    await chair.home.call('session.start', { program: 'quick-relief', side: 'both' });
    await onScreen(page, 'ask');
    await tap(page, '.overlay .back');
    await chair.waitState((doc) => doc.ask === null, 'no ask');
    assert.equal((await chair.state()).program, null);
  });
});

describe('a phone', () => {
  test('is paired over TLS with the code on the chair\'s own screen, asks, and is sent away again', async () => {
    page = await openPanel(chair);
    await onScreen(page, 'who');
    const phone = await openPanel({ url: chair.lanUrl }, 'phone', { ignoreHTTPSErrors: true });
    await onScreen(phone, 'join');
    await phone.fill('input.name', 'Anas Telefon');
    await next(phone);
    await onScreen(phone, 'join-code');
    await page.waitForSelector('[data-screen=pairing] .code');
    const code = await page.locator('.overlay .code').innerText();
    assert.match(code, /^\d{6}$/);
    await phone.keyboard.type(code === '000000' ? '111111' : '000000');
    await next(phone);
    await phone.waitForSelector('.notice');
    await phone.keyboard.type(code);
    await next(phone);
    await onScreen(phone, 'who');
    await page.waitForSelector('[data-screen=pairing]', { state: 'detached' });
    // the phone is known, may stop, and may only ask
    await chair.rpc.call('session.start', { program: 'gentle-sciatica', side: 'both' });
    await onScreen(phone, 'running');
    await phone.locator('#stop').tap();
    await chair.waitState((doc) => doc.program === null, 'the phone stops it');
    await page.reload();
    await pick(page, 'settings');
    await pick(page, 'phones');
    await pick(page, '.choice:has-text("Anas Telefon")');
    await onScreen(phone, 'join');
    await phone.context().close();
  });

  test('only asks; the armrest button says yes', async () => {
    const bridge = await startBridge({ socket: join(chair.dir, 'sockets/phone.sock') });

    page = await openPanel(bridge, 'phone');
    await pick(page, 'settings');
    await tap(page, 'footer .back');
    await next(page);
    await answer(page, 'check-in', FINE);
    await next(page);
    await pick(page, 'quick-relief');
    await next(page);
    await onScreen(page, 'prepare');
    await next(page);
    await onScreen(page, 'ask');
    assert.match(await page.locator('.asked').innerText(), /Press the start button on the armrest/);
    assert.equal(await page.locator('.overlay .next').count(), 0, 'a phone cannot say yes');
    await new Promise((done) => setTimeout(done, 1500)); // a press sooner was meant for something else
    await chair.sim.call('sim.press', { button: 'start' });
    await onScreen(page, 'running');
    await stop();
    await chair.waitState((doc) => doc.program === null, 'the phone stops it');
    await page.context().close();
    page = undefined;
    await bridge.stop();
  });
});

describe('the rest', () => {
  test('the child lock takes a PIN, refuses a start, and opens with it', async () => {
    page = await openPanel(chair);
    await pick(page, 'settings');
    await pick(page, 'lock');
    await onScreen(page, 'lock');
    await page.keyboard.type('2580');
    await next(page);
    await chair.waitState((doc) => doc.child_lock, 'locked');
    await page.waitForSelector('h1:has-text("PIN to unlock")');
    await page.keyboard.type('1111');
    await next(page);
    await page.waitForSelector('.notice');
    await page.keyboard.type('2580');
    await next(page);
    await chair.waitState((doc) => !doc.child_lock, 'open');
  });

  test('language, colours and size change at once and are kept', async () => {
    page = await openPanel(chair);
    await page.goto(chair.url);
    await pick(page, 'settings');
    await pick(page, 'de');
    await page.waitForSelector('h1:has-text("Einstel")');
    await pick(page, 'light');
    await pick(page, '.pair button[data-id="large"]');
    await page.reload();
    await page.waitForSelector('h1:has-text("Wer sitzt")');
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light');
    assert.equal(await page.evaluate(() => document.documentElement.style.getPropertyValue('--scale')), '1.2');
  });

  test('everything works by keyboard, and one sees where one is', async () => {
    page = await openPanel(chair);
    await page.keyboard.press('Tab');
    const focus = () => page.evaluate(() => {
      const style = getComputedStyle(document.activeElement);
      return { text: document.activeElement.textContent, outline: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 2 };
    });
    const seen = [];
    for (let i = 0; i < 12; i++) {
      const now = await focus();
      assert.ok(now.outline, `focus is seen on "${now.text}"`);
      seen.push(now.text);
      if (/Without a name/.test(now.text)) {
        break;
      }
      await page.keyboard.press('Tab');
    }
    assert.ok(seen.some((text) => /Without a name/.test(text)), seen.join(' | '));
    await page.keyboard.press('Enter');
    await onScreen(page, 'check-in');
    await page.locator('.scale [data-id="4"]').focus();
    await page.keyboard.press(' ');
    await page.waitForSelector('[data-of="side"]');
  });

  test('inputs, bus and faults can be looked at', async () => {
    page = await openPanel(chair);
    await pick(page, 'settings');
    await pick(page, 'service');
    await page.waitForSelector('.bit:has-text("estop_closed")');
    await pick(page, 'bus');
    await page.waitForSelector('.bit:has-text("back_move")');
    await pick(page, 'faults');
  });
});
