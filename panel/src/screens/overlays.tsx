// SPDX-License-Identifier: MIT
// Questions that come from elsewhere. They cover the screen, never the strip with STOP.
import { useEffect, useRef, useState } from 'preact/hooks';
import { sideWord, t, words } from '../say';
import { ask, resumeSession, startSession, useStore } from '../store';

const ASK_S = 60;
const SETTLE_MS = 1000; // a finger already on its way did not mean this

function Ring({ left }: { left: number }) {
  const length = 2 * Math.PI * 20;

  return (
    <svg class="ring" viewBox="0 0 48 48" aria-hidden="true">
      <circle cx="24" cy="24" r="20" class="whole" />
      <circle cx="24" cy="24" r="20" class="left" stroke-dasharray={length} stroke-dashoffset={length * (1 - Math.min(1, left / ASK_S))}
        transform="rotate(-90 24 24)" />
      <text x="24" y="29">{left}</text>
    </svg>
  );
}

export function AskQuestion() {
  const s = useStore();
  const [settled, setSettled] = useState(false);
  const [sent, setSent] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const question = s.state?.ask;

  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    const timer = window.setTimeout(() => setSettled(true), SETTLE_MS);
    return () => window.clearTimeout(timer);
  }, []);
  if (!question) {
    return null;
  }
  const program = words(s.programs.find((p) => p.id === question.program)?.title) || question.program;
  const minutes = Math.max(1, Math.round(question.remaining_s / 60));
  const phone = s.role === 'phone';
  const yes = async () => {
    setSent(true);
    const done = question.kind === 'resume'
      ? await resumeSession()
      : await startSession({ program: question.program, side: question.side, minutes });
    if (!done) {
      setSent(false);
    }
  };

  return (
    <section class="overlay" role="dialog" aria-labelledby="ask-title" data-screen="ask">
      <h1 id="ask-title" ref={heading} tabIndex={-1}>{phone ? t().askWait : t().askTitle}</h1>
      <div class="asked">
        <Ring left={question.expires_s} />
        <p>{phone
          ? t().askedPhone
          : question.kind === 'resume' ? t().askResumeText(program, minutes) : t().askText(program, sideWord(question.side), minutes)}</p>
      </div>
      {!phone && s.state !== null && !s.state.seat_occupied && <p class="help">{t().sitDown}</p>}
      <footer>
        <button class="back" onClick={() => void ask('session.stop')}>{phone ? t().cancel : t().askNo}</button>
        {!phone && <button class="next start" disabled={!settled || sent} onClick={() => void yes()}>{t().askYes}</button>}
      </footer>
    </section>
  );
}

export function PairingCode() {
  const s = useStore();

  if (s.pairing === null) {
    return null;
  }
  return (
    <section class="overlay" role="dialog" aria-labelledby="pair-title" data-screen="pairing">
      <h1 id="pair-title">{t().pairTitle}</h1>
      <p class="code">{s.pairing.code}</p>
      <p class="help">{t().pairHelp}</p>
      <Ring left={Math.max(0, Math.round((s.pairing.until - s.now) / 1000))} />
    </section>
  );
}
