// SPDX-License-Identifier: MIT
// How the panel looks and sounds: config.json of the kiosk, then what was chosen here, then the address.
import { useEffect, useState } from 'preact/hooks';
import type { Lang } from './api';

export interface Prefs {
  mm: number; // pixels in a millimetre
  theme: 'dark' | 'light';
  text: 'normal' | 'large';
  lang: Lang;
  sound: boolean;
}

const PHONE_MM = 160 / 25.4;
const KEY = 'chair-panel';
const TEXT_SCALE = { normal: 1, large: 1.2 };

let now: Prefs = {
  mm: PHONE_MM,
  theme: 'dark',
  text: 'normal',
  lang: navigator.language.startsWith('de') ? 'de' : 'en',
  sound: true,
};
const watchers = new Set<() => void>();

/** Only what it can be; anything else is left out. */
function clean(from: unknown): Partial<Prefs> {
  const given = (typeof from === 'object' && from !== null ? from : {}) as Record<string, unknown>;
  const ret: Partial<Prefs> = {};
  const mm = Number(given['mm']);

  if (mm >= 2 && mm <= 30) {
    ret.mm = mm;
  }
  if (given['theme'] === 'dark' || given['theme'] === 'light') {
    ret.theme = given['theme'];
  }
  if (given['text'] === 'normal' || given['text'] === 'large') {
    ret.text = given['text'];
  }
  if (given['lang'] === 'en' || given['lang'] === 'de') {
    ret.lang = given['lang'];
  }
  if (typeof given['sound'] === 'boolean') {
    ret.sound = given['sound'];
  }
  return ret;
}

function apply(): void {
  const root = document.documentElement;

  root.lang = now.lang;
  root.dataset['theme'] = now.theme;
  root.style.setProperty('--mm', `${now.mm}px`);
  root.style.setProperty('--scale', String(TEXT_SCALE[now.text]));
  for (const tell of watchers) {
    tell();
  }
}

function stored(): unknown {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}');
  } catch {
    return {};
  }
}

export function prefs(): Readonly<Prefs> {
  return now;
}

export function change(what: Partial<Prefs>): void {
  now = { ...now, ...what };
  try {
    const { mm: _mm, ...rest } = now; // the size belongs to the screen, not to the person
    localStorage.setItem(KEY, JSON.stringify(rest));
  } catch {
    // no store: it holds until the next start
  }
  apply();
}

export function usePrefs(): Readonly<Prefs> {
  const [, redraw] = useState(0);

  useEffect(() => {
    const tell = () => redraw((n) => n + 1);

    watchers.add(tell);
    return () => void watchers.delete(tell);
  }, []);
  return now;
}

export function loadPrefs(): void {
  const address = clean(Object.fromEntries(new URLSearchParams(location.search)));

  now = { ...now, ...clean(stored()), ...address };
  apply();
  fetch('config.json')
    .then((answer) => (answer.ok ? answer.json() : {}))
    .then((config: unknown) => {
      now = { ...now, ...clean(config), ...clean(stored()), ...address };
      apply();
    })
    .catch(() => undefined); // no configuration: the defaults stand
}

const UPRIGHT = '(max-aspect-ratio: 1/1)';

/** A phone held upright: another layout, and a keyboard of its own. */
export function useUpright(): boolean {
  const [upright, setUpright] = useState(() => matchMedia(UPRIGHT).matches);

  useEffect(() => {
    const query = matchMedia(UPRIGHT);
    const tell = () => setUpright(query.matches);

    query.addEventListener('change', tell);
    return () => query.removeEventListener('change', tell);
  }, []);
  return upright;
}
