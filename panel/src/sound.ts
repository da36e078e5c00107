// SPDX-License-Identifier: MIT
// Short tones, never the only sign of anything.
import { prefs } from './prefs';

let context: AudioContext | null = null;

const TONES = {
  stop: [[440, 0.18], [330, 0.28]],
  end: [[523, 0.16], [659, 0.16], [784, 0.3]],
  fault: [[330, 0.25], [330, 0.25], [330, 0.25]],
  timer: [[880, 0.3]],
} as const;

export function beep(kind: keyof typeof TONES): void {
  if (!prefs().sound || typeof AudioContext === 'undefined') {
    return;
  }
  context ??= new AudioContext();
  let at = context.currentTime + 0.02;
  for (const [hz, length] of TONES[kind]) {
    const tone = context.createOscillator();
    const volume = context.createGain();

    tone.frequency.value = hz;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(0.15, at + 0.02);
    volume.gain.linearRampToValueAtTime(0, at + length);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + length);
    at += length + 0.05;
  }
}
