// SPDX-License-Identifier: MIT
// Every screen in both sizes, on a phone, in both languages, dark and light: on the stage, see stage.mjs.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { startBridge } from './bridge.mjs';
import { Chair, closeBrowser, next, onScreen, openPanel, picture, root } from './chair.mjs';
import { axe, cutOff, faint, shownTexts, stopBox, targets, tooSmall } from './look.mjs';
import { walk } from './scenes.mjs';
import { capture, startStage } from './stage.mjs';

const LOOKS = [
  ['large', 'en', 'dark', 'normal'],
  ['small', 'de', 'dark', 'normal'],
  ['phone', 'en', 'light', 'normal'],
  ...process.env.FULL === '1' ? [
    ['large', 'de', 'light', 'normal'],
    ['large', 'de', 'dark', 'large'],
    ['small', 'en', 'light', 'normal'],
    ['phone', 'de', 'dark', 'normal'],
  ] : [],
];

let captured;
let texts;

/** The texts of a language as the panel has them. */
async function loadTexts() {
  const { build } = createRequire(join(root, 'panel/package.json'))('esbuild');
  const out = join(tmpdir(), `panel-texts-${process.pid}.mjs`);

  await build({
    stdin: { contents: "export { en } from './en.ts'; export { de } from './de.ts';", resolveDir: join(root, 'panel/src/texts'), loader: 'ts' },
    bundle: true, format: 'esm', outfile: out, logLevel: 'warning',
  });
  return import(pathToFileURL(out).href);
}

/** English sentences that differ in German. */
function englishOnly({ en, de }) {
  const flat = (object, path = []) => Object.entries(object).flatMap(([key, value]) => typeof value === 'string'
    ? [[[...path, key].join('.'), value]]
    : typeof value === 'object' ? flat(value, [...path, key]) : []);
  const german = new Set(flat(de).map(([, value]) => value));

  return new Set(flat(en).filter(([, value]) => value.length > 3 && !german.has(value)).map(([, value]) => value));
}

before(async () => {
  const chair = await Chair.start({ programs: false, web: false });
  captured = await capture((method, params) => chair.rpc.call(method, params));
  await chair.stop();
  texts = await loadTexts();
});
after(closeBrowser);

describe('every screen', () => {
  for (const [size, lang, theme, text] of LOOKS) {
    const name = `${size}-${lang}-${theme}${text === 'large' ? '-large-text' : ''}`;

    test(`${name}: nothing is too small, too faint, cut off, untranslated or in the way of STOP`, async () => {
      const socket = join(tmpdir(), `panel-stage-${process.pid}.sock`);
      const stage = await startStage(socket, captured);
      const bridge = await startBridge({ socket });
      const page = await openPanel({ url: bridge.url }, size, { lang, theme, text });
      const english = englishOnly(texts);
      const complaints = [];
      const places = new Set();
      let number = 0;

      await walk(page, stage, bridge, async (screen) => {
        const complain = (list) => complaints.push(...list.map((line) => `${screen}: ${line}`));
        const stop = await stopBox(page);

        number++;
        await picture(page, `${name}-${String(number).padStart(2, '0')}-${screen}`);
        places.add(stop.at);
        complain(stop.free && stop.enabled ? [] : ['STOP is covered or disabled']);
        complain(tooSmall(await targets(page)));
        complain(await faint(page));
        complain(await cutOff(page));
        if (lang === 'de') {
          complain((await shownTexts(page)).filter((shown) => english.has(shown)).map((shown) => `"${shown}" is English`));
        }
        if (text === 'normal') {
          complain(await axe(page));
        }
      });
      await page.context().close();
      await bridge.stop();
      await stage.stop();
      assert.deepEqual([...new Set(complaints)], []);
      assert.deepEqual(page.problems, []);
      assert.equal(places.size, 1, `STOP stands in one place: ${[...places]}`);
      assert.ok(number >= 55, `${number} screens were seen`);
    });
  }
});

test('a phone that is not paired is told how, and joins with the code', async () => {
  const socket = join(tmpdir(), `panel-stage-${process.pid}.sock`);
  const stage = await startStage(socket, captured);
  const bridge = await startBridge({ socket, paired: false });
  const complaints = [];
  const see = async (page, name) => {
    await picture(page, `phone-de-join-${name}`);
    complaints.push(...tooSmall(await targets(page)), ...await faint(page), ...await cutOff(page), ...await axe(page));
  };
  const page = await openPanel({ url: bridge.url }, 'phone', { lang: 'de' });

  await onScreen(page, 'join');
  await see(page, 'ask');
  await next(page);
  await onScreen(page, 'join-code');
  await page.keyboard.type('111111');
  await next(page);
  await page.waitForSelector('.notice');
  await see(page, 'wrong');
  await page.keyboard.type('042917');
  await next(page);
  await onScreen(page, 'who');
  await page.context().close();
  await bridge.stop();
  await stage.stop();
  assert.deepEqual(complaints, []);
});

test('stop is sent from every screen when the finger comes down', async () => {
  const socket = join(tmpdir(), `panel-stage-${process.pid}.sock`);
  const stage = await startStage(socket, captured);
  const bridge = await startBridge({ socket });
  const page = await openPanel({ url: bridge.url }, 'large');
  const deaf = [];

  await walk(page, stage, bridge, async (screen) => {
    if (screen === 'lost') {
      return; // there is nowhere to send it
    }
    const before = stage.stage.stops;
    await page.locator('#stop').dispatchEvent('pointerdown');
    for (let i = 0; i < 100 && stage.stage.stops === before; i++) {
      await page.waitForTimeout(20);
    }
    if (stage.stage.stops === before) {
      deaf.push(screen);
    }
  });
  await page.context().close();
  await bridge.stop();
  await stage.stop();
  assert.deepEqual(deaf, []);
});

test('there is a sentence in both languages for every cause that the chair knows', () => {
  for (const { cause } of captured['fault.list'].faults) {
    assert.ok(texts.en.causes[cause], `en: ${cause}`);
    assert.ok(texts.de.causes[cause], `de: ${cause}`);
  }
});
