// SPDX-License-Identifier: MIT
// What happened and what to do: the level of every open cause, not what has come and gone.
import type { Cause } from '../api';
import { Frame, Icon } from '../parts';
import { causeText, clock, t } from '../say';
import { go, set, useStore } from '../store';

function Row({ cause, first }: { cause: Cause; first: boolean }) {
  return (
    <div class={cause.active ? 'cause open' : 'cause over'} data-code={cause.code}>
      <p class="what">{causeText(cause)}</p>
      <p class="level">
        <Icon name={cause.active ? 'alert' : 'check'} />
        {' '}<b>{cause.active ? t().faultOpen : t().faultGone}</b>
        <span> {first ? `· ${t().faultFirst} ` : ''}· {cause.code} · {t().since(clock(cause.age_s))}</span>
      </p>
      {cause.details.length > 0 && (
        <p class="fine">{t().forTechnician}: <span lang="en">{cause.details.map((one) => one.split(' on port ')[0]).join(', ')}</span></p>
      )}
    </div>
  );
}

export function Fault() {
  const s = useStore();
  const state = s.state;

  if (state === null) {
    return null;
  }
  const first = state.faults.find((cause) => cause.first_out);
  const rest = state.faults.filter((cause) => cause !== first && cause.cause !== 'seat_empty' && cause.cause !== 'stop');
  const open = [first, ...rest].some((cause) => cause?.active === true);
  const settings = () => {
    set({ look: true });
    go('settings');
  };

  return (
    <Frame name="fault" title={t().faultTitle} help={open ? t().faultWait : t().faultAck}
      extra={<button class="back" data-id="settings" onClick={settings}><Icon name="gear" /><span>{t().settings}</span></button>}>
      {first && <Row key={first.code} cause={first} first />}
      {rest.map((cause) => <Row key={cause.code} cause={cause} first={false} />)}
      {state.inhibits.length > 0 && (
        <p key="also" class="also"><b>{t().faultAlso}:</b> {state.inhibits.map((cause) => `${causeText(cause)} (${cause.code})`).join(' ')}</p>
      )}
    </Frame>
  );
}
