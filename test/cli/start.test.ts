import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gwrkVersion } from '../../src/cli/version.js';
import { root } from '../house/source-tree.js';

const folder = mkdtempSync(join(tmpdir(), 'gwrk-start-'));
process.on('exit', () => rmSync(folder, { recursive: true }));

function versionBy(directory: string, ...flags: string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, join(directory, 'bin/gwrk.js'), '--version'], { encoding: 'utf8' });
  return stdout + stderr;
}

test('gwrk starts where V8 refuses the code cache, because it was told to run otherwise than when the cache was made', () => {
  assert.equal(versionBy(root, '--no-opt'), `${gwrkVersion()}\n`);
});

test('gwrk starts without a code cache, and without a build it says how to get one', () => {
  for (const path of ['bin', 'package.json', 'dist/cli']) cpSync(join(root, path), join(folder, path), { recursive: true });
  for (const name of readdirSync(join(folder, 'dist/cli'))) {
    if (name.startsWith('cache-')) rmSync(join(folder, 'dist/cli', name), { recursive: true });
  }
  assert.equal(versionBy(folder), `${gwrkVersion()}\n`);
  rmSync(join(folder, 'dist/cli'), { recursive: true });
  assert.match(versionBy(folder), /^gwrk is not built yet: run `npm run build`/);
});
