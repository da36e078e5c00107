// SPDX-License-Identifier: MIT
// A phone that is not paired yet: the chair shows a code, and who can read it may join.
import { useState } from 'preact/hooks';
import { Frame, Keypad } from '../parts';
import { t } from '../say';
import { set } from '../store';

const CODE_LENGTH = 6;

/** What chair-web says to a request to be paired. */
async function post(body: object): Promise<{ shown?: boolean; paired?: boolean; reason?: string }> {
  try {
    const answer = await fetch('pair', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    return (await answer.json()) as { shown?: boolean; paired?: boolean; reason?: string };
  } catch {
    return { reason: 'no_answer' };
  }
}

export function Join() {
  const [name, setName] = useState('');
  const [code, setCode] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const called = name.trim() === '' ? {} : { name: name.trim() };
  const send = async (body: object) => {
    setBusy(true);
    const answer = await post(body);
    setBusy(false);
    set({ notice: answer.reason === undefined ? null : { reason: answer.reason, text: answer.reason } });
    if (answer.shown) {
      setCode('');
    } else if (answer.paired) {
      set({ unpaired: false });
    } else if (answer.reason === 'no_pairing') {
      setCode(null);
    } else {
      setCode((old) => (old === null ? null : ''));
    }
  };

  if (code === null) {
    return (
      <Frame key="ask" name="join" title={t().joinTitle} help={t().joinHelp}
        next={{ label: t().joinAsk, off: busy, onClick: () => void send(called) }}>
        <input class="name" aria-label={t().joinName} placeholder={t().joinName} value={name} maxLength={30} autoComplete="off"
          onInput={(event) => setName(event.currentTarget.value)} />
      </Frame>
    );
  }
  const enter = () => void send({ ...called, code });
  return (
    <Frame key="code" name="join-code" title={t().joinCode} back={() => setCode(null)}
      next={{ label: t().next, off: busy || code.length < CODE_LENGTH, onClick: enter }}>
      <Keypad value={code} most={CODE_LENGTH} shown onChange={(update) => setCode((old) => update(old ?? ''))} onEnter={enter} />
    </Frame>
  );
}
