// SPDX-License-Identifier: MIT
import type { CauseOfPain, Program, Side } from '../api';
import { PlainBody, zonesOf } from '../body';
import { Choice, Frame } from '../parts';
import { look, sentences, t, words } from '../say';
import { get, go, leave, set, useStore } from '../store';

const CAUSES = 5;

function toldCause(): CauseOfPain | null {
  const cause = get().visit?.answers['cause'];

  return typeof cause === 'string' ? (cause as CauseOfPain) : null;
}

/** As the check-in has them, those that suit first; without one as the chair has them, the gentle ones first. */
function ordered(programs: readonly Program[]): Program[] {
  const order = get().visit?.checkIn?.programs;
  const rank = (program: Program) => {
    const at = order?.indexOf(program.id) ?? -1;
    return order === undefined ? (program.suits.includes('unknown') ? 0 : 1) : at < 0 ? order.length : at;
  };

  return [...programs].sort((a, b) => rank(a) - rank(b));
}

function mark(program: Program): string | undefined {
  const cause = toldCause();

  if (program.suits.length === CAUSES) {
    return t().fitsAll;
  }
  return cause !== null && program.suits.includes(cause) ? t().fits : undefined;
}

export function minutesOf(program: Program): number {
  return Math.max(1, Math.round(program.minutes));
}

export function Choose() {
  const s = useStore();
  const pick = (program: Program) => {
    const wished = s.visit?.side ?? 'both';
    const side = program.sides.includes(wished) ? wished : (program.sides[0] ?? 'both');

    set({ program, visit: { ...(s.visit ?? { guest: null, answers: {} }), side } });
    go('detail');
  };

  return (
    <Frame name="choose" title={t().chooseTitle} columns={3}
      help={s.state?.limits?.checked_in === true ? t().chooseHelp : t().gentleHelp}
      back={() => (s.visit?.guest ? go('guest') : leave())}>
      {ordered(s.programs).map((program) => (
        <Choice key={program.id} id={program.id} label={words(program.title)} sub={`${minutesOf(program)} ${t().min}`} mark={mark(program)}
          onClick={() => pick(program)} />
      ))}
    </Frame>
  );
}

function why(program: Program): string {
  const cause = toldCause();
  const names = program.suits.map((one) => t().causesOfPain[one]).join(', ');

  if (program.suits.length === CAUSES) {
    return t().whyAll;
  }
  if (cause !== null && program.suits.includes(cause)) {
    return t().whyFits(t().causesOfPain[cause]);
  }
  return cause === null ? t().whyMade(names) : t().whyOther(names);
}

export function phaseName(name: string, technique: keyof ReturnType<typeof t>['techniques']): string {
  return look(t().phases, name) ?? t().techniques[technique];
}

export function Detail() {
  const s = useStore();
  const program = s.program;
  const side: Side = s.visit?.side ?? 'both';

  if (program === null) {
    return null;
  }
  const zones = zonesOf(program.phases.flatMap((phase) => phase.zones), side);

  return (
    <Frame name="detail" title={words(program.title)} back={() => go('choose')}
      next={{ label: t().next, onClick: () => go('prepare') }}
      beside={<PlainBody zones={zones} />}
      before={(
        <div class="sides" role="group" aria-label={t().whichSide}>
          {(['left', 'both', 'right'] as const).map((one) => (
            <button key={one} class={one === side ? 'on' : ''} aria-pressed={one === side} disabled={!program.sides.includes(one)} data-id={one}
              onClick={() => set({ visit: { ...(s.visit ?? { guest: null, answers: {} }), side: one } })}>
              {t()[one]}
            </button>
          ))}
        </div>
      )}>
      {sentences(words(program.summary)).map((line) => <p key={line}>{line}</p>)}
      <p key="why"><b>{t().whyTitle}</b> {why(program)} {t().evidence[program.evidence]}</p>
      <p key="parts"><b>{t().minutes(minutesOf(program))}:</b> {program.phases.map((phase) => phaseName(phase.name, phase.technique)).join(', ')}</p>
    </Frame>
  );
}
