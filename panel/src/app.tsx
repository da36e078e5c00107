// SPDX-License-Identifier: MIT
// Which screen is shown: the chair's own state goes before what the person was doing.
import { Component, type ComponentChildren } from 'preact';
import { usePrefs } from './prefs';
import { t } from './say';
import { AskQuestion, PairingCode } from './screens/overlays';
import { CheckInScreen, CheckOutScreen, Verdict } from './screens/check-in';
import { Choose, Detail } from './screens/choose';
import { Fault } from './screens/fault';
import { AdviceScreen, AfterCareScreen, ExerciseScreen, Finish } from './screens/finish';
import { Join } from './screens/join';
import { Prepare } from './screens/prepare';
import { BalanceScreen, ProgressScreen } from './screens/progress';
import { Running } from './screens/running';
import { Service } from './screens/service';
import { LockScreen, Phones, Settings } from './screens/settings';
import { AddScreen, GuestScreen, PinScreen, RemoveScreen, Who } from './screens/who';
import { ageMs, inSession, isStale, useStore, type Screen } from './store';

const SCREENS: Record<Screen, () => ComponentChildren> = {
  who: () => <Who />,
  add: () => <AddScreen />,
  guest: () => <GuestScreen />,
  pin: () => <PinScreen />,
  remove: () => <RemoveScreen />,
  check_in: () => <CheckInScreen />,
  verdict: () => <Verdict />,
  choose: () => <Choose />,
  detail: () => <Detail />,
  prepare: () => <Prepare />,
  finish: () => <Finish />,
  check_out: () => <CheckOutScreen />,
  after_care: () => <AfterCareScreen />,
  exercise: () => <ExerciseScreen />,
  advice: () => <AdviceScreen />,
  progress: () => <ProgressScreen />,
  balance: () => <BalanceScreen />,
  settings: () => <Settings />,
  lock: () => <LockScreen />,
  phones: () => <Phones />,
  service: () => <Service />,
};

function Shown() {
  const s = useStore();

  if (s.unpaired && !s.open) {
    return <Join />;
  }
  if (s.state === null) {
    return (
      <section class="screen connecting" data-screen="connecting">
        <h1>{s.everOpen && !s.chaird ? t().chairdLost : t().connecting}</h1>
        <p class="help">{t().connectingHelp}</p>
      </section>
    );
  }
  if (s.look && (s.screen === 'settings' || s.screen === 'service' || s.screen === 'lock' || s.screen === 'phones')) {
    return SCREENS[s.screen]();
  }
  if (s.state.state === 'fault') {
    return <Fault />;
  }
  if (s.state.state === 'service') {
    return (
      <section class="screen connecting" data-screen="in-service">
        <h1>{t().inService}</h1>
        <p class="help">{t().inServiceHelp}</p>
      </section>
    );
  }
  if (inSession(s.state)) {
    return <Running />;
  }
  return SCREENS[s.screen]();
}

/** A mistake in a screen is shown as one; STOP is drawn elsewhere. */
class Guard extends Component<{ children: ComponentChildren }, { broken: boolean }> {
  override state = { broken: false };

  override componentDidCatch(): void {
    this.setState({ broken: true });
  }

  override render() {
    if (!this.state.broken) {
      return this.props.children;
    }
    return (
      <section class="screen broken" data-screen="broken">
        <h1>{t().broken}</h1>
        <p class="help">{t().brokenHelp}</p>
        <button class="next" onClick={() => location.reload()}>{t().reload}</button>
      </section>
    );
  }
}

export function App() {
  const s = useStore();
  const prefs = usePrefs();
  const stale = s.state !== null && isStale(s) && !s.unpaired;

  return (
    <Guard>
      {stale && (
        <div class="lost" role="alert">
          <h1>{s.chaird ? t().lost : t().chairdLost}</h1>
          <p>{t().stale(Math.round(ageMs(s) / 1000))} {t().lostHelp}</p>
        </div>
      )}
      <div class={stale ? 'live stale' : 'live'} inert={stale} key={prefs.lang}>
        <Shown />
        {s.state?.ask && <AskQuestion key="ask" />}
        {s.pairing !== null && <PairingCode />}
      </div>
    </Guard>
  );
}
