/**
 * node dist/benchmarks/mac-timing.js: does the time of verify() tell how much of a forged tag is right (S6)? Welch's t-test over the
 * times of two classes of tags in random order, as dudect does it: tags that are wrong in the first byte, and tags that are wrong in
 * the last. Beyond |t| = 4.5 an attacker who could measure that well would learn something. `--small` runs a few only.
 *
 * What is measured is one call of about a microsecond with a clock of nanoseconds, so pauses of the machine are cut off: of each
 * batch of times only those below its 90th percentile count, whatever their class.
 */
import { randomBytes } from 'node:crypto';
import { Prng } from '../src/core/prng.js';
import { MidstateMacTable } from '../src/protocol/mac-midstates.js';
import { NodeMacTable } from '../src/protocol/mac-node.js';

const SMALL = process.argv.includes('--small');
const PAIRS = SMALL ? 2_000 : 1_000_000;
const WARM_UP = SMALL ? 500 : 20_000;
const BATCH = 2_000;
/** Verifications of one measurement: a clock reading costs as much as one of them. */
const CALLS = 8;
const MESSAGE_BYTES = 24;
const random = new Prng(Number(process.env.GWRK_SEED ?? 1));

/** Welford's mean and variance. */
class Moments {
  count = 0;
  mean = 0;
  #squares = 0;

  add(value: number): void {
    this.count++;
    const from = value - this.mean;
    this.mean += from / this.count;
    this.#squares += from * (value - this.mean);
  }

  /** Of the mean. */
  get variance(): number {
    return this.#squares / (this.count - 1) / this.count;
  }
}

for (const [name, table] of [
  ['stored midstates (the product)', new MidstateMacTable(2)],
  ['createHmac + timingSafeEqual', new NodeMacTable(2)],
] as const) {
  table.setKey(0, new Uint8Array(randomBytes(32)), 0);
  const message = new Uint8Array(randomBytes(MESSAGE_BYTES));
  const good = new Uint8Array(16);
  table.tag(0, message, 0, MESSAGE_BYTES, 0, 0, null, 0, 0, good, 0);
  const tags = [good.slice(), good.slice()];
  tags[0]![0]! ^= 1;
  tags[1]![15]! ^= 1;
  const classes = [new Moments(), new Moments()];
  const measure = (tag: Uint8Array): number => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < CALLS; i++) table.verify(0, message, 0, MESSAGE_BYTES, 0, 0, null, 0, 0, tag, 0);
    return Number(process.hrtime.bigint() - start) / CALLS;
  };
  for (let i = 0; i < WARM_UP; i++) measure(tags[i & 1]!);
  const times = new Float64Array(BATCH);
  const kinds = new Uint8Array(BATCH);
  for (let done = 0; done < 2 * PAIRS; done += BATCH) {
    for (let i = 0; i < BATCH; i++) {
      kinds[i] = random.between(0, 1);
      times[i] = measure(tags[kinds[i]!]!);
    }
    const limit = times.slice().sort()[Math.floor(BATCH * 0.9)]!;
    for (let i = 0; i < BATCH; i++) if (times[i]! < limit) classes[kinds[i]!]!.add(times[i]!);
  }
  const [first, last] = classes as [Moments, Moments];
  const t = (first.mean - last.mean) / Math.sqrt(first.variance + last.variance);
  console.log(name);
  console.log(`  wrong in byte 0    ${first.mean.toFixed(2).padStart(9)} ns/op  ${first.count} times`);
  console.log(`  wrong in byte 15   ${last.mean.toFixed(2).padStart(9)} ns/op  ${last.count} times`);
  console.log(`  |t| ${Math.abs(t).toFixed(2)}  (4.5 and more would be a leak)`);
}
