/**
 * What one measurement costs: our recorder beside hdr-histogram-js, nanoseconds a record.
 * `node dist/benchmarks/recorder.js [--small]`
 */
import { build } from 'hdr-histogram-js';
import { Prng } from '../src/core/prng.js';
import { COUNTER, TREND } from '../src/measure/metric-names.js';
import { HIGHEST_US, Recorder } from '../src/measure/recorder.js';

const small = process.argv.includes('--small');
const records = small ? 2_000_000 : 20_000_000;
const rounds = small ? 3 : 5;

/** Log-normal durations as a gateway gives them: median 1 ms, p99 about 10 ms. */
function durations(count: number): Float64Array {
  const random = new Prng(1);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
    values[i] = Math.min(HIGHEST_US, 1000 * Math.exp(normal));
  }
  return values;
}

function fastestNs(run: () => void): number {
  let fastest = Infinity;
  for (let round = 0; round < rounds; round++) {
    const before = process.hrtime.bigint();
    run();
    fastest = Math.min(fastest, Number(process.hrtime.bigint() - before) / records);
  }
  return fastest;
}

const values = durations(1 << 16);
const mask = values.length - 1;
const recorder = new Recorder(new SharedArrayBuffer(Recorder.byteLength));
const histogram = build({
  bitBucketSize: 32,
  lowestDiscernibleValue: 1,
  highestTrackableValue: HIGHEST_US,
  numberOfSignificantValueDigits: 3,
  autoResize: false,
});
const wide = build({
  bitBucketSize: 64,
  lowestDiscernibleValue: 1,
  highestTrackableValue: HIGHEST_US,
  numberOfSignificantValueDigits: 3,
  autoResize: false,
});

const rows: readonly [string, () => void][] = [
  [
    'recorder.record',
    () => {
      for (let i = 0; i < records; i++) recorder.record(TREND.ws_msg_rtt, values[i & mask]!);
    },
  ],
  [
    'recorder.count',
    () => {
      for (let i = 0; i < records; i++) recorder.count(COUNTER.ws_msgs_sent, 1);
    },
  ],
  [
    'hdr-histogram-js, 32-bit counts',
    () => {
      for (let i = 0; i < records; i++) histogram.recordValue(values[i & mask]!);
    },
  ],
  [
    'hdr-histogram-js, 64-bit counts',
    () => {
      for (let i = 0; i < records; i++) wide.recordValue(values[i & mask]!);
    },
  ],
];

console.log(`${records.toLocaleString('en')} records a round, fastest of ${rounds} rounds, Node ${process.version}`);
for (const [name, run] of rows) console.log(`${name.padEnd(34)}${fastestNs(run).toFixed(1).padStart(7)} ns`);
