import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HoldWindow } from '../../src/measure/hold.js';
import { COUNTER, TREND } from '../../src/measure/metric-names.js';
import { buildReport, type Report, type ReportInput } from '../../src/report/report.js';
import { CLIENTS, sampleRun, threshold } from './sample-run.js';

type Run = ReturnType<typeof sampleRun>;

function judged(change: (run: Run) => Partial<ReportInput> | undefined): Report {
  const run = sampleRun();
  return buildReport({ ...run, ...change(run) });
}

function count(run: Run, counter: number, by: number): undefined {
  run.recorders[0].count(counter, by);
}

const FAILING = threshold('session_ready', 'p(99)<5');
const NO_DATA = threshold('login_duration', 'p(99)<5');
const withThresholds = (run: Run, ...thresholds: (typeof FAILING)[]): Partial<ReportInput> => ({ plan: { ...run.plan, thresholds } });

function assertVerdict(report: Report, verdict: string, exitCode: number, reason: RegExp): void {
  assert.deepEqual([report.verdict, report.exitCode], [verdict, exitCode], report.reason);
  assert.match(report.reason, reason);
}

describe('the verdict', () => {
  it('is a pass when nothing speaks against it', () => {
    assertVerdict(
      judged(() => undefined),
      'pass',
      0,
      /^all 10,000 planned clients became ready, 2 of 2 thresholds held$/,
    );
    assertVerdict(
      judged((run) => withThresholds(run)),
      'pass',
      0,
      /no thresholds were set/,
    );
  });

  it('says of a pass without thresholds when operations did not succeed', () => {
    const reasonAfter = (failed: number): string =>
      judged((run) => {
        count(run, COUNTER.ledger_ok, -failed);
        count(run, COUNTER.ledger_fail, failed);
        return withThresholds(run);
      }).reason;
    assert.match(reasonAfter(200), /no thresholds were set$/);
    assert.match(reasonAfter(201), /no thresholds were set, though 201 of 20,000 operations did not succeed$/);
  });

  it('names the commonest error where nobody connected', () => {
    const report = judged((run) => {
      count(run, COUNTER.connects_established, -CLIENTS);
      return { errors: [{ code: 'ECONNREFUSED', count: CLIENTS, first: 'x' }] };
    });
    assertVerdict(report, 'invalid', 111, /^only 0 of 10,000 planned clients connected \(ECONNREFUSED\)$/);
  });

  it('is a fail with 99 when a threshold fails', () => {
    assertVerdict(
      judged((run) => withThresholds(run, FAILING)),
      'fail',
      99,
      /^threshold failed: session_ready p\(99\)<5$/,
    );
  });

  it('is not changed by a threshold that only warns', () => {
    const report = judged((run) => withThresholds(run, { ...FAILING, level: 'warn' }, { ...NO_DATA, level: 'warn' }));
    assert.equal(report.exitCode, 0);
    assert.deepEqual(
      report.thresholds.map(({ verdict }) => verdict),
      ['fail', 'no-data'],
    );
  });

  it('is invalid with 111 when a threshold has no data', () => {
    assertVerdict(
      judged((run) => withThresholds(run, NO_DATA)),
      'invalid',
      111,
      /^threshold login_duration p\(99\)<5 has no data$/,
    );
  });

  it('is invalid when fewer clients connected or became ready than planned', () => {
    assertVerdict(
      judged((run) => ({ plan: { ...run.plan, plannedClients: CLIENTS + 1 } })),
      ...(['invalid', 111, /^only 10,000 of 10,001 planned clients connected$/] as const),
    );
    assertVerdict(
      judged((run) => count(run, COUNTER.sessions_ready, -1)),
      ...(['invalid', 111, /^only 9,999 of 10,000 planned clients became ready$/] as const),
    );
  });

  it('does not mind clients that were lost, or that a storm took, and that came back', () => {
    const report = judged((run) => {
      count(run, COUNTER.connections_lost, 300);
      count(run, COUNTER.storm_losses, 100);
      count(run, COUNTER.connects_established, 395);
      count(run, COUNTER.ws_reconnects, 395);
    });
    assert.equal(report.clients.lost, 5);
    assert.equal(report.clients.connected, report.clients.planned);
    assert.equal(report.exitCode, 0);
  });

  it('is invalid when a client failed, however often others connected', () => {
    const report = judged((run) => {
      count(run, COUNTER.sessions_ready, -1);
      count(run, COUNTER.sessions_failed, 1);
      count(run, COUNTER.connects_established, 50_000);
      return { plan: { ...run.plan, authenticates: false } };
    });
    assertVerdict(report, 'invalid', 111, /^only 9,999 of 10,000 planned clients became ready$/);
  });

  it('is invalid when more than one client in a thousand was lost', () => {
    assert.equal(judged((run) => count(run, COUNTER.connections_lost, 10)).exitCode, 0);
    assertVerdict(
      judged((run) => count(run, COUNTER.connections_lost, 11)),
      'invalid',
      111,
      /^11 of 10,000 clients lost their connection/,
    );
  });

  it('is invalid when the ledger does not add up, by as little as one operation', () => {
    assertVerdict(
      judged((run) => count(run, COUNTER.ledger_sent, 1)),
      'invalid',
      111,
      /ledger does not add up: 20,001 sent, but 20,000 ok/,
    );
    const balanced = judged((run) => {
      count(run, COUNTER.ledger_sent, 3);
      count(run, COUNTER.ledger_fail, 1);
      return count(run, COUNTER.ledger_indeterminate, 2);
    });
    assert.equal(balanced.exitCode, 111, 'the target counted 20,000 operations, one less than it answered');
    assert.match(balanced.reason, /answered 20,001 operations, but counted only 20,000/);
  });

  it('is invalid when a client and the target counted differently', () => {
    assertVerdict(
      judged((run) => count(run, COUNTER.ledger_mismatches, 1)),
      'invalid',
      111,
      /counted other operations than 1 of its clients/,
    );
  });

  it('lets a target count more operations than ours, since it may serve others', () => {
    const report = judged((run) => ({ target: { ...run.target, opsSeen: 30_000 } }));
    assert.equal(report.exitCode, 0);
  });

  it('is invalid when a duration was not a number', () => {
    const report = judged((run) => {
      run.recorders[1].record(TREND.ws_ping, Number.NaN);
      return undefined;
    });
    assertVerdict(report, 'invalid', 111, /1 durations were not numbers/);
  });

  it('is interrupted with 105, whatever else is wrong, and says the rest', () => {
    const report = judged((run) => ({
      ...withThresholds(run, FAILING, NO_DATA),
      interruption: { by: 'signal', reason: 'ctrl-C after 12 s' },
    }));
    assertVerdict(report, 'interrupted', 105, /^stopped before its end: ctrl-C after 12 s$/);
    assert.deepEqual(report.findings, ['threshold login_duration p(99)<5 has no data', 'threshold failed: session_ready p(99)<5']);
  });

  it('does not ask an interrupted run for the clients it had no time to start', () => {
    const report = judged((run) => ({
      plan: { ...run.plan, plannedClients: 1_000_000 },
      interruption: { by: 'signal', reason: 'ctrl-C' },
    }));
    assert.deepEqual(report.findings, []);
  });

  it('is the failed threshold alone when abortOnFail ended the run', () => {
    const report = judged((run) => ({
      plan: { ...run.plan, plannedClients: 1_000_000, thresholds: [FAILING] },
      interruption: { by: 'threshold', reason: 'session_ready p(99)<5' },
    }));
    assertVerdict(report, 'fail', 99, /threshold failed/);
    assert.deepEqual(report.findings, []);
  });

  it('weighs 107 over 105 over 111 over 99', () => {
    const both = (run: Run): Partial<ReportInput> => withThresholds(run, FAILING, NO_DATA);
    assert.equal(judged((run) => ({ ...both(run), interruption: { by: 'driver', reason: 'TypeError' } })).exitCode, 107);
    assert.equal(judged((run) => ({ ...both(run), interruption: { by: 'internal', reason: 'a worker died' } })).exitCode, 1);
    assert.equal(judged((run) => ({ ...both(run), interruption: { by: 'signal', reason: 'ctrl-C' } })).exitCode, 105);
    assert.equal(judged(both).exitCode, 111);
    assert.equal(judged((run) => withThresholds(run, FAILING)).exitCode, 99);
  });
});

describe('a saturated generator', () => {
  /** A hold in which 30,000 things were done 30 us late and then whatever `record` says. */
  const held = (run: Run, record: () => void, punctual = 30_000): Partial<ReportInput> => {
    const window = new HoldWindow(run.recorders, { rampEndUs: 0, clients: 0, endUs: Number.POSITIVE_INFINITY });
    for (let i = 0; i < punctual; i++) run.recorders[1].record(TREND.pacing_lag, 30);
    record();
    const hold = window.close(20e6);
    return { ...(hold && { hold }) };
  };
  /** A share of all of them are `lagUs` late. */
  const late = (run: Run, share: number, lagUs: number): Partial<ReportInput> =>
    held(run, () => {
      for (let i = 0; i < (30_000 * share) / (1 - share); i++) run.recorders[0].record(TREND.pacing_lag, lagUs);
    });

  it('makes a run invalid when it is late by more than 5 ms at p99 of the hold', () => {
    const report = judged((run) => late(run, 0.02, 5100));
    assertVerdict(
      report,
      'invalid',
      111,
      /^the generator was late by 5.10 ms at p\(99\), more than 5.00 ms: response p99 19.8 ms, service p99 19.8 ms, scheduling lag p99 5.10 ms: generator-limited, not a server result$/,
    );
    assert.equal(report.generator.saturated, true);
    assert.equal(judged((run) => late(run, 0.02, 4900)).exitCode, 0);
    assert.equal(judged((run) => late(run, 0.005, 500_000)).exitCode, 0);
  });

  it('says in the report which stretch was judged, and by what limit', () => {
    const { generator } = judged((run) => late(run, 0.5, 4000));
    assert.deepEqual({ ...generator.hold, lagP99Ms: 0 }, { fromMs: 0, untilMs: 20_000, lagSamples: 60_000, lagP99Ms: 0, lagLimitMs: 5 });
    assert.ok(Math.abs(generator.hold!.lagP99Ms! - 4) < 0.005);
    assert.equal(judged(() => undefined).generator.hold, null);
  });

  it('is not found in the starts of a ramp, however late: session_ready counts them from the time that was meant', () => {
    const report = judged((run) =>
      held(run, () => {
        for (let i = 0; i < 10_000; i++) run.recorders[0].record(TREND.scheduling_lag, 400_000);
      }),
    );
    assert.equal(report.exitCode, 0);
    assert.ok(report.generator.lagP99Ms! > 399);
  });

  it('may be late by a tenth of a response time that is longer', () => {
    const lateBy = (lagUs: number): Report =>
      judged((run) =>
        held(run, () => {
          for (let i = 0; i < 1000; i++) run.recorders[1].record(TREND.ws_msg_rtt, 400_000);
          for (let i = 0; i < 1000; i++) run.recorders[1].record(TREND.pacing_lag, lagUs);
        }),
      );
    assert.equal(lateBy(39_000).exitCode, 0);
    assert.equal(lateBy(41_000).exitCode, 111);
  });

  it('is not found in a handful of late samples', () => {
    const few = (samples: number): Report =>
      judged((run) =>
        held(
          run,
          () => {
            for (let i = 0; i < samples; i++) run.recorders[0].record(TREND.pacing_lag, 50_000);
          },
          0,
        ),
      );
    assert.equal(few(19).exitCode, 0);
    assertVerdict(few(20), 'invalid', 111, /late by 50.0 ms at p\(50\)/);
  });

  it('is found at half the lag when a worker used more than 0.9 of a core', () => {
    const busy = (lagUs: number, cpuSeconds: number): Report =>
      judged((run) => ({ ...late(run, 0.02, lagUs), generator: { ...run.generator, workerCpuSeconds: [1, cpuSeconds] } }));
    assertVerdict(busy(2600, 19), 'invalid', 111, /^a worker used 95.0 % of a core and was late by 2.60 ms at p\(99\)$/);
    assert.equal(busy(2600, 17).exitCode, 0);
    assert.equal(busy(2400, 19).exitCode, 0);
  });

  it('is found when more than one planned message in a thousand was never sent', () => {
    assert.equal(judged((run) => count(run, COUNTER.messages_missed, 20)).exitCode, 0);
    assertVerdict(
      judged((run) => count(run, COUNTER.messages_missed, 21)),
      'invalid',
      111,
      /^21 of 20,000 planned messages were never sent$/,
    );
  });
});
