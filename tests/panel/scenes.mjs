// SPDX-License-Identifier: MIT
// Every screen of the panel on the stage, one after the other.
import { answer, FINE, next, onScreen, pick, screenOf, tap, until, WELL } from './chair.mjs';
import { cause, massage, READY, rollers } from './stage.mjs';

const CHECK_IN = {
  decision: 'go', reasons: [], allowed: true, repeated: false, refusal: null, wait_s: 0, ceiling: 2, level_max: 3, gentle: false,
  heat_allowed: true, see_doctor: false, expires_s: 1799,
};

/** Walks through all of them; @see is called on each with its name, when it stands. */
export async function walk(page, stage, bridge, see) {
  const { captured } = stage;
  const decisions = captured['guest.questions'].decisions;
  const programs = [...captured['program.list'].programs].sort((a, b) => b.suits.includes('piriformis') - a.suits.includes('piriformis'));
  const ready = { ...READY, limits: { checked_in: false, level_max: 2, gentle: true, heat_allowed: true } };
  
  stage.stage.telemetry = rollers(captured);
  stage.stage.answers = {
    'guest.check_in': { ...CHECK_IN, ...decisions.go, programs: programs.map((p) => p.id) },
    'guest.check_out': {
      tolerance: 'good', ceiling: 2, see_doctor: false, refusal: null, wait_s: 0, after_care: captured.care.piriformis,
      advice: [{ en: 'That went well. A short walk now helps more than sitting.', de: 'Das war gut. Ein kurzer Gang hilft jetzt mehr als Sitzen.' }],
    },
    'guest.add': { guest: { id: 1, name: 'Ana Ahorn', has_pin: false } },
    'session.level': { level: 2 },
  };
  bridge.state.phones = [{ id: 3, name: 'Anas Telefon', last_seen: '2026-11-20T08:00:00Z' }, { id: 4, name: 'Pixel 8', last_seen: null }];
  stage.set(ready);
  await onScreen(page, 'who');
  await until(async () => (await page.locator('.choice').count()) >= 5, 'the guests');
  await see('who');

  await pick(page, 'add');
  await onScreen(page, 'add');
  await page.fill('input.name', 'Ana Ahorn');
  await see('add');
  await next(page);
  await onScreen(page, 'add-pin');
  await tap(page, '.keys button:text-is("7")');
  await tap(page, '.keys button:text-is("3")');
  await see('add-pin');
  await tap(page, 'footer .back');
  await tap(page, 'footer .back');
  await pick(page, '.choice:has-text("Bo Birke")');
  await onScreen(page, 'pin');
  await see('pin');
  await tap(page, 'footer .back');
  await pick(page, '.choice:has-text("Ana Ahorn")');
  await onScreen(page, 'guest');
  await see('guest');
  await pick(page, 'progress');
  await page.waitForSelector('.chart canvas');
  await see('progress');
  await next(page);
  await page.waitForSelector('.balance .items p');
  await see('balance');
  await tap(page, 'footer .back');
  await pick(page, 'remove');
  await see('remove');
  await tap(page, 'footer .back');

  await next(page);
  await answer(page, 'check-in', { ...FINE, ask_first: ['fever'] }, (of) => see(`question-${of.replace('+', '-more')}`));
  await onScreen(page, 'verdict');
  await see('verdict');
  await tap(page, 'footer .back');
  stage.stage.answers['guest.check_in'] = {
    ...CHECK_IN, ...decisions.help_now, decision: 'help_now', allowed: false, wait_s: 86000, refusal: { reason: 'check_in_refused', text: '' },
    reasons: [{ question: 'red_flags', answer: 'saddle_numbness', effect: 'help_now', text: {
      en: 'Numbness between the legs can mean that nerves are in danger. Please get medical help now, even at night.',
      de: 'Taubheit zwischen den Beinen kann bedeuten, dass Nerven in Gefahr sind. Bitte holen Sie jetzt ärztliche Hilfe, auch nachts.',
    } }],
  };
  await answer(page, 'check-in', FINE);
  await onScreen(page, 'verdict');
  await see('verdict-help-now');
  for (;;) {
    const more = /^(Show more|Mehr zeigen)/.test(await page.locator('footer .next').first().innerText());
    await next(page);
    if (!more) {
      break;
    }
  }
  await onScreen(page, 'who');
  stage.stage.answers['guest.check_in'] = { ...CHECK_IN, ...decisions.go, programs: programs.map((p) => p.id) };
  await next(page);
  await answer(page, 'check-in', FINE);
  await onScreen(page, 'verdict');
  stage.set({ limits: { checked_in: true, level_max: 3, gentle: false, heat_allowed: true } });
  await next(page);
  await onScreen(page, 'choose');
  await see('choose');
  await pick(page, 'piriformis');
  await onScreen(page, 'detail');
  await see('detail');
  await next(page);
  await onScreen(page, 'prepare');
  await see('prepare');
  stage.set({ seat_occupied: false, inhibits: [cause('device_missing')] });
  stage.stage.refuse['session.start'] = 'inhibited';
  await next(page);
  await page.waitForSelector('.notice');
  await see('prepare-refused');
  stage.stage.refuse = {};
  stage.set({ seat_occupied: true, inhibits: [] });

  stage.set({ ...massage(captured), state: 'homing', scan: { result: 'none', running: true }, phase: { name: 'warm-up', index: 0, count: 7, technique: 'stroke', remaining_s: 180 }, progress_pct: 0, remaining_s: 900, levels: {}, level: 1, level_aim: 1 });
  await onScreen(page, 'running');
  await see('running-scan');
  stage.set({ ...massage(captured), scan: { result: 'found', running: false } });
  await page.waitForSelector('.roller.presses');
  await see('running');
  stage.stage.refuse['session.level'] = 'level_ceiling';
  await tap(page, '.less-more .more');
  await page.waitForSelector('.notice');
  await see('running-refused');
  stage.stage.refuse = {};
  await tap(page, '.notice button');
  await pick(page, 'options');
  await see('options');
  await pick(page, 'back');
  stage.set({ heat_only: true, levels: {} });
  await see('running-heat-only');
  stage.set({ ...massage(captured), heat_only: false, state: 'paused', levels: {}, heat: captured.state.heat });
  await page.waitForSelector('.paused');
  await see('paused');
  stage.set({ ...massage(captured), program: 'pinpoint', phase: { name: 'point', index: 1, count: 3, technique: 'press', remaining_s: 200 } });
  await pick(page, 'spot');
  await until(async () => ['pinpoint', 'spots'].includes(await screenOf(page)), 'pinpoint'); // a phone has buttons for the spots
  await see('pinpoint');
  stage.set({ spot: { zone: 'glute_left', spot: 0.4 } });
  if (await page.locator('[data-id="glute_left"]').count() > 0) {
    await pick(page, 'glute_left');
  }
  await page.waitForSelector('[data-id="higher"]');
  await see('pinpoint-spot');
  await pick(page, 'back');

  stage.event({ kind: 'session_ended', program: 'piriformis', side: 'left', seconds: 410, ended: 'stopped' });
  stage.set({ ...ready, resume: { program: 'piriformis', side: 'left', remaining_s: 490, expires_s: 97 } });
  await onScreen(page, 'finish');
  await see('finish');
  stage.set({ resume: null });
  await next(page);
  await answer(page, 'check-out', WELL, (of) => see(`question-${of}`));
  await onScreen(page, 'after-care');
  await until(async () => (await page.locator('.choice.picture img').count()) >= 5, 'the drawings');
  await see('after-care');
  await tap(page, '.choice.picture');
  await onScreen(page, 'exercise');
  await next(page);
  await page.waitForSelector('.exercise img');
  await see('exercise');
  await tap(page, 'footer .back');
  await pick(page, 'advice');
  await see('advice');
  await next(page);
  await onScreen(page, 'who');

  stage.set({ resume: { program: 'piriformis', side: 'left', remaining_s: 490, expires_s: 97 } });
  stage.event({ kind: 'reminder', reminder: 'walk', text: { en: 'Time for a short walk? Five minutes are enough.', de: 'Zeit für ein paar Schritte? Fünf Minuten genügen.' } });
  await page.waitForSelector('.reminder');
  await see('who-reminder');
  await tap(page, '.reminder button');
  stage.set({ resume: null });
  await pick(page, 'settings');
  await onScreen(page, 'settings');
  await see('settings');
  await pick(page, 'phones');
  await page.waitForSelector('.phones .choice');
  await see('phones');
  await tap(page, 'footer .back');
  await pick(page, 'lock');
  await see('lock');
  await tap(page, 'footer .back');
  await pick(page, 'service');
  await page.waitForSelector('.bit');
  await see('service');
  await pick(page, 'bus');
  await page.waitForTimeout(200);
  await see('service-bus');
  await pick(page, 'faults');
  await see('service-faults');
  await tap(page, 'footer .back');
  await tap(page, 'footer .back');
  await onScreen(page, 'who');

  stage.set({ ask: { kind: 'start', program: 'piriformis', side: 'left', remaining_s: 900, expires_s: 52 } });
  await onScreen(page, 'ask');
  await page.waitForSelector('.overlay .next:not(:disabled)');
  await see('ask');
  stage.set({ ask: null });
  bridge.say('pairing', { code: '042917', expires_s: 110 });
  await onScreen(page, 'pairing');
  await see('pairing');
  bridge.say('pairing', { code: null, expires_s: 0, outcome: 'paired' });
  await onScreen(page, 'who');

  stage.set({ state: 'fault', faults: [cause('estop_open', { first: true, age: 21 }), cause('cover_open', { active: false, age: 9 })], inhibits: [cause('relay_open')] });
  await onScreen(page, 'fault');
  await see('fault');
  stage.set({ faults: [cause('drive_silent', { first: true, active: false, age: 75, details: ['back_move on port rollers_a (/dev/chair/rollers_a), zlac8015d at address 1, 115200 baud: no answer'] })] });
  await see('fault-over');
  stage.set({ ...ready, state: 'service', seat_occupied: false });
  await onScreen(page, 'in-service');
  await see('in-service');
  stage.set(ready);
  await onScreen(page, 'who');
  bridge.cut();
  await page.waitForSelector('.lost');
  await page.locator('#stop').tap();
  await page.waitForSelector('#stop.no_answer');
  await page.waitForTimeout(2200);
  await see('lost');
  bridge.restore();
  await until(async () => (await page.locator('.lost').count()) === 0, 'the connection is back');
  await page.locator('#stop').tap();
  await page.waitForSelector('#stop.stopped');
  await see('stopped');
}
