/** node dist/benchmarks/breaker.js [--small]: what a guarded call costs, tryPass + complete. Nanoseconds of one core, bytes of heap. */
import { Breaker } from '../reference-server/rules/breaker.js';
import { FlowLimit } from '../reference-server/rules/flow.js';
import { ResourceGuard } from '../reference-server/rules/resource-guard.js';
import { type BreakerRule, ERROR_COUNT, ERROR_RATIO, SLOW_RATIO } from '../reference-server/rules/rule.js';

const small = process.argv.includes('--small');
const CALLS = small ? 20_000 : 4_000_000;
const ROUNDS = small ? 1 : 3;
/** So many calls are in flight at a time, and so many begin in a millisecond. */
const IN_FLIGHT = 16;
const CALLS_PER_MS = 30;
/** A machine that has run for a month: its milliseconds are no small integers any more. */
const START_MS = 2 ** 31 + 12_345;

function rule(strategy: BreakerRule['strategy']): BreakerRule {
  return {
    id: '',
    resource: 'op:trade',
    strategy,
    retryTimeoutMs: 60_000,
    minRequestAmount: 10,
    statIntervalMs: 1_000,
    statSlidingWindowBucketCount: 10,
    maxAllowedRtMs: 50,
    threshold: strategy === ERROR_COUNT ? 1e9 : 0.9,
    probeNum: 3,
  };
}

interface Gate {
  enter(nowMs: number): number;
  leave(permit: number, nowMs: number, rtMs: number, isError: boolean): void;
}

const permits = new Int32Array(IN_FLIGHT);

function run(gate: Gate, count: number, firstMs: number): number {
  permits.fill(-1);
  let nowMs = firstMs;
  let passed = 0;
  for (let i = 0; i < count; i++) {
    if (i % CALLS_PER_MS === 0) nowMs++;
    const row = i % IN_FLIGHT;
    gate.leave(permits[row]!, nowMs, i % 60, i % 7 === 0);
    permits[row] = gate.enter(nowMs);
    if (permits[row]! >= 0) passed++;
  }
  return passed;
}

function measure(name: string, gate: Gate): void {
  let firstMs = START_MS;
  const go = (count: number): number => {
    const passed = run(gate, count, firstMs);
    firstMs += Math.ceil(count / CALLS_PER_MS) + 1;
    return passed;
  };
  go(Math.ceil(CALLS / 4));
  let [bestNs, heapBytes] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let passed = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const heap = process.memoryUsage().heapUsed;
    const before = process.hrtime.bigint();
    passed = go(CALLS);
    bestNs = Math.min(bestNs, Number(process.hrtime.bigint() - before) / CALLS);
    heapBytes = Math.min(heapBytes, Math.max(0, process.memoryUsage().heapUsed - heap) / CALLS);
  }
  const share = ((100 * passed) / CALLS).toFixed(0);
  console.log(
    `${name.padEnd(44)} ${bestNs.toFixed(1).padStart(7)} ns ${heapBytes.toFixed(2).padStart(8)} B   ${share.padStart(3)} % passed`,
  );
}

const gateOf = (breaker: Breaker): Gate => ({
  enter: (nowMs) => breaker.tryPass(nowMs),
  leave: (permit, nowMs, rtMs, isError) => breaker.complete(permit, nowMs, rtMs, isError),
});
const tally = () => ({ passes: 0, refusedByBreaker: 0, refusedByFlow: 0 });
const flow = () => new FlowLimit({ id: '', resource: 'op:trade', threshold: 1e9, statIntervalMs: 1_000 });
const guardOf = (breakers: Breaker[], flows: FlowLimit[]): Gate => new ResourceGuard('op:trade', breakers, flows, tally());

console.log(`a call and its end, ${IN_FLIGHT} in flight                      wall      heap`);
measure('slow-call ratio, closed', gateOf(new Breaker(rule(SLOW_RATIO))));
measure('error ratio, closed', gateOf(new Breaker(rule(ERROR_RATIO))));
measure('error count, closed', gateOf(new Breaker(rule(ERROR_COUNT))));
measure('slow-call ratio, mostly open', gateOf(new Breaker({ ...rule(SLOW_RATIO), threshold: 0.05 })));
measure('a flow rule', guardOf([], [flow()]));
measure('a guard: one breaker and a flow rule', guardOf([new Breaker(rule(SLOW_RATIO))], [flow()]));
measure(
  'a guard: three breakers and a flow rule',
  guardOf(
    [SLOW_RATIO, ERROR_RATIO, ERROR_COUNT].map((s) => new Breaker(rule(s as 0))),
    [flow()],
  ),
);
