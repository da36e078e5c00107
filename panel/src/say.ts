// SPDX-License-Identifier: MIT
import type { Cause, Side, Words } from './api';
import { prefs } from './prefs';
import type { Notice } from './store';
import { de } from './texts/de';
import { en, type Texts } from './texts/en';

const LANGUAGES = { en, de };

/** The texts of the language in use. */
export function t(): Texts {
  return LANGUAGES[prefs().lang];
}

/** Where long words of the chair's own texts may break: not every kiosk's browser knows German. */
const BREAKS: readonly (readonly [RegExp, string])[] = [
  [/Oberschenkel/g, 'Ober\u00adschenkel'],
  [/scheidenentz/g, 'scheiden\u00adentz'],
  [/Durchblutungsst/g, 'Durchblutungs\u00adst'],
  [/Spinalkanal/g, 'Spinal\u00adkanal'],
  [/Bandscheibenv/g, 'Bandscheiben\u00adv'],
  [/hinuntergew/g, 'hinunter\u00adgew'],
];

export function words(text: Words | null | undefined): string {
  if (text === null || text === undefined) {
    return '';
  }
  return prefs().lang === 'en' ? text.en : BREAKS.reduce((all, [long, broken]) => all.replace(long, broken), text.de);
}

export function sideWord(side: Side): string {
  return t().sides[side];
}

/** A text by a word that came over the socket. */
export function look(table: Record<string, string>, word: string): string | undefined {
  return Object.prototype.hasOwnProperty.call(table, word) ? table[word] : undefined;
}

/** The sentence for a refusal; one that this panel does not know is shown as the chair says it. */
export function noticeText(notice: Notice): string {
  return look(t().refused, notice.reason) ?? notice.text;
}

export function causeText(cause: Cause): string {
  return look(t().causes, cause.cause) ?? cause.text;
}

export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));

  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** Sentences, so that a long text can be laid out on pages. */
export function sentences(text: string): string[] {
  return text.split(/(?<=[.!?]) +(?=\S)/);
}
