import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { COUNTER, GAUGE, TREND } from '../../src/measure/metric-names.js';
import { type Measurements, metricView } from '../../src/measure/metric-view.js';
import { Recorder } from '../../src/measure/recorder.js';
import { checkThreshold, evaluateThreshold, isProblem, parseThreshold } from '../../src/measure/threshold.js';

function measured(): Measurements & { recorders: [Recorder, Recorder] } {
  const newRecorder = (): Recorder => new Recorder(new SharedArrayBuffer(Recorder.byteLength));
  return { recorders: [newRecorder(), newRecorder()], elapsedMs: 10_000, errors: 0 };
}

function evaluate(metric: string, expression: string, from: Measurements) {
  const threshold = parseThreshold(expression);
  assert.ok(!isProblem(threshold), expression);
  return evaluateThreshold(threshold, metricView(metric, from));
}

describe('parseThreshold', () => {
  it('reads every expression of the grammar', () => {
    const rows = [
      ['p(99)<68', 'p', 99, '<', 68],
      ['p(99.9) <= 20.5', 'p', 99.9, '<=', 20.5],
      ['  p( 0 )>1  ', 'p', 0, '>', 1],
      ['avg<200', 'avg', 0, '<', 200],
      ['min>=1', 'min', 0, '>=', 1],
      ['max!=0', 'max', 0, '!=', 0],
      ['med===3', 'med', 0, '===', 3],
      ['rate<0.0001', 'rate', 0, '<', 0.0001],
      ['count==10', 'count', 0, '==', 10],
      ['value > 5', 'value', 0, '>', 5],
    ] as const;
    for (const [source, aggregation, percent, operator, limit] of rows) {
      assert.deepEqual(parseThreshold(source), { source, aggregation, percent, operator, limit });
    }
  });

  it('says where an expression goes wrong', () => {
    const rows = [
      ['', 1],
      ['p99<68', 1],
      ['mean<68', 1],
      ['p(101)<68', 3],
      ['p(99', 1],
      ['average<5', 1],
      ['p(99)', 6],
      ['p(99)=68', 6],
      ['p(99)<', 7],
      ['p(99)<-1', 7],
      ['p(99)<.5', 7],
      ['p(99)<68ms', 9],
      ['rate < 1 %', 10],
      ['count>1 && count<2', 9],
      ['p(99)<1e3', 8],
    ] as const;
    for (const [source, column] of rows) {
      const problem = parseThreshold(source);
      assert.ok(isProblem(problem), source);
      assert.equal(problem.column, column, `${source}: ${problem.error}`);
    }
  });
});

describe('checkThreshold', () => {
  it('accepts an aggregation on the metrics that have it', () => {
    for (const [metric, expression] of [
      ['session_ready', 'p(99)<68'],
      ['scheduling_lag', 'max<5'],
      ['ws_msgs_sent', 'count>=10'],
      ['errors', 'rate<1'],
      ['checks', 'rate>0.99'],
      ['session_failed', 'rate<0.0001'],
      ['clients_max', 'value>=1000'],
    ] as const) {
      assert.equal(checkThreshold(metric, expression), undefined, `${metric} ${expression}`);
    }
  });

  it('refuses an unknown metric and says which exist', () => {
    const problem = checkThreshold('ws_latency', 'p(99)<68')!;
    assert.equal(problem.subject, 'metric');
    assert.match(problem.allowed, /session_ready.*session_failed/);
  });

  it('refuses an aggregation that the type of the metric does not have', () => {
    for (const [metric, expression, allowed] of [
      ['session_ready', 'rate<1', 'avg, min, max, med, p(N)'],
      ['ws_msgs_sent', 'p(99)<1', 'count, rate'],
      ['checks', ' count>1', 'rate'],
      ['clients', 'max>1', 'value'],
    ] as const) {
      assert.equal(checkThreshold(metric, expression)?.allowed, allowed, `${metric} ${expression}`);
    }
    assert.equal(checkThreshold('checks', ' count>1')?.column, 2);
  });
});

describe('evaluateThreshold', () => {
  it('compares trends in milliseconds over all workers', () => {
    const from = measured();
    from.recorders[0].record(TREND.ws_msg_rtt, 1000);
    from.recorders[1].record(TREND.ws_msg_rtt, 4000);
    assert.deepEqual(evaluate('ws_msg_rtt', 'avg<2.6', from), { verdict: 'pass', actual: 2.5 });
    assert.deepEqual(evaluate('ws_msg_rtt', 'avg<2.5', from), { verdict: 'fail', actual: 2.5 });
    assert.deepEqual(evaluate('ws_msg_rtt', 'min==1', from), { verdict: 'pass', actual: 1 });
    assert.deepEqual(evaluate('ws_msg_rtt', 'med===1', from), { verdict: 'pass', actual: 1 });
    assert.deepEqual(evaluate('ws_msg_rtt', 'max>4', from), { verdict: 'fail', actual: 4 });
    assert.deepEqual(evaluate('ws_msg_rtt', 'p(99)>=4', from), { verdict: 'pass', actual: 4 });
    assert.deepEqual(evaluate('ws_msg_rtt', 'p(50)!=1', from), { verdict: 'fail', actual: 1 });
    assert.deepEqual(evaluate('ws_msg_rtt', 'p(50)<=1', from), { verdict: 'pass', actual: 1 });
  });

  it('never passes a trend or a rate without samples', () => {
    const from = measured();
    for (const expression of ['p(99)<68', 'avg<1', 'min>=0', 'max<1', 'med<1']) {
      assert.deepEqual(evaluate('session_ready', expression, from), { verdict: 'no-data' }, expression);
    }
    assert.deepEqual(evaluate('checks', 'rate<1', from), { verdict: 'no-data' });
    assert.deepEqual(evaluate('session_failed', 'rate<0.0001', from), { verdict: 'no-data' });
    assert.deepEqual(evaluate('ws_msgs_sent', 'rate<1', { ...from, elapsedMs: 0 }), { verdict: 'no-data' });
    assert.deepEqual(evaluate('checks', 'count<1', from), { verdict: 'no-data' });
  });

  it('takes zero for an answer where something is counted', () => {
    assert.deepEqual(evaluate('timeouts', 'count==0', measured()), { verdict: 'pass', actual: 0 });
    assert.deepEqual(evaluate('ws_msgs_received', 'count>=10', measured()), { verdict: 'fail', actual: 0 });
  });

  it('derives rates, errors and gauges', () => {
    const from = { ...measured(), errors: 30 };
    from.recorders[0].count(COUNTER.checks_passed, 3);
    from.recorders[1].count(COUNTER.checks_failed, 1);
    from.recorders[0].count(COUNTER.sessions_ready, 9_999);
    from.recorders[1].count(COUNTER.sessions_failed, 1);
    from.recorders[0].count(COUNTER.ws_msgs_sent, 50);
    from.recorders[1].count(COUNTER.ws_msgs_sent, 70);
    from.recorders[0].gauge(GAUGE.clients_peak_open, 5);
    from.recorders[1].gauge(GAUGE.clients_peak_open, 6);
    assert.deepEqual(evaluate('checks', 'rate>=0.75', from), { verdict: 'pass', actual: 0.75 });
    assert.deepEqual(evaluate('session_failed', 'rate<0.0001', from), { verdict: 'fail', actual: 0.0001 });
    assert.deepEqual(evaluate('ws_msgs_sent', 'count==120', from), { verdict: 'pass', actual: 120 });
    assert.deepEqual(evaluate('ws_msgs_sent', 'rate<12', from), { verdict: 'fail', actual: 12 });
    assert.deepEqual(evaluate('errors', 'count<30', from), { verdict: 'fail', actual: 30 });
    assert.deepEqual(evaluate('clients_max', 'value>=11', from), { verdict: 'pass', actual: 11 });
  });
});
