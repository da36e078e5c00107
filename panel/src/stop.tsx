// SPDX-License-Identifier: MIT
// The strip that is always there: STOP, and what the chair and its links are. It shares nothing with the screens, so
// that a mistake in one of them cannot take it away.
import { useRef } from 'preact/hooks';
import { usePrefs } from './prefs';
import { t } from './say';
import { isStale, pressStop, touched, useStore, type Store } from './store';

/** Causes that say that a part of the hardware does not answer. */
const SILENT = ['gpio_failed', 'drive_silent', 'drive_refused', 'sensor_silent', 'device_missing', 'thread_stalled', 'relay_feedback'];

function partsAnswer(s: Readonly<Store>): boolean | null {
  if (s.state === null || isStale(s)) {
    return null;
  }
  return ![...s.state.faults, ...s.state.inhibits].some((cause) => cause.active && SILENT.includes(cause.cause));
}

function LinkLine({ name, good }: { name: string; good: boolean | null }) {
  const word = good === null ? t().linkUnknown : good ? t().linkGood : t().linkBad;

  return (
    <li class={good === null ? 'unknown' : good ? 'good' : 'bad'}>
      <svg viewBox="0 0 12 12" aria-hidden="true">
        {good === true ? <circle cx="6" cy="6" r="5" /> : good === false ? <path d="M1 1 11 11M11 1 1 11" /> : <path d="M1 6h10" />}
      </svg>
      <span class="name"><b>{name}</b> {word}</span>
    </li>
  );
}

export function Side() {
  const s = useStore();
  const downAt = useRef(-Infinity);
  usePrefs();

  const press = () => {
    downAt.current = performance.now();
    touched();
    pressStop();
  };
  const texts = t();
  const status = { idle: '', stopping: texts.stopping, stopped: texts.stopped, no_answer: texts.noAnswer }[s.stop];
  const stale = isStale(s);
  const word = s.state === null ? '' : texts.states[s.state.state];

  return (
    <>
      <div class={stale ? 'status stale' : 'status'}>
        <p class="word" role="status">{word}</p>
        {s.state !== null && !s.state.seat_occupied && !stale && <p>{texts.seatEmpty}</p>}
        <ul>
          <LinkLine name={texts.linkChair} good={s.state === null ? s.open && s.chaird : !stale} />
          <LinkLine name={texts.linkParts} good={partsAnswer(s)} />
        </ul>
      </div>
      <button id="stop" class={s.stop} aria-describedby="stop-status"
        onPointerDown={press}
        onKeyDown={(event) => {
          if ((event.key === 'Enter' || event.key === ' ') && !event.repeat) {
            press();
          }
        }}
        onClick={() => {
          // a screen reader clicks without a pointer; a finger was heard when it came down
          if (performance.now() - downAt.current > 1500) {
            press();
          }
        }}>
        <span class="big">{texts.stop}</span>
        <span id="stop-status" role="status">{status}</span>
      </button>
    </>
  );
}
