// SPDX-License-Identifier: MIT
import { useEffect, useState } from 'preact/hooks';
import { Choice, Frame, Keypad } from '../parts';
import { change, usePrefs, useUpright } from '../prefs';
import { t } from '../say';
import { ask, go, leave, set, useStore } from '../store';

function Pair<T extends string>({ label, value, options, onPick }: {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onPick: (value: T) => void;
}) {
  return (
    <div class="pair" role="group" aria-label={label}>
      <span class="name">{label}</span>
      {options.map(([id, text]) => (
        <button key={id} class={id === value ? 'on' : ''} aria-pressed={id === value} data-id={id} lang={id === 'de' || id === 'en' ? id : undefined}
          onClick={() => onPick(id)}>
          {text}
        </button>
      ))}
    </div>
  );
}

export function Settings() {
  const s = useStore();
  const prefs = usePrefs();
  const upright = useUpright();
  const back = () => (s.look ? set({ look: false, screen: 'who' }) : leave());
  const more = (
    <>
      <button class="back" data-id="phones" onClick={() => go('phones')}><span>{t().phones}</span></button>
      <button class="back" data-id="lock" onClick={() => go('lock')}><span>{t().childLock}</span></button>
      <button class="back" data-id="service" onClick={() => go('service')}><span>{t().service}</span></button>
    </>
  );

  return (
    <Frame name="settings" title={t().settingsTitle} back={back}
      extra={upright ? undefined : more}>
      <Pair label={t().language} value={prefs.lang} options={[['en', 'English'], ['de', 'Deutsch']]} onPick={(lang) => change({ lang })} />
      <Pair label={t().theme} value={prefs.theme} options={[['dark', t().dark], ['light', t().light]]} onPick={(theme) => change({ theme })} />
      <Pair label={t().textSize} value={prefs.text} options={[['normal', t().textNormal], ['large', t().textLarge]]} onPick={(text) => change({ text })} />
      <Pair label={t().sound} value={prefs.sound ? 'on' : 'off'} options={[['on', t().on], ['off', t().off]]}
        onPick={(sound) => change({ sound: sound === 'on' })} />
      {upright && <div key="more" class="sides">{more}</div>}
    </Frame>
  );
}

export function LockScreen() {
  const s = useStore();
  const [pin, setPin] = useState('');
  const locked = s.state?.child_lock === true;
  const enter = async () => {
    await ask(locked ? 'lock.clear' : 'lock.set', { pin });
    setPin('');
  };

  return (
    <Frame name="lock" title={locked ? t().lockClear : t().lockSet} help={locked ? t().childLockOn : `${t().childLockOff} ${t().digits}.`}
      back={() => go('settings')}
      next={{ label: locked ? t().unlock : t().lock, icon: 'lock', off: pin.length < 4, onClick: () => void enter() }}>
      <Keypad value={pin} onChange={setPin} onEnter={() => void enter()} />
    </Frame>
  );
}

interface Phone {
  id: string | number;
  name?: string;
}

export function Phones() {
  const [phones, setPhones] = useState<Phone[] | null>(null);
  const load = async () => {
    const answer = await ask<{ phones: Phone[] }>('web.phones');
    setPhones(answer?.phones ?? null);
  };
  const revoke = async (phone: Phone) => {
    await ask('web.revoke', { id: phone.id });
    await load();
  };

  useEffect(() => void load(), []);
  return (
    <Frame name="phones" title={t().phonesTitle} columns={2} back={() => go('settings')} help={phones?.length === 0 ? t().phonesNone : ''}>
      {(phones ?? []).map((phone) => (
        <Choice key={phone.id} id={String(phone.id)} icon="erase" label={phone.name || String(phone.id)} sub={t().phoneRemove} onClick={() => void revoke(phone)} />
      ))}
    </Frame>
  );
}
