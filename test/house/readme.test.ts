import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT } from '../../src/core/exit-codes.js';
import { loadScenario } from '../../src/scenario/load.js';
import { root } from './source-tree.js';

const readme = readFileSync(join(root, 'README.md'), 'utf8');

test('the scenario of the README is valid', () => {
  const text = /```yaml\n(.*?)```/su.exec(readme)![1]!;
  const { plan, warnings } = loadScenario(text, { file: 'README.md' });
  assert.equal(plan.maxClients, 5000);
  assert.deepEqual(warnings, []);
});

test('every document and scenario that the README names is there', () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/gu)].map((match) => match[1]!);
  const scenarios = [...readme.matchAll(/scenarios\/[a-z0-9-]+\.yaml/gu)].map((match) => match[0]);
  assert.ok(links.length > 0 && scenarios.length > 0);
  assert.deepEqual(
    [...links, ...scenarios].filter((path) => !existsSync(join(root, path))),
    [],
  );
});

test('the exit codes of the README are those of the program', () => {
  const known = new Set<number>(Object.values(EXIT));
  const told = [...readme.matchAll(/^\| (\d+) \|/gmu)].map((match) => Number(match[1]));
  assert.deepEqual(
    told.filter((code) => !known.has(code)),
    [],
  );
});
