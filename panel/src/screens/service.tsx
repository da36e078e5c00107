// SPDX-License-Identifier: MIT
// For the technician, to look at only: nothing here changes anything.
import { useEffect, useState } from 'preact/hooks';
import type { BusStats, FaultRow, Io } from '../api';
import { Frame } from '../parts';
import { t } from '../say';
import { call, go, useStore } from '../store';

const LOOK_MS = 1000;

type Tab = 'io' | 'bus' | 'faults';

function useLook<T>(method: string): T | null {
  const [answer, setAnswer] = useState<T | null>(null);

  useEffect(() => {
    const look = () => void call<T>(method).then(setAnswer).catch(() => setAnswer(null));
    const timer = window.setInterval(look, LOOK_MS);

    look();
    return () => window.clearInterval(timer);
  }, [method]);
  return answer;
}

function bit(name: string, on: boolean | null) {
  return (
    <p key={name} class={on === true ? 'bit on' : 'bit'} lang="en">
      <b>{on === null ? '?' : on ? '1' : '0'}</b> {name}
    </p>
  );
}

function ioItems(io: Io | null) {
  return io === null
    ? []
    : [
      ...Object.entries(io.inputs).map(([name, on]) => bit(name, on)),
      ...Object.entries(io.outputs).map(([name, on]) => bit(`→ ${name}`, on)),
    ];
}

function busItems(bus: BusStats | null) {
  return (bus?.ports ?? []).flatMap((port) => port.devices.map((device) => (
    <p key={`${port.name}${device.name}`} class={device.stage === 'ready' ? 'bit on' : 'bit'} lang="en">
      <b>{device.stage === 'ready' ? '1' : '0'}</b> {device.name} <span>{port.name}/{device.address} {device.stage}</span>
      <br /><span>{device.replies}/{device.requests}, {device.timeouts + device.crc_errors} err, {device.age_ms === null ? '–' : `${Math.round(device.age_ms)} ms`}</span>
    </p>
  )));
}

function faultItems(faults: { faults: FaultRow[] } | null) {
  return (faults?.faults ?? []).filter((row) => row.active || row.latched).map((row) => (
    <div key={row.code} class="cause" lang="en">
      <p class="what">{row.code} {row.cause}: {row.effect}{row.active ? ', active' : ''}{row.latched ? ', latched' : ''}</p>
      <p class="fine">{row.technician}</p>
      <p class="fine">Clears: {row.clears}</p>
    </div>
  ));
}

export function Service() {
  const s = useStore();
  const [tab, setTab] = useState<Tab>('io');
  const io = useLook<Io>('io.get');
  const bus = useLook<BusStats>('bus.stats');
  const faults = useLook<{ faults: FaultRow[] }>('fault.list');
  const items = { io: ioItems(io), bus: busItems(bus), faults: faultItems(faults) }[tab];
  const back = () => go('settings');

  return (
    <Frame key={tab} name="service" title={t().serviceTitle} columns={tab === 'faults' ? 1 : 2} back={back}
      help={tab === 'faults' && faults !== null && items.length === 0 ? t().noFaults : ''}
      before={(
        <div class="sides" role="group" aria-label={`${s.state?.chair ?? ''}`}>
          {([['io', t().tabIo], ['bus', t().tabBus], ['faults', t().tabFaults]] as const).map(([id, text]) => (
            <button key={id} class={id === tab ? 'on' : ''} aria-pressed={id === tab} data-id={id} onClick={() => setTab(id)}>{text}</button>
          ))}
        </div>
      )}>
      {items}
    </Frame>
  );
}
