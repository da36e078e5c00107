// SPDX-License-Identifier: MIT
// After a session: how it ended, going on, after-care with drawings and a timer.
import { useEffect, useState } from 'preact/hooks';
import type { AfterCare, Exercise } from '../api';
import { Frame, Icon } from '../parts';
import { prefs, usePrefs } from '../prefs';
import { look, sentences, t, words } from '../say';
import { beep } from '../sound';
import { ask, call, get, go, leave, resumeSession, set, useStore } from '../store';

export function Finish() {
  const s = useStore();
  const [sent, setSent] = useState(false);
  const ended = s.ended?.ended ?? '';
  const seconds = s.ended?.seconds;
  const resume = s.state?.resume;
  const noBody = ended === 'no_body';
  const again = async () => {
    setSent(true);
    await resumeSession();
    setSent(false);
  };

  return (
    <Frame name="finish" title={look(t().ended, ended) ?? t().endedPlain}
      help={seconds === undefined || noBody ? undefined : t().lasted(Math.round(seconds / 60))}
      extra={<button class="back" data-id="leave" onClick={leave}><span>{t().leaveNow}</span></button>}
      next={noBody
        ? undefined
        : s.questions === null
          ? { label: t().afterCare, onClick: () => void openAfterCare() }
          : { label: t().checkOut, onClick: () => go('check_out') }}>
      {resume && (
        <div key="resume" class="resume">
          <button class="next start" data-id="resume" disabled={sent} onClick={() => void again()}><Icon name="play" /><span>{t().resume}</span></button>
          <p>{t().resumeHelp(resume.expires_s)}</p>
        </div>
      )}
      <p key="help">{noBody ? t().endedNoBody : t().endedHelp}</p>
      {!noBody && <p key="out">{t().checkOutHelp}</p>}
    </Frame>
  );
}

async function openAfterCare(): Promise<void> {
  const care = await ask<AfterCare>('guest.after_care');

  if (care !== null) {
    set({ care });
    go('after_care');
  }
}

/** A drawing of the chair as a picture, in the colour of the text. */
function Drawing({ exercise }: { exercise: Exercise }) {
  const [svg, setSvg] = useState('');
  usePrefs();
  const ink = prefs().theme === 'dark' ? '#eef3f1' : '#12191b';

  useEffect(() => {
    call<{ svg: string }>('guest.drawing', { id: exercise.id })
      .then((answer) => setSvg(answer.svg))
      .catch(() => undefined); // the words tell it all
  }, [exercise.id]);
  if (svg === '') {
    return <span class="drawing" />; // its place
  }
  return (
    <img class="drawing" alt={t().drawingOf(words(exercise.title))}
      src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg.replace(/currentColor/g, ink))}`} />
  );
}

export function AfterCareScreen() {
  const s = useStore();
  const out = s.visit?.checkOut;
  const care = s.care;
  const told = (out?.advice ?? []).map(words);

  return (
    <Frame name="after-care" title={out === undefined ? t().afterCare : t().thanks} columns={3} help={told.length === 0 ? t().afterCareHelp : told.join(' ')}
      extra={<button class="back" data-id="advice" onClick={() => go('advice')}><span>{t().advice}</span></button>}
      next={{ label: t().done, icon: 'check', onClick: leave }}>
      {(care?.exercises ?? []).map((exercise, i) => (
        <button key={exercise.id} class="choice picture" data-id={exercise.id}
          onClick={() => {
            set({ exercise: i });
            go('exercise');
          }}>
          <Drawing exercise={exercise} />
          <span class="label">{words(exercise.title)}</span>
        </button>
      ))}
    </Frame>
  );
}

/** How long to hold, from the words of the exercise; else minutes of its dosage. */
export function holdSeconds(exercise: Exercise): number {
  const hold = /(\d+) seconds/.exec(exercise.steps.en.join(' '));
  const walk = /(\d+)(?: to \d+)? minutes/.exec(`${exercise.dosage.en} ${exercise.steps.en.join(' ')}`);

  return hold !== null ? Number(hold[1]) : walk !== null ? Number(walk[1]) * 60 : 10;
}

function useTimer(seconds: number) {
  const [until, setUntil] = useState<number | null>(null);
  const [round, setRound] = useState(0);
  const [left, setLeft] = useState(0);

  useEffect(() => {
    if (until === null) {
      return undefined;
    }
    const look = () => {
      const ms = until - performance.now();
      setLeft(Math.max(0, Math.ceil(ms / 1000)));
      if (ms <= 0) {
        setUntil(null);
        beep('timer');
      }
    };
    const timer = window.setInterval(look, 200);

    look();
    return () => window.clearInterval(timer);
  }, [until]);
  return {
    running: until !== null,
    left,
    round,
    start: () => {
      setRound(round + 1);
      setUntil(performance.now() + seconds * 1000);
    },
    stop: () => setUntil(null),
  };
}

export function ExerciseScreen() {
  const s = useStore();
  const exercise = s.care?.exercises[s.exercise];
  const seconds = exercise === undefined ? 0 : holdSeconds(exercise);
  const timer = useTimer(seconds);

  if (exercise === undefined) {
    return null;
  }
  const whole = seconds >= 60 ? t().minutes(seconds / 60) : t().seconds(seconds);
  const steps = exercise.steps[prefs().lang];
  return (
    <Frame name="exercise" title={words(exercise.title)} help={words(exercise.stop_if)} back={() => go('after_care')}
      beside={(
        <>
          <Drawing exercise={exercise} />
          <p class="timer" role="timer">
            {timer.running
              ? <><b>{timer.left >= 60 ? `${Math.floor(timer.left / 60)}:${String(timer.left % 60).padStart(2, '0')}` : timer.left}</b> {t().timerRound(timer.round)}</>
              : <>{timer.round > 0 && <Icon name="check" />}{whole}</>}
          </p>
        </>
      )}
      next={timer.running
        ? { label: t().timerStop, icon: 'pause', onClick: timer.stop }
        : { label: timer.round === 0 ? t().timerStart : t().timerNext, icon: 'play', onClick: timer.start }}>
      {steps.map((step, i) => <p key={step} class="step"><b>{i + 1}</b><span>{step}</span></p>)}
      <p key="dosage"><b>{t().howOften}:</b> {words(exercise.dosage)}</p>
    </Frame>
  );
}

export function AdviceScreen() {
  const advice = get().care?.advice ?? [];

  return (
    <Frame name="advice" title={t().advice} back={() => go('after_care')} next={{ label: t().done, icon: 'check', onClick: leave }}>
      {advice.flatMap((one) => {
        const [first = '', ...rest] = sentences(words(one.text));
        return [
          <div key={one.id} class="lead"><h2>{words(one.title)}</h2><p>{first}</p></div>,
          ...rest.map((line) => <p key={line}>{line}</p>),
        ];
      })}
    </Frame>
  );
}
