import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { TREND } from '../../src/measure/metric-names.js';
import type { TrendGrowth } from '../../src/measure/snapshot.js';
import { hlogOfRun } from '../../src/report/hlog-file.js';
import { IntervalLog } from '../../src/report/interval-log.js';
import { buildReport } from '../../src/report/report.js';
import { writeReport } from '../../src/report/write.js';
import { differencesOf, readLog } from './read-log.js';
import { sampleRun } from './sample-run.js';
import { wideHistogram } from './wide-histogram.js';

const directory = mkdtempSync(join(tmpdir(), 'gwrk-interval-log-'));
after(() => rmSync(directory, { recursive: true }));

/** An interval whose line takes some kilobytes. */
const wide = (second: number): TrendGrowth => ({
  trend: TREND.ws_msg_rtt,
  fromMs: second * 1000,
  untilMs: second * 1000 + 1000,
  counts: wideHistogram().counts,
  maxUs: 5,
});

const textOf = async (chunks: AsyncIterable<string | Uint8Array>): Promise<string> => {
  let text = '';
  for await (const chunk of chunks) text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1');
  return text;
};

test('latency.hlog has a line for each second and metric that took in something, and all lines of a metric are its whole run', async () => {
  const log = new IntervalLog(directory, assert.fail);
  const run = sampleRun((growth) => log.add(growth));
  const [phase, driven] = [run.recorders.slice(0, 1), 'my_shots'];
  const report = buildReport({
    ...run,
    parts: { select: (labels) => (labels[0]?.[1] === 'hold' ? { recorders: phase, elapsedMs: 9 } : undefined), scenarios: [] },
  });
  const path = join(
    await writeReport({ ...report, histograms: { ...report.histograms, [driven]: report.histograms.ws_msg_rtt! } }, directory, log),
    'latency.hlog',
  );
  await log.close();
  const text = await readFile(path, 'utf8');
  assert.deepEqual(differencesOf(text, report), [driven]);
  const tags = readLog(text, report);
  assert.deepEqual(tags.get('session_ready')!.spans, [
    [0, 1000],
    [1000, 2000],
  ]);
  assert.deepEqual(tags.get('ws_msg_rtt')!.spans, [[2000, 3000]]);
  // Of these nobody took the seconds.
  assert.deepEqual(tags.get('ws_msg_rtt{phase:hold}')!.spans, [[0, 20_000]]);
  assert.deepEqual(tags.get(driven)!.spans, [[0, 20_000]]);
  const starts = text.split('\n').flatMap((line) => (line.startsWith('Tag=') ? [Number(line.split(',')[1])] : []));
  assert.deepEqual(
    starts,
    starts.toSorted((a, b) => a - b),
  );
  assert.match(text, /^Tag=session_ready,0\.000,1\.000,5\.331,/mu);
});

test('while a run goes on its directory shows nothing of its seconds, so a gwrk that is killed leaves nothing', async () => {
  const empty = mkdtempSync(join(directory, 'empty-'));
  const log = new IntervalLog(empty, assert.fail);
  for (let second = 0; second < 3; second++) log.add(wide(second));
  assert.equal((await textOf(log.lines())).split('\n').length, 4);
  assert.deepEqual(readdirSync(empty), []);
  await log.close();
});

test('seconds that come while earlier ones are being written are all there, in their order', async () => {
  const log = new IntervalLog(directory, assert.fail);
  for (let second = 0; second < 100; second++) {
    log.add(wide(second));
    await turn();
  }
  const starts = (await textOf(log.lines())).split('\n').map((line) => line.split(',')[1]);
  assert.deepEqual(
    starts.slice(0, -1),
    Array.from({ length: 100 }, (_, second) => `${second}.000`),
  );
  await log.close();
});

test('a full disk is told once and loses no second while there is room for them to wait', {
  skip: process.platform === 'win32',
}, async () => {
  // A limit on the size of files ends a write as a full disk does: some bytes are taken, the next are refused.
  const modules = ['src/report/interval-log.js', 'test/report/wide-histogram.js'].map(
    (path) => new URL(`../../${path}`, import.meta.url).href,
  );
  const code = `
    Promise.all(${JSON.stringify(modules)}.map((path) => import(path))).then(async ([{ IntervalLog }, { wideHistogram }]) => {
      const log = new IntervalLog(${JSON.stringify(directory)}, (line) => console.log('said', line));
      const { counts } = wideHistogram();
      let text = '';
      for (let second = 0; second < 5; second++) {
        log.add({ trend: 0, fromMs: second * 1000, untilMs: second * 1000 + 1000, counts, maxUs: 5 });
        text = '';
        for await (const chunk of log.lines()) text += Buffer.from(chunk).toString();
      }
      const lines = text.trimEnd().split('\\n');
      console.log(lines.map((line) => line.split(',')[1]).join(' '), new Set(lines.map((line) => line.split(',')[4])).size, log.lost);
    })`;
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', `trap '' XFSZ; ulimit -f 8; exec "$0" -e "$1"`, process.execPath, code]);
  assert.match(stdout, /^said latency\.hlog: EFBIG[^\n]*the run goes on[^\n]*\n0\.000 1\.000 2\.000 3\.000 4\.000 1 0\n$/u);
});

test('seconds beyond what may wait are given up, and the log says how many', async () => {
  const said: string[] = [];
  const log = new IntervalLog(join(directory, 'missing'), (line) => said.push(line));
  const growth = wide(0);
  while (log.lost < 3) log.add(growth);
  const text = await textOf(hlogOfRun(buildReport(sampleRun()), log));
  assert.equal(said.length, 1);
  assert.match(text, /^#\[3 lines are missing: the disk was full\]$/mu);
  assert.ok(text.length < 4.1 * 2 ** 20);
  await log.close();
});
