// SPDX-License-Identifier: MIT
// Questions before and after a session, one at a time.
import { useState } from 'preact/hooks';
import type { Answer, Answers, CheckIn, CheckOut, Question } from '../api';
import { Choice, Frame, Icon } from '../parts';
import { look, sentences, t, words } from '../say';
import { ask, call, go, leave, set, showError, useStore } from '../store';
import { Refused } from '../link';

function Ask({ question, value, onAnswer, onBack, index, count, busy, name }: {
  question: Question;
  value: Answer | undefined;
  onAnswer: (answer: Answer) => void;
  onBack: () => void;
  index: number;
  count: number;
  busy: boolean;
  name: string;
}) {
  const [chosen, setChosen] = useState<string[]>(Array.isArray(value) ? value : []);
  const step = [index, count] as const;
  const frame = { name, step, title: words(question.text), help: words(question.help), back: onBack, id: question.id };

  if (question.kind === 'scale') {
    const numbers = Array.from({ length: (question.max ?? 10) - (question.min ?? 0) + 1 }, (_, i) => (question.min ?? 0) + i);
    return (
      <Frame {...frame} back={undefined} fill>
        <div class="scale">
          <button class="back" onClick={onBack}><Icon name="back" /><span>{t().back}</span></button>
          {numbers.map((n) => (
            <button key={n} class={value === n ? 'on' : ''} disabled={busy} aria-pressed={value === n} data-id={String(n)}
              onClick={() => onAnswer(n)}>
              <b>{n}</b>
              {n === numbers[0] && <span>{t().painNone}</span>}
              {n === numbers[numbers.length - 1] && <span>{t().painWorst}</span>}
            </button>
          ))}
        </div>
      </Frame>
    );
  }
  const answers = question.answers ?? [];
  const longest = Math.max(...answers.map((answer) => words(answer.text).length));
  if (question.kind === 'several') {
    const toggle = (id: string) => setChosen(chosen.includes(id) ? chosen.filter((c) => c !== id) : [...chosen, id]);
    return (
      <Frame {...frame} columns={longest <= 20 ? 3 : 2} fill seeAll
        next={{ label: chosen.length === 0 ? t().noneOfThese : t().next, off: busy, onClick: () => onAnswer(chosen) }}>
        {answers.map((answer) => (
          <Choice key={answer.id} id={answer.id} label={words(answer.text)} on={chosen.includes(answer.id)} onClick={() => toggle(answer.id)} />
        ))}
      </Frame>
    );
  }
  return (
    <Frame {...frame} columns={2} fill
      next={typeof value === 'string' ? { label: t().next, off: busy, onClick: () => onAnswer(value) } : undefined}>
      {answers.map((answer) => (
        <Choice key={answer.id} id={answer.id} label={words(answer.text)} on={value === answer.id} off={busy}
          onClick={() => onAnswer(answer.id)} />
      ))}
    </Frame>
  );
}

/** Whether a doctor agreed is asked only where one should be asked. */
function isAsked(question: Question, answers: Answers): boolean {
  const first = answers['ask_first'];

  return question.id !== 'doctor_agreed' || (Array.isArray(first) && first.length > 0);
}

/** Goes through the questions; when the last is answered, @send has them all. */
function useQuestions(list: Question[], start: Answers, onBack: () => void, send: (answers: Answers) => Promise<string | null>) {
  const [index, setIndex] = useState(0);
  const [answers, setAnswers] = useState<Answers>(start);
  const [busy, setBusy] = useState(false);
  const step = (from: number, by: number, given: Answers) => {
    let to = from + by;
    while (to >= 0 && to < list.length && !isAsked(list[to] as Question, given)) {
      to += by;
    }
    return to;
  };
  const onAnswer = async (answer: Answer) => {
    const question = list[index] as Question;
    const given = { ...answers, [question.id]: answer };
    const next = step(index, 1, given);

    setAnswers(given);
    set({ notice: null });
    if (next < list.length) {
      setIndex(next);
      return;
    }
    setBusy(true);
    const asked = Object.fromEntries(list.filter((q) => isAsked(q, given)).map((q) => [q.id, given[q.id] as Answer]));
    const wrong = await send(asked);
    setBusy(false);
    const again = list.findIndex((q) => q.id === wrong);
    if (again >= 0) {
      setIndex(again);
    }
  };
  const back = () => {
    const to = step(index, -1, answers);
    set({ notice: null });
    if (to < 0) {
      onBack();
    } else {
      setIndex(to);
    }
  };

  return { index, answers, busy, onAnswer, back };
}

export function CheckInScreen() {
  const s = useStore();
  const list = s.questions?.questions ?? [];
  const visit = s.visit ?? { guest: null, answers: {} };
  const send = async (answers: Answers): Promise<string | null> => {
    try {
      const answer = await call<CheckIn>('guest.check_in', {
        guest: visit.guest?.id ?? null,
        ...(visit.pin !== undefined ? { pin: visit.pin } : {}),
        answers,
      });
      const side = answers['side'];
      set({ visit: { ...visit, answers, checkIn: answer, side: side === 'left' || side === 'right' ? side : 'both' } });
      go('verdict');
    } catch (error) {
      showError(error);
      return error instanceof Refused ? (error.field ?? null) : null;
    }
    return null;
  };
  const q = useQuestions(list, visit.answers, () => (visit.guest === null ? leave() : go('guest')), send);
  const question = list[q.index];

  if (question === undefined) {
    return null;
  }
  return (
    <Ask key={question.id} name="check-in" question={question} value={q.answers[question.id]} index={q.index} count={list.length} busy={q.busy}
      onAnswer={(answer) => void q.onAnswer(answer)} onBack={q.back} />
  );
}

function refusalText(reason: string, text: string): string {
  return look(t().refused, reason) ?? text;
}

const MAY: readonly CheckIn['decision'][] = ['go', 'no_heat', 'gentle'];

export function Verdict() {
  const s = useStore();
  const verdict = s.visit?.checkIn;

  if (verdict === undefined) {
    return null;
  }
  const reasons = (verdict.reasons ?? []).map((reason) => words(reason.text)).filter((text) => text !== '');
  // the answers allow it, but something else does not: the rest after the last session, the day's limit
  const waits = !verdict.repeated && !verdict.allowed && MAY.includes(verdict.decision);
  const title = verdict.repeated || waits ? t().repeatedTitle : words(verdict.title);
  const text = verdict.repeated ? t().repeated : waits ? '' : words(verdict.text);

  return (
    <Frame name={`verdict ${verdict.decision}`} title={title} seeAll back={verdict.allowed ? () => go('check_in') : undefined}
      next={verdict.allowed
        ? { label: t().goChoose, onClick: () => go('choose') }
        : { label: t().done, icon: 'check', onClick: leave }}>
      {reasons.map((reason) => <p key={reason} class="reason">{reason}</p>)}
      {waits && verdict.refusal !== null && (
        <p key="refusal" class="reason">{refusalText(verdict.refusal.reason, verdict.refusal.text)}</p>
      )}
      {sentences(text).filter((line) => line !== '').map((line) => <p key={line}>{line}</p>)}
      {verdict.wait_s > 0 && <p key="wait">{t().waitHours(Math.max(1, Math.ceil(verdict.wait_s / 3600)))}</p>}
      {verdict.see_doctor && <p key="doctor" class="reason">{t().seeDoctor}</p>}
    </Frame>
  );
}

export function CheckOutScreen() {
  const s = useStore();
  const list = s.questions?.check_out ?? [];
  const send = async (answers: Answers): Promise<string | null> => {
    const answer = await ask<CheckOut>('guest.check_out', { answers });
    if (answer !== null) {
      set({ visit: { ...(s.visit ?? { guest: null, answers: {} }), checkOut: answer }, care: answer.after_care });
      go('after_care');
    }
    return null;
  };
  const q = useQuestions(list, {}, () => go('finish'), send);
  const question = list[q.index];

  if (question === undefined) {
    return null;
  }
  return (
    <Ask key={question.id} name="check-out" question={question} value={q.answers[question.id]} index={q.index} count={list.length} busy={q.busy}
      onAnswer={(answer) => void q.onAnswer(answer)} onBack={q.back} />
  );
}
