import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HoldTrend } from '../../src/measure/hold.js';
import { type FlagFacts, findFlags, type SelfRecord } from '../../src/report/generator-flags.js';

/** A trend whose percentiles are all one value. */
const trend = (ms: number, count = 10_000): HoldTrend => ({ count, percentileUs: () => (count > 0 ? ms * 1000 : undefined) });

const quiet: SelfRecord = {
  isHold: true,
  seconds: 60,
  busySeconds: 0,
  busiestWorker: 0.4,
  waitShare: 0.01,
  gcShare: 0.001,
  longestGcMs: 2,
  stealShare: 0,
  cpuPressure: 5,
  isTargetLocal: true,
  retransmits: 0,
  synRetransmits: 0,
  listenOverflows: 0,
  listenDrops: 0,
  fds: 100,
  fdLimit: 1024,
};

const facts = (self: Partial<SelfRecord> = {}, more: Partial<FlagFacts> = {}): FlagFacts => ({
  hold: { fromMs: 0, untilMs: 60_000, lag: trend(1), response: trend(10), service: trend(9) },
  lagLimitMs: 5,
  planned: 100_000,
  missed: 0,
  busiestWorker: 0.4,
  errors: [],
  self: { ...quiet, ...self },
  ...more,
});

const late = { hold: { fromMs: 0, untilMs: 60_000, lag: trend(401), response: trend(408), service: trend(8) } };

const CASES: readonly [what: string, facts: FlagFacts, flags: readonly string[]][] = [
  ['nothing is wrong', facts(), []],
  ['lag is at its limit', facts({}, { lagLimitMs: 1 }), []],
  ['lag is above its limit', facts({}, late), ['gen.lag invalid']],
  ['0.1 % of the messages were missed', facts({}, { missed: 100 }), []],
  ['more than that were', facts({}, { missed: 101 }), ['gen.missed invalid']],
  ['more than 1 % of the messages did not go out', facts({}, { missed: 1001 }), ['gen.missed invalid', 'gen.rate invalid']],
  ['a worker was busy in 5 % of the seconds', facts({ busySeconds: 3 }), []],
  ['a worker was busy in more', facts({ busySeconds: 4 }), ['gen.elu warn']],
  ['a worker was busy and late', facts({ busySeconds: 4 }, late), ['gen.lag invalid', 'gen.elu invalid']],
  ['a busy worker was half as late as it may be', facts({}, { busiestWorker: 0.95, lagLimitMs: 1.9 }), ['gen.elu invalid']],
  ['a run of four seconds was busy', facts({ seconds: 4, busySeconds: 4 }), []],
  ['collections took more than 5 % of the time', facts({ gcShare: 0.051 }), ['gen.gc warn']],
  ['one collection took more than 50 ms', facts({ longestGcMs: 51 }), ['gen.gc warn']],
  ['the hypervisor took more than 2 %', facts({ stealShare: 0.021 }), ['host.steal warn']],
  ['cores were short and we waited', facts({ cpuPressure: 60, waitShare: 0.06 }), ['host.steal warn']],
  ['cores were short but not for us: two cores that are both in use', facts({ cpuPressure: 60, waitShare: 0.04 }), []],
  ['we waited for a core, with the target elsewhere', facts({ cpuPressure: 60, waitShare: 0.5, isTargetLocal: false }), []],
  ['the accept queue of the target overflowed', facts({ listenOverflows: 3 }), ['net.local warn']],
  ['connects were repeated', facts({ synRetransmits: 1 }), ['net.local warn']],
  ['connects to a target elsewhere were repeated', facts({ synRetransmits: 1, isTargetLocal: false, listenOverflows: null }), []],
  ['descriptors ran out', facts({}, { errors: [{ code: 'EMFILE', count: 7 }] }), ['gen.limits warn']],
  ['nobody knows anything', facts({ busiestWorker: null, waitShare: null, gcShare: null, stealShare: null, cpuPressure: null }), []],
];

for (const [what, given, flags] of CASES)
  test(`${what}: ${flags.join(', ') || 'no flag'}`, () => {
    assert.deepEqual(
      findFlags(given).map(({ flag, level }) => `${flag} ${level}`),
      flags,
    );
  });

test('a generator that was late says whose time it was', () => {
  assert.equal(
    findFlags(facts({}, late))[0]!.sentence,
    'the generator was late by 401 ms at p(99), more than 5.00 ms: response p99 408 ms = service 8.00 ms + scheduling lag 401 ms: generator-limited, not a server result',
  );
});

test('each sentence tells a figure', () => {
  for (const [, given] of CASES) for (const { sentence } of findFlags(given)) assert.match(sentence, /\d/u);
});
