// SPDX-License-Identifier: MIT
import { useState } from 'preact/hooks';
import type { Program, StateDoc, Zone } from '../api';
import { LiveBody, LOWER, PlainBody, SpotBody, zonesOf } from '../body';
import { Choice, Frame, Icon, NoticeBox, Stepper } from '../parts';
import { useUpright } from '../prefs';
import { clock, look, t } from '../say';
import { ask, isStale, resumeSession, set, useStore } from '../store';
import { heatStep } from './prepare';

const TIME_STEP = 2; // minutes
const SPOT_STEP = 0.05;

function programOf(programs: readonly Program[], state: StateDoc): Program | undefined {
  return programs.find((program) => program.id === state.program);
}

function PhaseBar({ program, state }: { program: Program | undefined; state: StateDoc }) {
  const phase = state.phase;
  const phases = program?.phases ?? [];
  const all = phases.reduce((sum, one) => sum + one.minutes, 0) || 1;
  const total = state.progress_pct < 100 ? state.remaining_s / (1 - state.progress_pct / 100) : state.remaining_s;

  return (
    <div class="phases" role="img" aria-label={phase === null ? '' : t().partOf(phase.index + 1, phase.count)}>
      {phases.map((one, i) => {
        const length = (one.minutes / all) * total;
        const done = phase === null || i > phase.index ? 0 : i < phase.index ? 1 : 1 - Math.min(1, phase.remaining_s / Math.max(1, length));
        return (
          <span key={i} style={{ flexGrow: one.minutes * 60 }}>
            <i style={{ width: `${Math.round(done * 100)}%` }} />
          </span>
        );
      })}
    </div>
  );
}

const LESS_MS = 1500;
let less = { level: 9, at: -Infinity };

function LessMore({ state }: { state: StateDoc }) {
  const max = state.limits?.level_max ?? 5;
  const aim = state.level_aim;
  const to = (level: number) => void ask('session.level', { level });
  // two quick taps are two steps less, although the chair has not told the first yet; more is one step at a time
  const lower = () => {
    const from = performance.now() - less.at < LESS_MS ? Math.min(aim, less.level) : aim;
    less = { level: Math.max(1, from - 1), at: performance.now() };
    to(less.level);
  };

  return (
    <div class="less-more" role="group" aria-label={t().level(state.level)}>
      <button class="less" disabled={aim <= 1} onClick={lower}><Icon name="less" /><span>{t().less}</span></button>
      <p class="level" aria-live="polite">
        <b>{aim}</b>
        <span>{state.level < aim ? t().levelAim(state.level, aim) : t().levelOf(aim, max)}</span>
      </p>
      <button class="more" disabled={aim >= 5} onClick={() => to(aim + 1)}><Icon name="more" /><span>{t().moreP}</span></button>
    </div>
  );
}

function title(state: StateDoc): string {
  switch (state.state) {
    case 'homing':
      return state.scan.running ? t().scanTitle : t().homingTitle;
    case 'paused':
      return t().pausedTitle;
    case 'retracting':
      return t().leavingTitle;
    default:
      return state.phase === null ? t().states[state.state] : (look(t().phases, state.phase.name) ?? t().techniques[state.phase.technique]);
  }
}

function help(state: StateDoc): string {
  if (state.state === 'homing') {
    return state.scan.running ? t().scanningHelp : t().homingHelp;
  }
  if (state.state === 'paused') {
    return t().pausedHelp;
  }
  if (state.heat_only) {
    return t().heatOnlyOn;
  }
  return state.heat.dose_warning ? t().heatEnough : '';
}

function TimeLeft({ state }: { state: StateDoc }) {
  return (
    <p class="time" role="timer"><b>{clock(state.remaining_s)}</b> <span>{t().timeLeft}</span></p>
  );
}

function Body() {
  const s = useStore();
  const [sent, setSent] = useState(false);
  const state = s.state as StateDoc;
  const program = programOf(s.programs, state);
  const works = state.state === 'massage' || state.state === 'homing';
  const steered = state.state === 'massage' && isSteered(state, program);
  const note = help(state);
  const resume = async () => {
    setSent(true);
    await resumeSession();
    setSent(false);
  };

  return (
    <section class={`screen running ${state.state}`} data-screen="running">
      <div class="figure"><LiveBody state={state} telemetry={s.telemetry} stale={isStale(s) || s.now - s.telemetryAt > 2000} /></div>
      <div class="controls">
        <div class="info">
          <h1>{title(state)}</h1>
          {s.notice === null && (
            <>
              {state.state !== 'retracting' && <TimeLeft state={state} />}
              <PhaseBar program={program} state={state} />
              {note !== '' && <p class="help">{note}</p>}
            </>
          )}
        </div>
        <NoticeBox />
        {works && <LessMore state={state} />}
        {works && (
          <div class="row">
            <button class="wide" data-id="pause" onClick={() => void ask('session.pause')}><Icon name="pause" /><span>{t().pause}</span></button>
            {steered && !state.heat_only
              ? <button class="wide hot" data-id="spot" onClick={() => set({ run: 'pinpoint', notice: null })}><span>{t().chooseSpot}</span></button>
              : null}
            <button class="wide" data-id="options" onClick={() => set({ run: 'options', notice: null })}><Icon name="gear" /><span>{t().options}</span></button>
          </div>
        )}
        {state.state === 'paused' && (
          <button class="next start" data-id="resume" disabled={sent} onClick={() => void resume()}><Icon name="play" /><span>{t().resume}</span></button>
        )}
      </div>
    </section>
  );
}

/** Does the person choose the spot in this phase? The state names one only once it is chosen. */
function isSteered(state: StateDoc, program: Program | undefined): boolean {
  const phase = program?.phases[state.phase?.index ?? -1];

  return phase?.steered ?? false;
}

function Options() {
  const s = useStore();
  const state = s.state as StateDoc;
  const program = programOf(s.programs, state);
  const most = Math.round(Math.max(state.heat.set_c, ...(program?.phases.map((phase) => phase.heat_c ?? 0) ?? [])));
  const heat = s.heatCap ?? most;
  const allowed = state.limits?.heat_allowed !== false;
  const setHeat = async (heat_c: number) => {
    if (await ask('session.heat', { heat_c }) !== null) {
      set({ heatCap: heat_c });
    }
  };

  return (
    <section class="screen options" data-screen="options">
      <header class="line"><h1>{title(state)}</h1><TimeLeft state={state} /></header>
      <NoticeBox />
      <div class="grid">
        <button data-id="time-less" onClick={() => void ask('session.time', { minutes: -TIME_STEP })}><Icon name="less" /><span>{t().timeLess}</span></button>
        <button data-id="time-more" onClick={() => void ask('session.time', { minutes: TIME_STEP })}><Icon name="more" /><span>{t().timeMore}</span></button>
        <button data-id="heat-only" disabled={!allowed && !state.heat_only} aria-pressed={state.heat_only} class={state.heat_only ? 'on' : ''}
          onClick={() => void ask('session.heat_only', { on: !state.heat_only })}>
          <Icon name="warm" /><span>{state.heat_only ? t().massageToo : t().heatOnly}</span>
        </button>
        <button data-id="skip" onClick={() => void ask('session.skip')}><Icon name="next" /><span>{t().skip}</span></button>
        <button data-id="again" onClick={() => void ask('session.again')}><Icon name="back" /><span>{t().again}</span></button>
        <button data-id="back" onClick={() => set({ run: 'body', notice: null })}><Icon name="check" /><span>{t().done}</span></button>
      </div>
      {allowed
        ? (
          <Stepper label={t().howWarm} value={heat === 0 ? t().heatOff : t().degrees(heat)} less={t().lessHeat} more={t().moreHeat}
            lessOff={heat === 0} moreOff={heat >= most} onLess={() => void setHeat(heatStep(heat, -1, most))}
            onMore={() => void setHeat(heatStep(heat, 1, most))} />
        )
        : <p class="help">{t().heatForbidden}</p>}
      <LessMore state={state} />
    </section>
  );
}

function Pinpoint() {
  const s = useStore();
  const state = s.state as StateDoc;
  const program = programOf(s.programs, state);
  const parts = program?.phases[state.phase?.index ?? -1]?.zones ?? [];
  const allowed = zonesOf(parts, state.side ?? 'both');
  const spot = state.spot ?? null;
  const upright = useUpright();
  const [picking, setPicking] = useState(spot === null);
  const move = (zone: Zone, to: number) =>
    void ask('pinpoint.move', { zone, spot: Math.min(1, Math.max(0, Math.round(to * 100) / 100)) });

  const back = () => set({ run: 'body', notice: null });

  // on a phone the body is too small to be tapped on: its zones are buttons
  if (upright && picking) {
    return (
      <Frame name="spots" title={t().spotTitle} help={t().spotHelp} columns={2} back={back}
        next={spot === null ? undefined : { label: t().zones[spot.zone], onClick: () => setPicking(false) }}>
        {allowed.map((zone) => (
          <Choice key={zone} id={zone} label={t().zones[zone]} on={zone === spot?.zone}
            onClick={() => {
              move(zone, zone === spot?.zone ? spot.spot : 0.5);
              setPicking(false);
            }} />
        ))}
      </Frame>
    );
  }
  return (
    <section class="screen pinpoint" data-screen="pinpoint">
      <div class="figure">{upright ? <PlainBody zones={spot === null ? [] : [spot.zone]} view={LOWER} /> : <SpotBody allowed={allowed} spot={spot} onSpot={move} />}</div>
      <div class="controls">
        <div class="info">
          <h1>{spot === null ? t().spotTitle : t().spotAt(t().zones[spot.zone])}</h1>
          {spot === null && s.notice === null && <p class="help">{t().spotHelp}</p>}
          {upright && <TimeLeft state={state} />}
          {upright && <button data-id="other" onClick={() => setPicking(true)}><span>{t().otherSide}</span></button>}
        </div>
        <NoticeBox />
        {spot !== null && (
          <div class="row">
            <button class="wide" data-id="higher" disabled={spot.spot <= 0} onClick={() => move(spot.zone, spot.spot - SPOT_STEP)}>
              <Icon name="up" /><span>{t().higher}</span>
            </button>
            <button class="wide" data-id="lower" disabled={spot.spot >= 1} onClick={() => move(spot.zone, spot.spot + SPOT_STEP)}>
              <Icon name="down" /><span>{t().lower}</span>
            </button>
            {upright && <button class="wide" data-id="back" onClick={back}><Icon name="check" /><span>{t().done}</span></button>}
          </div>
        )}
        <LessMore state={state} />
        {!upright && (
          <footer>
            <button class="back" data-id="back" onClick={back}><Icon name="back" /><span>{t().backToBody}</span></button>
            <TimeLeft state={state} />
          </footer>
        )}
      </div>
    </section>
  );
}

export function Running() {
  const s = useStore();
  const state = s.state as StateDoc;
  const works = state.state === 'massage' || state.state === 'homing';

  if (works && s.run === 'options') {
    return <Options />;
  }
  if (state.state === 'massage' && s.run === 'pinpoint' && isSteered(state, programOf(s.programs, state))) {
    return <Pinpoint />;
  }
  return <Body />;
}

