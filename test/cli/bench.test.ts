import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isBenchResult } from '../../src/report/bench-result.js';
import { gwrk } from '../integration/gwrk-process.js';

test('gwrk bench without a name lists the tables', async () => {
  const { code, stdout } = await gwrk(['bench']);
  assert.equal(code, 0);
  assert.match(stdout, /^ {2}protocol +\S/mu);
});

test('gwrk bench with an unknown name says which there are', async () => {
  const { code, stderr, reason } = await gwrk(['bench', 'protocoll']);
  assert.equal(code, 104);
  assert.match(stderr, /given: +protocoll/u);
  assert.match(stderr, /allowed: .*protocol, /u);
  assert.match(reason, /^exit 104: GWRK_USAGE /u);
});

test('gwrk bench writes each table as JSON, Markdown and HTML, and says on stdout what stands in them', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gwrk-bench-'));
  try {
    const { code, stdout, stderr } = await gwrk(['bench', 'protocol', '--small', '--repetitions', '1', '--out', directory]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /binary view +20 B/u);
    assert.deepEqual(readdirSync(directory).sort(), ['README.md', 'index.html', 'protocol.html', 'protocol.json', 'protocol.md']);
    const result = JSON.parse(readFileSync(join(directory, 'protocol.json'), 'utf8')) as unknown;
    assert.ok(isBenchResult(result) && result.small);
    const index = readFileSync(join(directory, 'README.md'), 'utf8');
    assert.match(index, /^gwrk bench protocol --repetitions 1 --seed 1 --small$/mu);
    assert.match(index, /\[html\]\(protocol\.html\)/u);
    assert.match(readFileSync(join(directory, 'index.html'), 'utf8'), /<section id="protocol">/u);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
