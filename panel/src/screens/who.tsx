// SPDX-License-Identifier: MIT
import { useEffect, useState } from 'preact/hooks';
import type { Guest, Progress } from '../api';
import { Choice, Frame, Icon, Keypad, Letters } from '../parts';
import { useUpright } from '../prefs';
import { t, words } from '../say';
import { ask, call, get, go, leave, loadGuests, resumeSession, set, showError, useStore } from '../store';

function open(guest: Guest): void {
  set({ visit: { guest, answers: {} } });
  go(guest.has_pin ? 'pin' : 'guest');
}

function anonymous(): void {
  set({ visit: { guest: null, answers: {} } });
  go(get().questions === null ? 'choose' : 'check_in');
}

export function Who() {
  const s = useStore();
  const resume = s.state?.resume;
  const program = s.programs.find((p) => p.id === resume?.program);
  const warming = s.state?.state === 'preheat';

  useEffect(() => void loadGuests(), []);
  return (
    <Frame name="who" title={t().whoTitle} help={warming ? t().warming : s.guests.length === 0 ? t().whoNone : t().notMedical} columns={3}
      before={s.reminder !== null && (
        <div class="notice reminder" role="status">
          <p><b>{t().reminderTitle}:</b> {words(s.reminder)}</p>
          <button class="small" onClick={() => set({ reminder: null })}>{t().ok}</button>
        </div>
      )}
      extra={<button class="back" data-id="settings" onClick={() => go('settings')}><Icon name="gear" /><span>{t().settings}</span></button>}
      next={{ label: t().withoutName, onClick: anonymous }}>
      {resume && (
        <Choice key="resume" icon="play" label={t().goOn} id="resume"
          sub={t().goOnWith(words(program?.title) || resume.program, Math.max(1, Math.round(resume.remaining_s / 60)))}
          onClick={() => void resumeSession()} />
      )}
      {s.guests.map((guest) => (
        <Choice key={guest.id} icon={guest.has_pin ? 'lock' : 'person'} label={guest.name} onClick={() => open(guest)} />
      ))}
      <Choice key="add" icon="more" label={t().addPerson} id="add" onClick={() => go('add')} />
      <Choice key="warm" icon="warm" label={t().warmSeat} id="warm" off={warming} onClick={() => void ask('heat.preheat')} />
    </Frame>
  );
}

export function AddScreen() {
  const [name, setName] = useState('');
  const [asksPin, setAsksPin] = useState(false);
  const [pin, setPin] = useState('');
  const [sent, setSent] = useState(false);
  const upright = useUpright();
  const add = async (withPin: boolean) => {
    setSent(true);
    const made = await ask<{ guest: Guest }>('guest.add', { name: name.trim(), ...(withPin ? { pin } : {}) });
    setSent(false);
    if (made !== null) {
      await loadGuests();
      set({ visit: { guest: made.guest, answers: {}, ...(withPin ? { pin } : {}) } });
      go('guest');
    } else if (get().notice?.reason === 'name_taken') {
      setAsksPin(false);
    }
  };

  if (asksPin) {
    return (
      <Frame key="pin" name="add-pin" title={t().addPin} help={t().addPinHelp} back={() => setAsksPin(false)}
        next={pin.length >= 4
          ? { label: t().setPin, icon: 'check', off: sent, onClick: () => void add(true) }
          : { label: t().noPin, off: sent || pin.length > 0, onClick: () => void add(false) }}>
        <Keypad value={pin} onChange={setPin} onEnter={() => void add(true)} />
      </Frame>
    );
  }
  return (
    <Frame key="name" name="add" title={t().addTitle} back={leave}
      next={{ label: t().next, off: name.trim() === '', onClick: () => setAsksPin(true) }}
      extra={(
        <input class="name" aria-label={t().name} value={name} maxLength={30} autoComplete="off" spellcheck={false}
          inputMode={upright ? 'text' : 'none'} onInput={(event) => setName(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && name.trim() !== '') {
              setAsksPin(true);
            }
          }} />
      )}>
      {!upright && <Letters onChange={setName} />}
    </Frame>
  );
}

/** The PIN is tried on the guest's own page; it stays in memory only while this person is here. */
export function PinScreen() {
  const s = useStore();
  const [pin, setPin] = useState('');
  const guest = s.visit?.guest;
  const enter = async () => {
    try {
      await call<Progress>('guest.progress', { guest: guest?.id, pin });
      set({ visit: { guest: guest ?? null, pin, answers: {} } });
      go('guest');
    } catch (error) {
      setPin('');
      showError(error);
    }
  };

  return (
    <Frame name="pin" title={t().pinTitle(guest?.name ?? '')} back={leave}
      next={{ label: t().next, off: pin.length < 4, onClick: () => void enter() }}>
      <Keypad value={pin} onChange={setPin} onEnter={() => void enter()} />
    </Frame>
  );
}

interface Status {
  checked_in: boolean;
  guest: number | null;
}

export function GuestScreen() {
  const s = useStore();
  const [checkedIn, setCheckedIn] = useState(false);
  const guest = s.visit?.guest;

  useEffect(() => {
    call<Status>('guest.status')
      .then((status) => setCheckedIn(status.checked_in && status.guest === guest?.id))
      .catch(() => undefined); // then the questions are asked again
  }, [guest?.id]);
  return (
    <Frame name="guest" title={t().hello(guest?.name ?? '')} columns={2} fill back={leave}
      next={checkedIn
        ? { label: t().goChoose, onClick: () => go('choose') }
        : { label: t().startSession, onClick: () => go(s.questions === null ? 'choose' : 'check_in') }}
      help={checkedIn ? t().goChooseHelp : t().startSessionHelp}>
      <Choice label={t().myProgress} sub={t().myProgressHelp} id="progress" onClick={() => go('progress')} />
      <Choice label={t().myBalance} sub={t().myBalanceHelp} id="balance" onClick={() => go('balance')} />
      <Choice label={t().removeMe} sub={t().removeMeHelp} id="remove" onClick={() => go('remove')} />
    </Frame>
  );
}

export function RemoveScreen() {
  const s = useStore();
  const guest = s.visit?.guest;
  const remove = async () => {
    const done = await ask('guest.remove', { guest: guest?.id, ...(s.visit?.pin ? { pin: s.visit.pin } : {}) });
    if (done !== null) {
      leave();
    }
  };

  return (
    <Frame name="remove" title={t().removeTitle(guest?.name ?? '')} back={() => go('guest')}
      next={{ label: t().removeYes, icon: 'erase', plain: true, onClick: () => void remove() }}>
      <p>{t().removeHelp}</p>
    </Frame>
  );
}
