// SPDX-License-Identifier: MIT
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Balance, Progress, Zone } from '../api';
import { BalanceBody } from '../body';
import { Frame } from '../parts';
import { usePrefs, useUpright } from '../prefs';
import { t, words } from '../say';
import { ask, go, useStore } from '../store';

function useReport<T>(method: string): T | null {
  const s = useStore();
  const [report, setReport] = useState<T | null>(null);
  const visit = s.visit;

  useEffect(() => {
    if (visit?.guest) {
      void ask<T>(method, { guest: visit.guest.id, ...(visit.pin !== undefined ? { pin: visit.pin } : {}) }).then(setReport);
    }
  }, [method, visit?.guest?.id]);
  return report;
}

function Chart({ progress }: { progress: Progress }) {
  const box = useRef<HTMLDivElement>(null);
  const prefs = usePrefs();
  const sessions = progress.sessions.filter((one) => one.pain_before !== null || one.pain_after !== null).slice(-30);

  useEffect(() => {
    let remove: (() => void) | undefined;
    let gone = false;

    void import('../chart').then((chart) => {
      if (box.current !== null && !gone) {
        remove = chart.draw(box.current, {
          before: sessions.map((one) => one.pain_before),
          after: sessions.map((one) => one.pain_after),
          labels: { before: t().painBefore, after: t().painAfter },
        });
      }
    });
    return () => {
      gone = true;
      remove?.();
    };
  }, [progress, prefs.theme, prefs.text, prefs.mm]);
  return <div class="chart" ref={box} role="img" aria-label={t().chartLabel(sessions.length)} />;
}

export function ProgressScreen() {
  const progress = useReport<Progress>('guest.progress');
  const any = progress !== null && progress.sessions.some((one) => one.pain_before !== null);

  return (
    <Frame name="progress" title={t().progressTitle} back={() => go('guest')} fill
      help={progress === null ? '' : any ? words(progress.text) : t().progressNone}
      next={{ label: t().balanceTitle, onClick: () => go('balance') }}>
      {any && (
        <div key="chart" class="trend">
          <p class="key">
            <span class="before"><svg viewBox="0 0 30 10" aria-hidden="true"><path d="M0 5h30" /><circle cx="15" cy="5" r="4" /></svg>{t().painBefore}</span>
            <span class="after"><svg viewBox="0 0 30 10" aria-hidden="true"><path d="M0 5h30" stroke-dasharray="6 4" /><circle cx="15" cy="5" r="4" /></svg>{t().painAfter}</span>
          </p>
          <Chart progress={progress} />
        </div>
      )}
      {progress?.see_doctor === true && <p key="doctor" class="reason">{t().seeDoctor}</p>}
    </Frame>
  );
}

export function BalanceScreen() {
  const balance = useReport<Balance>('guest.balance');
  const format = new Intl.NumberFormat(usePrefs().lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const upright = useUpright();
  const pairs = balance?.pairs ?? [];
  const values = pairs.flatMap((pair) => (['left', 'right'] as const).map((side) => ({
    zone: `${pair.part}_${side}` as Zone,
    text: t().stiffness(format.format(pair[side].n_mm)),
    firmer: pair.word === `${side}_firmer`,
  })));

  return (
    <Frame name="balance" title={t().balanceTitle} back={() => go('guest')}
      help={balance === null ? '' : pairs.length === 0 ? t().balanceNone : words(balance.text)}
      beside={pairs.length > 0 && !upright ? <BalanceBody values={values} /> : undefined}
      next={{ label: t().progressTitle, onClick: () => go('progress') }}>
      {pairs.map((pair) => (
        <p key={pair.part}>
          <b>{t().parts[pair.part]}:</b> {upright && `${t().sides.left} ${format.format(pair.left.n_mm)}, ${t().sides.right} ${t().stiffness(format.format(pair.right.n_mm))}; `}
          {t().balanceWord[pair.word]}{pair.trend === null ? '' : `, ${t().balanceTrend[pair.trend]}`}
        </p>
      ))}
    </Frame>
  );
}
