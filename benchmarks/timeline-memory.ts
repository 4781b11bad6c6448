/**
 * What the timeline of a run keeps in memory: its columns at their most steps, the copies of the histograms that each second's
 * percentiles are taken from, and what waits to be written to latency.hlog. None of it depends on the number of clients. And what
 * the seconds of latency.hlog cost the main thread.
 *
 *   node dist/benchmarks/timeline-memory.js [--small]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Prng } from '../src/core/prng.js';
import { COUNTER, TREND } from '../src/measure/metric-names.js';
import { Recorder } from '../src/measure/recorder.js';
import { Snapshots } from '../src/measure/snapshot.js';
import { Timeline } from '../src/measure/timeline.js';
import { IntervalLog } from '../src/report/interval-log.js';
import { line } from './gwrk.js';

const small = process.argv.includes('--small');
const STEPS = 1200;
/** Beyond 1,200 two steps become one: the longest run keeps no more. */
const seconds = small ? STEPS : 2 * STEPS + 600;
const WORKERS = 2;
/** Readings of the machine and of the target that stand beside the metrics. */
const BESIDE = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`beside_${i}`, 0]));

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function usedBytes(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const recorders = Array.from({ length: WORKERS }, () => new Recorder(new SharedArrayBuffer(Recorder.byteLength)));
const random = new Prng(1);
const trends = Object.values(TREND);

const beforeBytes = usedBytes();
const directory = mkdtempSync(join(tmpdir(), 'gwrk-timeline-memory-'));
const log = new IntervalLog(directory, (text) => process.stderr.write(`${text}\n`));
const encodedMs: number[] = [];
const snapshots = new Snapshots(recorders, 0, (growth) => {
  const startMs = performance.now();
  log.add(growth);
  encodedMs.push(performance.now() - startMs);
});
const timeline = new Timeline();
let fullBytes = 0;
let slowestMs = 0;
for (let second = 1; second <= seconds; second++) {
  for (const recorder of recorders) {
    recorder.count(COUNTER.ws_msgs_received, 1000);
    for (const trend of trends) for (let i = 0; i < 20; i++) recorder.record(trend, 1 + random.next() * 100_000);
  }
  for (const key of Object.keys(BESIDE)) BESIDE[key] = random.next() * 100;
  const startMs = performance.now();
  timeline.add(snapshots.take(second * 1e6), BESIDE);
  slowestMs = Math.max(slowestMs, performance.now() - startMs);
  await turn();
  if (second === STEPS) fullBytes = usedBytes();
}
const afterBytes = usedBytes();
// Both are still in use here, and so were in memory until now.
timeline.add(snapshots.take((seconds + 1) * 1e6), BESIDE);
const record = timeline.toRecord();
const columns = Object.keys(record).length - 1;
const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

process.stdout.write(`${trends.length} trends with samples in every second, ${WORKERS} workers, ${columns} columns\n`);
line(`kept after ${STEPS} steps`, mb(fullBytes - beforeBytes), 'at most 20 MB');
line(`kept after ${seconds} s`, mb(afterBytes - beforeBytes), 'at most 20 MB');
line('as JSON in the report', mb(JSON.stringify(record).length));
let logBytes = 0;
for await (const chunk of log.lines()) logBytes += chunk.length;
await log.close();
rmSync(directory, { recursive: true });
encodedMs.sort((a, b) => a - b);
line('latency.hlog', mb(logBytes), `${encodedMs.length} lines, ${log.lost} lost`);
line('one line of it', `${encodedMs[encodedMs.length >> 1]!.toFixed(2)} ms`, 'median');
line('slowest second', `${slowestMs.toFixed(1)} ms`);
