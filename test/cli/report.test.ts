import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { IntervalLog } from '../../src/report/interval-log.js';
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

test('the seconds of a run, which its report does not have, are left as they are, and copied where they are asked for', async () => {
  const log = new IntervalLog(out, assert.fail);
  const report = buildReport(sampleRun((growth) => log.add(growth)));
  const directory = await writeReport(report, out, log);
  await log.close();
  const written = filesOf(directory);
  const seconds = written.get('latency.hlog')!;
  assert.match(seconds, /^Tag=ws_msg_rtt,2\.000,1\.000,/mu);
  await gwrk('report', directory);
  assert.deepEqual(filesOf(directory), written);
  const { stdout } = await gwrk('report', directory, '--hdr', '-');
  assert.equal(stdout, seconds);
  await gwrk('report', join(directory, 'report.json'), '--hdr', join(directory, 'copy.hlog'));
  assert.equal(readFileSync(join(directory, 'copy.hlog'), 'utf8'), seconds);
  // Without them, and beside the log of another run: what the report has, and the file says so.
  for (const other of [undefined, seconds.replace(/BaseTime: \d/u, 'BaseTime: 9')]) {
    rmSync(join(directory, 'latency.hlog'));
    if (other !== undefined) writeFileSync(join(directory, 'latency.hlog'), other);
    await gwrk('report', directory);
    const made = readFileSync(join(directory, 'latency.hlog'), 'utf8');
    assert.match(made, /^#\[One line is of the whole run.*\]$/mu);
    assert.match(made, /^Tag=ws_msg_rtt,0\.000,20\.000,/mu);
  }
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
