import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { buildReport } from '../../src/report/report.js';
import { writeReport } from '../../src/report/write.js';
import { repository } from '../integration/gwrk-process.js';
import { sampleRun } from '../report/sample-run.js';

const out = realpathSync(mkdtempSync(join(tmpdir(), 'gwrk-remake-')));
after(() => rmSync(out, { recursive: true }));

function gwrk(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(repository, 'bin/gwrk.js'), ...words],
      { timeout: 300_000, maxBuffer: 2 ** 24 },
      (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr }),
    );
  });
}

const filesOf = (directory: string): Map<string, string> =>
  new Map(
    readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [[entry.name, readFileSync(join(directory, entry.name), 'utf8')]] : [],
    ),
  );

test('gwrk report makes every file of a run again, byte for byte', async () => {
  const directory = await writeReport(buildReport(sampleRun()), out);
  const written = filesOf(directory);
  assert.deepEqual([...written.keys()].sort(), [
    'index.html',
    'junit.xml',
    'latency.hlog',
    'report.json',
    'stats.csv',
    'stats_history.csv',
    'summary.md',
  ]);
  for (const name of written.keys()) if (name !== 'report.json') rmSync(join(directory, name));
  writeFileSync(join(directory, 'index.html'), 'an older one', { mode: 0o644 });
  const { code, stdout } = await gwrk('report', directory);
  assert.equal(code, 0);
  assert.match(stdout, /verdict {5}pass/u);
  assert.deepEqual(filesOf(directory), written);
  for (const name of written.keys()) assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600, name);
});

test('each rendering by its flag is the file of the run; nothing else is written then', async () => {
  const directory = await writeReport(buildReport(sampleRun()), out);
  const written = filesOf(directory);
  const elsewhere = join(directory, 'elsewhere');
  rmSync(join(directory, 'summary.md'));
  for (const [flag, name] of [
    ['html', 'index.html'],
    ['markdown', 'summary.md'],
    ['csv', 'stats.csv'],
    ['hdr', 'latency.hlog'],
    ['junit', 'junit.xml'],
    ['json', 'report.json'],
  ] as const) {
    const { code } = await gwrk('report', directory, `--${flag}`, elsewhere);
    assert.equal(code, 0);
    assert.equal(readFileSync(elsewhere, 'utf8'), written.get(name), flag);
  }
  assert.equal(readdirSync(directory).includes('summary.md'), false);
});

test('with --baseline the page tells before and after, and says when the runs are not of one thing', async () => {
  const run = sampleRun();
  const before = await writeReport(buildReport({ ...run, plan: { ...run.plan, hash: 'cd'.repeat(32) } }), out);
  const directory = await writeReport(buildReport(run), out);
  const { stdout, stderr } = await gwrk('report', directory, '--html', '-', '--baseline', before);
  assert.match(stdout, /^<!doctype html>/u);
  assert.match(stdout, /Before and after/u);
  assert.match(stdout, /p99, before/u);
  assert.match(stdout, /differ in/u);
  assert.match(stderr, /verdict {5}pass/u);
});
