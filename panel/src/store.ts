// SPDX-License-Identifier: MIT
// The one store: the last state document and its age, what the person is doing, and the actions on both.
import { useEffect, useState } from 'preact/hooks';
import type {
  AfterCare, Answers, ChairEvent, CheckIn, CheckOut, Guest, Program, Questions, Side, StateDoc, Telemetry, Words,
} from './api';
import { Link, NoAnswer, Refused } from './link';
import { beep } from './sound';

export const STALE_MS = 2000;
const ALIVE_MS = 2000;
const STOP_ANSWER_MS = 500;
const STOP_DONE_MS = 3000; // the rollers have 2 s to leave the body
const STOP_SHOWN_MS = 8000;
const IDLE_MS = 10 * 60 * 1000;

export type Screen =
  | 'who' | 'add' | 'guest' | 'pin' | 'check_in' | 'verdict' | 'choose' | 'detail' | 'prepare'
  | 'finish' | 'check_out' | 'after_care' | 'exercise' | 'advice' | 'progress' | 'balance'
  | 'settings' | 'lock' | 'phones' | 'remove' | 'service';

/** What covers the running session's own screen. */
export type RunView = 'body' | 'options' | 'pinpoint';

export interface Visit {
  guest: Guest | null; // null: without a name
  pin?: string;
  answers: Answers;
  checkIn?: CheckIn;
  checkOut?: CheckOut;
  side?: Side;
}

export interface Notice {
  reason: string;
  text: string;
}

export type StopPhase = 'idle' | 'stopping' | 'stopped' | 'no_answer';

export interface Store {
  open: boolean; // panel to chair-web
  chaird: boolean; // chair-web to chaird
  everOpen: boolean;
  role: 'panel' | 'phone' | null;
  state: StateDoc | null;
  stateAt: number;
  telemetry: Telemetry | null;
  telemetryAt: number;
  now: number;
  stop: StopPhase;
  programs: Program[];
  questions: Questions | null;
  guests: Guest[];
  screen: Screen;
  look: boolean; // settings or service although a fault or a session would be shown
  run: RunView;
  visit: Visit | null;
  program: Program | null;
  ended: ChairEvent | null;
  care: AfterCare | null;
  exercise: number;
  advice: number;
  notice: Notice | null;
  pairing: { code: string; until: number } | null;
  reminder: Words | null;
  heatCap: number | null;
  unpaired: boolean; // this phone must be paired first
  asked: boolean; // this phone's start waits at the chair
}

const store: Store = {
  open: false,
  chaird: true,
  everOpen: false,
  role: null,
  state: null,
  stateAt: 0,
  telemetry: null,
  telemetryAt: 0,
  now: performance.now(),
  stop: 'idle',
  programs: [],
  questions: null,
  guests: [],
  screen: 'who',
  look: false,
  run: 'body',
  visit: null,
  program: null,
  ended: null,
  care: null,
  exercise: 0,
  advice: 0,
  notice: null,
  pairing: null,
  reminder: null,
  heatCap: null,
  unpaired: false,
  asked: false,
};

const watchers = new Set<() => void>();

export function set(change: Partial<Store>): void {
  Object.assign(store, change);
  for (const tell of watchers) {
    tell();
  }
}

export function get(): Readonly<Store> {
  return store;
}

export function useStore(): Readonly<Store> {
  const [, redraw] = useState(0);

  useEffect(() => {
    const tell = () => redraw((n) => n + 1);

    watchers.add(tell);
    return () => void watchers.delete(tell);
  }, []);
  return store;
}

/* ---- ages ---- */

export function ageMs(s: Readonly<Store>): number {
  return s.state === null ? Infinity : Math.max(0, s.now - s.stateAt);
}

/** The values are not the chair's of now: all but STOP must rest. */
export function isStale(s: Readonly<Store>): boolean {
  return !s.open || !s.chaird || ageMs(s) > STALE_MS;
}

const IN_SESSION: readonly string[] = ['homing', 'massage', 'paused', 'retracting'];
/** States in which rollers may be on the body or a pad is warm. */
const WORKING: readonly string[] = [...IN_SESSION, 'preheat'];

export function inSession(state: StateDoc | null): boolean {
  return state !== null && (state.program !== null || state.state === 'retracting');
}

/* ---- the socket ---- */

let link: Link;

/** Ask the chair; what it refuses, or that it did not answer, is shown. Null then. */
export async function ask<T>(method: string, params: object = {}): Promise<T | null> {
  try {
    return await link.call<T>(method, params);
  } catch (error) {
    showError(error);
    return null;
  }
}

/** As ask(), but the caller deals with what goes wrong. */
export function call<T>(method: string, params: object = {}): Promise<T> {
  return link.call<T>(method, params);
}

export function showError(error: unknown): void {
  if (error instanceof Refused) {
    set({ notice: { reason: error.reason, text: error.message } });
  } else {
    set({ notice: { reason: error instanceof NoAnswer ? error.reason : 'unknown', text: String(error) } });
  }
}

export function go(screen: Screen): void {
  set({ screen, notice: null });
}

let rollersWatched = false;

/** Where the rollers are is of interest in a session only. */
function watchRollers(on: boolean): void {
  rollersWatched = on;
  void link.call('state.watch', { telemetry_hz: on ? 5 : 0 }).catch(() => undefined);
}

async function greet(): Promise<void> {
  watchRollers(inSession(store.state));
  try {
    await link.call('panel.alive');
    set({ role: 'panel' });
  } catch (error) {
    set({ role: error instanceof Refused && error.reason === 'not_for_phone' ? 'phone' : null });
  }
  const programs = await link.call<{ programs: Program[] }>('program.list').catch(() => null);
  const questions = await link.call<Questions>('guest.questions').catch(() => null);

  set({ programs: programs?.programs ?? store.programs, questions });
  await loadGuests();
}

export async function loadGuests(): Promise<void> {
  const list = await link.call<{ guests: Guest[] }>('guest.list').catch(() => null);

  if (list !== null) {
    set({ guests: list.guests });
  }
}

function takeState(doc: StateDoc): void {
  const before = store.state;
  const was = inSession(before);
  const is = inSession(doc);
  const change: Partial<Store> = { chaird: true, state: doc, stateAt: performance.now(), now: performance.now() };

  if (was && !is) {
    change.screen = 'finish';
    change.run = 'body';
    change.heatCap = null;
    change.asked = false;
    change.look = false;
    change.notice = null;
    beep('end');
  }
  if (!was && is) {
    change.ended = null;
    change.notice = null;
    change.asked = false;
    change.look = false;
  }
  if (doc.ask === null && before?.ask && store.asked) {
    change.asked = false;
  }
  if (store.run === 'pinpoint' && doc.spot === null && doc.phase?.index !== before?.phase?.index) {
    change.run = 'body';
  }
  if (before?.state !== 'fault' && doc.state === 'fault') {
    change.look = false;
    beep('fault');
  }
  set(change);
  if (is !== rollersWatched) {
    watchRollers(is);
  }
  followStop();
}

function takeNote(method: string, params: unknown): void {
  switch (method) {
    case 'state':
      takeState(params as StateDoc);
      break;
    case 'telemetry':
      set({ telemetry: params as Telemetry, telemetryAt: performance.now() });
      break;
    case 'event': {
      const event = params as ChairEvent;
      if (event.kind === 'session_ended') {
        set({ ended: event });
      } else if (event.kind === 'reminder' && typeof event.text === 'object') {
        set({ reminder: event.text });
        beep('end');
      }
      break;
    }
    case 'link': {
      const up = (params as { chaird: boolean }).chaird;
      if (up && !store.chaird) {
        void greet(); // another chaird does not know what we had asked for
      }
      set({ chaird: up });
      break;
    }
    case 'pairing': {
      const pairing = params as { code?: string | null; expires_s?: number } | null;
      set({
        pairing: pairing?.code ? { code: pairing.code, until: performance.now() + (pairing.expires_s ?? 60) * 1000 } : null,
      });
      break;
    }
  }
}

/* ---- stop ---- */

let stopAt = 0;
let stopHeard = false;

/** Sent at once or not at all; what is shown comes from the chair. */
export function pressStop(): void {
  const at = performance.now();

  stopAt = at;
  stopHeard = false;
  if (!link.open) {
    set({ stop: 'no_answer' });
    beep('fault');
    return;
  }
  set({ stop: 'stopping', now: at });
  link.call('session.stop').then(
    () => {
      if (stopAt === at) {
        stopHeard = true;
        followStop();
      }
    },
    () => {
      if (stopAt === at) {
        set({ stop: 'no_answer' });
        beep('fault');
      }
    },
  );
}

function followStop(): void {
  const now = performance.now();
  const fresh = store.state !== null && store.stateAt > stopAt;
  const still = fresh && !WORKING.includes(store.state?.state ?? '');

  if (store.stop === 'idle') {
    return;
  }
  if (store.stop !== 'stopped' && still && (stopHeard || store.stop === 'no_answer')) {
    set({ stop: 'stopped' });
    beep('stop');
  } else if (store.stop === 'stopping' &&
             now - stopAt > (stopHeard ? STOP_DONE_MS : STOP_ANSWER_MS)) {
    set({ stop: 'no_answer' });
    beep('fault');
  } else if (store.stop === 'stopped' && (now - stopAt > STOP_SHOWN_MS || (fresh && !still))) {
    set({ stop: 'idle' });
  }
}

/* ---- time ---- */

let aliveAt = 0;
let touchedAt = performance.now();

export function touched(): void {
  touchedAt = performance.now();
}

function tick(): void {
  const now = performance.now();

  if (store.role !== 'phone' && inSession(store.state) && link.open && now - aliveAt >= ALIVE_MS - 50) {
    aliveAt = now;
    void link.call('panel.alive').catch(() => undefined);
  }
  if (store.pairing !== null && now > store.pairing.until) {
    set({ pairing: null });
  }
  if (now - touchedAt > IDLE_MS && !inSession(store.state) && (store.screen !== 'who' || store.visit !== null)) {
    leave();
  }
  // every second, and oftener only while something on the screen depends on it
  if (store.stop !== 'idle' || now - store.now >= 950 || isStale({ ...store, now }) !== isStale(store)) {
    set({ now });
  }
  followStop();
}

/** A phone that is turned away may only not be paired; on the chair itself there is no such page. */
async function askPaired(): Promise<void> {
  try {
    const answer = await fetch('pair');
    const type = answer.headers.get('content-type') ?? '';
    if (answer.ok && type.startsWith('application/json')) {
      set({ unpaired: ((await answer.json()) as { paired: boolean }).paired === false });
    }
  } catch {
    // no connection at all
  }
}

export function begin(url: string): void {
  link = new Link(
    url,
    () => {
      set({ open: true, everOpen: true, unpaired: false });
      void greet();
    },
    () => {
      const lost = store.stop === 'stopping';
      set({ open: false, role: null, ...(lost ? { stop: 'no_answer' as const } : {}) });
      void askPaired();
    },
    takeNote,
  );
  window.setInterval(tick, 250);
}

/* ---- what a person does ---- */

/** Back to the first screen; nothing of the person stays on this one. */
export function leave(): void {
  set({
    screen: 'who', visit: null, program: null, ended: null, care: null, notice: null, heatCap: null, look: false,
  });
  void loadGuests();
}

/** The chair's pause for a silent panel counts from the last sign of life, so one goes first. */
export async function startSession(params: object): Promise<boolean> {
  if (store.role !== 'phone') {
    aliveAt = performance.now();
    void link.call('panel.alive').catch(() => undefined);
  }
  const answer = await ask<{ accepted?: boolean; asked?: boolean }>('session.start', params);

  if (answer?.asked) {
    set({ asked: true });
  }
  return answer !== null;
}

export async function resumeSession(): Promise<boolean> {
  if (store.role !== 'phone') {
    aliveAt = performance.now();
    void link.call('panel.alive').catch(() => undefined);
  }
  const answer = await ask<{ asked?: boolean }>('session.resume');

  if (answer?.asked) {
    set({ asked: true });
  }
  return answer !== null;
}
