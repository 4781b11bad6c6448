import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ERRORS } from '../../src/core/error-table.js';
import { EXIT } from '../../src/core/exit-codes.js';
import { readSources, root } from './source-tree.js';

const doc = readFileSync(join(root, 'docs/errors.md'), 'utf8');

/** The text of each "## CODE" section. */
const sections = new Map(
  doc
    .split(/^## /mu)
    .slice(1)
    .map((section) => [section.split('\n', 1)[0]!, section]),
);

test('docs/errors.md has one heading for each code of the error table, and none for another', () => {
  const headings = [...sections.keys()].filter((heading) => heading.startsWith('GWRK_'));
  assert.deepEqual(headings.sort(), Object.keys(ERRORS).sort());
});

for (const [code, { title, exitCode }] of Object.entries(ERRORS))
  test(`docs/errors.md says what ${code} is, its exit code, cause and cure`, () => {
    const section = sections.get(code) ?? '';
    assert.ok(section.includes(`${title}. Exit code ${exitCode}.`), `its first line is to be: ${title}. Exit code ${exitCode}.`);
    assert.equal(section.match(/^Cause: /gmu)?.length, 1);
    assert.equal(section.match(/^Cure: /gmu)?.length, 1);
  });

test('the table of exit codes is the list in core/exit-codes.ts', () => {
  const documented = [...sections.get('Exit codes')!.matchAll(/^\| (\d+) \|/gmu)].map((match) => Number(match[1]));
  assert.deepEqual(documented, Object.values(EXIT));
});

test('every code that the workers and the control plane put into a report is documented', () => {
  const kinds = 'timeout|upgrade|closed|ws|server|protocol|auth|error|ledger|op|join|leave|disconnect|login|check|target|heartbeat';
  const literal = new RegExp(`'((?:${kinds})\\.[a-z0-9-]+)'`, 'gu');
  const used = readSources('src/swarm', 'src/run', 'src/net').flatMap(({ code }) => [...code.matchAll(literal)].map((match) => match[1]!));
  assert.ok(used.length > 10, `only ${used.length} codes were found: has the way to write them changed?`);
  assert.deepEqual(
    [...new Set(used)].filter((code) => !doc.includes(`\`${code}\``)),
    [],
  );
});
