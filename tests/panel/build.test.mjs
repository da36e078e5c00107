// SPDX-License-Identifier: MIT
// What is built: small, whole, from here alone.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { root } from './chair.mjs';

const dist = join(root, 'panel/dist');
const FIRST_LOAD = ['index.html', 'panel.js', 'style.css', 'icon.svg'];

test('the first load is at most 60 kB compressed', () => {
  const bytes = FIRST_LOAD.reduce((sum, name) => sum + readFileSync(join(dist, `${name}.gz`)).length, 0);

  assert.ok(bytes <= 60000, `${bytes} bytes`);
});

test('the chart is a file of its own, and nothing else needs it', () => {
  assert.ok(readFileSync(join(dist, 'chart.js'), 'utf8').includes('uplot') || readdirSync(dist).includes('chart.js'));
  assert.ok(!readFileSync(join(dist, 'panel.js'), 'utf8').includes('u-wrap'));
});

test('every file has its compressed twin', () => {
  for (const name of readdirSync(dist).filter((one) => !one.endsWith('.gz'))) {
    assert.deepEqual(gunzipSync(readFileSync(join(dist, `${name}.gz`))), readFileSync(join(dist, name)), name);
  }
});

test('there is no external address and nothing inline that the content security policy forbids', () => {
  for (const name of readdirSync(dist).filter((one) => /\.(html|js|css)$/.test(one))) {
    const addresses = readFileSync(join(dist, name), 'utf8').match(/https?:\/\/[^"'`\s)]+/g) ?? [];
    assert.deepEqual(addresses.filter((one) => !one.startsWith('http://www.w3.org/')), [], name);
  }
  const page = readFileSync(join(dist, 'index.html'), 'utf8');
  assert.ok(!/<style|style=|<script(?![^>]*src=)|\son\w+=/.test(page));
});

test('every version is exact, and the lock file names no other registry', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'panel/package.json'), 'utf8'));
  const lock = readFileSync(join(root, 'panel/package-lock.json'), 'utf8');

  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    assert.match(version, /^\d+\.\d+\.\d+$/, name);
  }
  for (const [, host] of lock.matchAll(/"resolved": "https?:\/\/([^/"]+)/g)) {
    assert.equal(host, 'registry.npmjs.org');
  }
});
