/** Times small functions side by side. `--small` runs each a few times only: that is what the tests do. */
const SMALL = process.argv.includes('--small');
const ROUNDS = SMALL ? 1 : 5;

export interface Candidate {
  readonly name: string;
  /** Does the thing `count` times. */
  readonly run: (count: number) => void;
}

/**
 * Prints the best of five rounds of every candidate, in nanoseconds a call, and how often slower than the first it is.
 * `count` is the calls of a round. Rounds alternate, so that a busy machine hurts all candidates alike.
 */
export function compare(title: string, count: number, candidates: readonly Candidate[]): void {
  const calls = SMALL ? Math.min(count, 50) : count;
  const best = candidates.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { run }] of candidates.entries()) {
      const start = process.hrtime.bigint();
      run(calls);
      best[index] = Math.min(best[index]!, Number(process.hrtime.bigint() - start) / calls);
    }
  }
  console.log(title);
  for (const [index, { name }] of candidates.entries()) {
    const ratio = index === 0 ? '' : `  ${(best[index]! / best[0]!).toFixed(1)}x`;
    console.log(`  ${name.padEnd(44)} ${best[index]!.toFixed(0).padStart(8)} ns/op${ratio}`);
  }
}
