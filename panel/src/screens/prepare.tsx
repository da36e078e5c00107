// SPDX-License-Identifier: MIT
import { useState } from 'preact/hooks';
import { Frame, Stepper } from '../parts';
import { causeText, sideWord, t, words } from '../say';
import { ask, get, go, set, startSession, useStore } from '../store';
import { minutesOf } from './choose';

const MINUTES_STEP = 2;
const MINUTES_MOST = 30;
const MINUTES_LEAST = 4;
const HEAT_LEAST_C = 35;

/** One degree warmer or cooler, "off" below the least. */
export function heatStep(now: number, by: 1 | -1, most: number): number {
  if (now === 0) {
    return by > 0 ? HEAT_LEAST_C : 0;
  }
  const next = now + by;
  return next < HEAT_LEAST_C ? 0 : Math.min(most, next);
}

export function Prepare() {
  const s = useStore();
  const program = s.program;
  const own = program === null ? 0 : minutesOf(program);
  const most = Math.round(Math.max(0, ...(program?.phases.map((phase) => phase.heat_c ?? 0) ?? [])));
  const [minutes, setMinutes] = useState(own);
  const [heat, setHeat] = useState(most);
  const [sent, setSent] = useState(false);
  const state = s.state;

  if (program === null || state === null) {
    return null;
  }
  const limits = state.limits;
  const heatAllowed = limits?.heat_allowed !== false;
  const side = s.visit?.side ?? 'both';
  const obstacles = [...state.faults, ...state.inhibits]
    .filter((cause) => cause.effect !== 'heat_off' && cause.cause !== 'seat_empty' && cause.cause !== 'stop')
    .map(causeText);
  if (!state.seat_occupied) {
    obstacles.push(t().sitDown);
  }
  if (state.child_lock) {
    obstacles.push(t().refused.child_lock);
  }
  const start = async () => {
    setSent(true);
    const done = await startSession({
      program: program.id,
      side,
      ...(minutes !== own || program.minutes < 1 ? { minutes } : {}),
    });
    if (done && heatAllowed && heat < most && !get().asked) {
      set({ heatCap: heat });
      await ask('session.heat', { heat_c: heat });
    }
    setSent(false);
  };

  return (
    <Frame name="prepare" title={`${words(program.title)}, ${sideWord(side)}`} back={() => go('detail')}
      next={{ label: t().start, icon: 'play', start: true, off: sent, onClick: () => void start() }}>
      {obstacles.length > 0 && <p key="not-yet" class="obstacle" role="status"><b>{t().notYet}</b></p>}
      {obstacles.map((line) => <p key={line} class="obstacle">{line}</p>)}
      <Stepper key="minutes" label={t().howLong} value={`${minutes} ${t().min}`} less={t().lessMinutes} more={t().moreMinutes}
        lessOff={minutes <= Math.min(own, MINUTES_LEAST)} moreOff={minutes >= MINUTES_MOST}
        onLess={() => setMinutes(Math.max(Math.min(own, MINUTES_LEAST), minutes - MINUTES_STEP))}
        onMore={() => setMinutes(Math.min(MINUTES_MOST, minutes + MINUTES_STEP))} />
      {heatAllowed
        ? (
          <Stepper key="heat" label={t().howWarm} value={heat === 0 ? t().heatOff : t().degrees(heat)} less={t().lessHeat} more={t().moreHeat}
            lessOff={heat === 0} moreOff={heat >= most}
            onLess={() => setHeat(heatStep(heat, -1, most))} onMore={() => setHeat(heatStep(heat, 1, most))} />
        )
        : <p key="heat">{t().heatForbidden}</p>}
      <p key="level" class="level-note">
        {limits?.gentle === false ? t().startsLight(limits.level_max) : t().startsGentle} {t().scanHelp}
      </p>
      {s.asked && <p key="asked" class="reason" role="status">{t().askedPhone}</p>}
    </Frame>
  );
}
