// SPDX-License-Identifier: MIT
import { render } from 'preact';
import { App } from './app';
import { loadPrefs } from './prefs';
import { Side } from './stop';
import { begin, touched } from './store';

const main = document.getElementById('main') as HTMLElement;
const side = document.getElementById('side') as HTMLElement;

loadPrefs();
begin(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/rpc`);
render(<Side />, side); // first of all
main.replaceChildren();
render(<App />, main);
document.addEventListener('pointerdown', touched, { capture: true, passive: true });
document.addEventListener('keydown', touched, { capture: true, passive: true });
document.addEventListener('contextmenu', (event) => event.preventDefault()); // a long touch is no menu
