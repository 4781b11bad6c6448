import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { buildReport } from '../../src/report/report.js';
import { gwrk } from '../integration/gwrk-process.js';
import { sampleRun } from '../report/sample-run.js';

const root = mkdtempSync(join(tmpdir(), 'gwrk-baseline-'));
after(() => rmSync(root, { recursive: true }));

/** A saved run that says of which commit it is. */
function runOf(commit: string, name: string): string {
  const directory = join(root, name);
  mkdirSync(directory);
  const report = { ...buildReport(sampleRun()), tags: { commit } };
  writeFileSync(join(directory, 'report.json'), JSON.stringify(report));
  return directory;
}

test('a baseline is of the commit that its runs were tagged with, not of the one that the directory is at now', async () => {
  const out = ['--out', join(root, 'kept')];
  const env = { GITHUB_SHA: '0123456789ab' };
  assert.equal((await gwrk(['baseline', 'save', 'one', runOf('feed123', 'a'), ...out], { env })).code, 0);
  assert.match((await gwrk(['baseline', 'show', ...out])).stdout, /^one {2}1 run of sample, .*, feed123$/mu);
  const saved = await gwrk(['baseline', 'save', 'two', runOf('feed123', 'b'), runOf('beef456', 'c'), ...out], { env });
  assert.equal(saved.code, 0, saved.stderr);
  assert.match((await gwrk(['baseline', 'show', ...out])).stdout, /^two {2}2 runs of sample, .*, 0123456789ab$/mu);
});
