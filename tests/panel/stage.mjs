// SPDX-License-Identifier: MIT
// A stage: chaird's panel socket with documents of our choice, so that every screen can be looked at in every size,
// language and theme without a chair that has to get there. What the documents hold was asked of a real chaird.
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';

/** Everything that does not change, from a running chaird (@call: method, params). */
export async function capture(call) {
  const drawings = {};
  const care = {};

  for (const cause of ['piriformis', 'disc_herniation', 'spinal_stenosis', 'muscular', 'unknown']) {
    care[cause] = await call('guest.after_care', { cause });
    for (const exercise of care[cause].exercises) {
      drawings[exercise.id] ??= await call('guest.drawing', { id: exercise.id });
    }
  }
  return {
    'program.list': await call('program.list'),
    'guest.questions': await call('guest.questions'),
    'fault.list': await call('fault.list'),
    'io.get': await call('io.get'),
    'bus.stats': await call('bus.stats'),
    state: await call('state.get'),
    telemetry: await call('telemetry.get'),
    drawings,
    care,
  };
}

const DAY_S = 86400;
const GUESTS = ['Ana Ahorn', 'Bo Birke', 'Margarete Linde', 'Udo Ulme'].map((name, i) => ({ id: i + 1, name, has_pin: i === 1 }));

/** Made up, but of the form that docs/rpc.md has. */
function progress() {
  const before = [7, 7, 6, 7, 6, 5, 6, 5, 4, 5, 4, 4];
  const after = [6, 5, 5, 5, 5, 4, 4, 3, 3, 4, 3, 2];

  return {
    sessions: before.map((pain, i) => ({
      id: i + 1, end_s: 1795000000 + i * 3 * DAY_S, program: 'piriformis', side: 'left', seconds: 900, level: 2,
      pain_before: pain, pain_after: after[i], tolerance: 'good',
    })),
    count: before.length, pain_first: 7, pain_recent: 4.33, change: -2.67, word: 'better', see_doctor: false,
    text: {
      en: 'Your pain is lower than at the beginning, by enough to count.',
      de: 'Ihr Schmerz ist geringer als am Anfang, und zwar spürbar.',
    },
  };
}

function balance() {
  const pair = (part, left, right, word, trend) => ({
    part, left: { n_mm: left, error_n_mm: 0.05 }, right: { n_mm: right, error_n_mm: 0.05 },
    difference: { n_mm: left - right, error_n_mm: 0.07 }, word, trend, sessions: [],
  });

  return {
    pairs: [
      pair('glute', 1.42, 1.05, 'left_firmer', 'more_even'),
      pair('thigh', 0.98, 0.95, 'no_clear_difference', 'no_clear_change'),
      pair('calf', 0.8, 0.84, 'no_clear_difference', null),
    ],
    text: {
      en: 'How firm the muscles felt to the rollers. It is no diagnosis.',
      de: 'Wie fest sich die Muskeln für die Rollen anfühlten. Es ist keine Diagnose.',
    },
  };
}

const CAUSES = {
  estop_open: ['F001', 'cut'], cover_open: ['F008', 'cut'], leg_guard: ['F009', 'retract'], drive_silent: ['F012', 'cut'],
  pads_unproven: ['F042', 'heat_off'], relay_open: ['F031', 'inhibit'], device_missing: ['F030', 'inhibit'],
};

export function cause(name, { active = true, first = false, age = 4, details = [] } = {}) {
  const [code, effect] = CAUSES[name];

  return { code, cause: name, effect, active, latched: effect === 'cut', first_out: first, age_s: age, text: '', details };
}

export async function startStage(path, captured) {
  rmSync(path, { force: true });
  const stage = { state: { ...captured.state, inhibits: [], faults: [], spot: null }, telemetry: captured.telemetry, guests: GUESTS, answers: {}, refuse: {}, stops: 0 };
  const clients = new Set();
  let seq = 1000;
  const send = (socket, message) => socket.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const doc = () => ({ ...stage.state, seq: ++seq });
  const push = () => clients.forEach((socket) => {
    send(socket, { method: 'state', params: doc() });
    send(socket, { method: 'telemetry', params: stage.telemetry });
  });
  const result = (method, params) => {
    switch (method) {
      case 'state.get':
        return doc();
      case 'guest.list':
        return { guests: stage.guests };
      case 'guest.status':
        return { checked_in: stage.state.limits.checked_in, guest: 1 };
      case 'guest.progress':
        return progress();
      case 'guest.balance':
        return balance();
      case 'guest.after_care':
        return captured.care.piriformis;
      case 'guest.drawing':
        return captured.drawings[params.id];
      case 'session.stop':
        stage.stops++;
        return { stopping: true };
      default:
        return stage.answers[method] ?? captured[method] ?? {};
    }
  };

  const server = createServer((socket) => {
    let rest = '';

    clients.add(socket);
    socket.setEncoding('utf8');
    socket.on('close', () => clients.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) {
        const { id, method, params } = JSON.parse(line);
        if (stage.refuse[method]) {
          send(socket, { id, error: { code: -32000, message: 'refused', data: { reason: stage.refuse[method], text: 'refused' } } });
        } else {
          send(socket, { id, result: result(method, params) });
        }
        if (method === 'state.watch') {
          send(socket, { method: 'state', params: doc() });
        }
      }
    });
  });
  const timer = setInterval(push, 500);

  await new Promise((done) => server.listen(path, done));
  return {
    stage,
    captured,
    /** Change the state document; it is told at once. */
    set(change) {
      stage.state = { ...stage.state, ...change };
      push();
    },
    event(params) {
      clients.forEach((socket) => send(socket, { method: 'event', params }));
    },
    async stop() {
      clearInterval(timer);
      clients.forEach((socket) => socket.destroy());
      await new Promise((done) => server.close(done));
    },
  };
}

/** A session that runs, in the middle of its third part. */
export function massage(captured, change = {}) {
  const warm = { pad_c: 37.5, set_c: 39, heating: true };
  const pads = Object.fromEntries(Object.entries(captured.state.heat.pads)
    .map(([name, pad]) => [name, ['lower_back', 'glute_left'].includes(name) ? { ...pad, ...warm } : pad]));

  return {
    state: 'massage', program: 'piriformis', side: 'left',
    phase: { name: 'knead buttock', index: 2, count: 7, technique: 'knead', remaining_s: 70 },
    progress_pct: 45, remaining_s: 494, level: 2, level_aim: 3,
    levels: { lower_back: 1, glute_left: 2 },
    heat: { on: true, set_c: 39, dose_warning: false, pads },
    limits: { checked_in: true, level_max: 3, gentle: false, heat_allowed: true },
    ...change,
  };
}

export const READY = {
  state: 'ready', program: null, side: null, phase: null, progress_pct: 0, remaining_s: 0, level: 0, level_aim: 0, levels: {}, faults: [],
  inhibits: [], ask: null, resume: null, spot: null, seat_occupied: true,
};

export function rollers(captured) {
  const telemetry = structuredClone(captured.telemetry);
  const at = { back: [140, 10], seat_left: [70, 14], seat_right: [10, 0], leg_left: [10, 0], leg_right: [10, 0] };

  for (const [name, [travel, force]] of Object.entries(at)) {
    Object.assign(telemetry.rollers[name], { travel_mm: travel, force_n: force, depth_mm: force > 0 ? 20 : 0 });
  }
  return telemetry;
}
