// SPDX-License-Identifier: MIT
// Builds the panel into dist/: a page, a style sheet, modules, and a .gz beside each.
import { build } from 'esbuild';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, 'dist');

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: { panel: 'src/main.tsx', style: 'src/style.css' },
  outdir: out,
  bundle: true,
  minify: true,
  format: 'esm',
  splitting: true,
  chunkNames: '[name]',
  target: ['es2020', 'safari16', 'chrome108'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  logLevel: 'warning',
});
await cp(join(here, 'src/index.html'), join(out, 'index.html'));
await cp(join(here, 'src/icon.svg'), join(out, 'icon.svg'));
for (const name of (await readdir(out)).sort()) {
  const text = await readFile(join(out, name));
  const packed = gzipSync(text, { level: 9 });
  await writeFile(join(out, `${name}.gz`), packed);
  console.log(`${name.padEnd(14)} ${String(text.length).padStart(7)} ${String(packed.length).padStart(6)} gz`);
}
