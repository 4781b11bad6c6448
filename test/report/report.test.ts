import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { COUNTER, COUNTER_NAMES, TREND } from '../../src/measure/metric-names.js';
import { buildReport } from '../../src/report/report.js';
import { CLIENTS, sampleRun, threshold } from './sample-run.js';

describe('buildReport', () => {
  it('has the fields that conventions.md promises, under their names', () => {
    const report = JSON.parse(JSON.stringify(buildReport(sampleRun()))) as Record<string, Record<string, unknown>>;
    const promised: Record<string, readonly string[]> = {
      clients: ['planned', 'connected', 'ready', 'failed', 'peakOpen', 'lost'],
      ledger: ['sent', 'ok', 'fail', 'indeterminate'],
      generator: ['threads', 'rings', 'rssPeakBytes', 'bytesPerClient', 'cpuSeconds', 'lagP99Ms', 'saturated', 'connectsPerSecond'],
      target: ['pid', 'rssPeakBytes', 'cpuSeconds', 'gcPerMinute'],
      timeline: ['stepMs'],
    };
    for (const [section, fields] of Object.entries(promised)) {
      for (const field of fields) assert.ok(field in report[section]!, `${section}.${field}`);
    }
    const top = [
      'schema',
      'scenario',
      'startedAt',
      'durationMs',
      'transport',
      'verdict',
      'exitCode',
      'metrics',
      'histograms',
      'thresholds',
    ];
    for (const field of [...top, 'errors', 'environment', 'seed']) assert.ok(field in report, field);
    const trend = ['type', 'unit', 'count', 'min', 'avg', 'med', 'p90', 'p95', 'p99', 'p999', 'max'];
    assert.deepEqual(Object.keys(report.metrics!.session_ready as object), trend);
    assert.deepEqual(Object.keys(report.metrics!.ws_msgs_sent as object), ['type', 'count', 'rate']);
    assert.deepEqual(Object.keys(report.metrics!.checks as object), ['type', 'rate', 'passes', 'fails']);
    assert.deepEqual(Object.keys((report.thresholds as unknown as object[])[0]!), ['metric', 'expression', 'level', 'verdict', 'actual']);
  });

  it('works out what the sample run must give', () => {
    const report = buildReport(sampleRun());
    assert.equal(report.startedAt, '2026-11-22T21:11:41.000Z');
    assert.deepEqual(report.clients, { planned: CLIENTS, connected: CLIENTS, ready: CLIENTS, failed: 0, peakOpen: CLIENTS, lost: 0 });
    assert.deepEqual(report.ledger, { sent: 20_000, ok: 20_000, fail: 0, indeterminate: 0 });
    assert.deepEqual(report.metrics.ws_upgrading, {
      ...{ type: 'trend', unit: 'ms', count: CLIENTS, min: 0.1, avg: 0.1 },
      ...{ med: 0.1, p90: 0.1, p95: 0.1, p99: 0.1, p999: 0.1, max: 0.1 },
    });
    const session = report.metrics.session_ready;
    assert.ok(session?.type === 'trend');
    // 331 .. 10,330 us: the mean is in the middle, the percentile within 0.1 %.
    assert.equal(session.avg, 5.331);
    assert.equal(session.min, 0.331);
    assert.equal(session.max, 10.33);
    assert.ok(Math.abs(session.p99 - 10.23) <= 0.011, `${session.p99}`);
    assert.deepEqual(report.metrics.ws_msgs_sent, { type: 'counter', count: 20_000, rate: 1000 });
    assert.deepEqual(report.metrics.checks, { type: 'rate', rate: 1, passes: 20_000, fails: 0 });
    assert.equal(report.metrics.login_duration, undefined);
    assert.equal(report.generator.bytesPerClient, 310);
    assert.equal(report.generator.busiestWorker, 0.08);
    assert.equal(report.generator.lagP99Ms, 0.03);
    assert.equal(report.generator.connectsPerSecond, 5000);
    assert.equal(report.generator.saturated, false);
    assert.deepEqual([report.verdict, report.exitCode], ['pass', 0]);
  });

  it('keeps the whole histogram of every trend that has samples', () => {
    const report = buildReport(sampleRun());
    const trends = Object.keys(report.metrics).filter((name) => report.metrics[name]!.type === 'trend');
    assert.deepEqual(Object.keys(report.histograms), trends);
    assert.equal(decodeFromCompressedBase64(report.histograms.ws_msg_rtt!, 64).totalCount, 20_000);
  });

  it('lists every counter, also one that stayed at zero', () => {
    const { metrics } = buildReport(sampleRun());
    for (const name of COUNTER_NAMES) assert.equal(metrics[name]?.type, 'counter', name);
  });

  it('says null, and not 0, for what could not be taken', () => {
    const run = sampleRun();
    for (const recorder of run.recorders) recorder.reset();
    const report = buildReport({ ...run, durationMs: 0, connectingMs: 0 });
    assert.equal(report.generator.lagP99Ms, null);
    assert.equal(report.generator.bytesPerClient, null);
    assert.equal(report.generator.connectsPerSecond, null);
    assert.deepEqual(report.metrics.ws_msgs_sent, { type: 'counter', count: 0, rate: null });
    assert.deepEqual(report.metrics.checks, { type: 'rate', rate: null, passes: 0, fails: 0 });
    assert.equal(report.thresholds[0]!.actual, null);
  });

  it('counts connected clients for the pace where the flow does not authenticate', () => {
    const run = sampleRun();
    for (const recorder of run.recorders) recorder.counters[COUNTER.sessions_ready] = 0;
    const report = buildReport({ ...run, plan: { ...run.plan, authenticates: false } });
    assert.equal(report.generator.connectsPerSecond, 5000);
    assert.equal(report.verdict, 'pass');
  });

  it('puts the most frequent error first and leaves the input as it is', () => {
    const errors = [
      { code: 'A', count: 1, first: 'a' },
      { code: 'B', count: 9, first: 'b' },
    ];
    const report = buildReport({ ...sampleRun(), errors });
    assert.deepEqual(
      report.errors.map(({ code }) => code),
      ['B', 'A'],
    );
    assert.equal(errors[0]!.code, 'A');
    assert.deepEqual(report.metrics.errors, { type: 'counter', count: 10, rate: 0.5 });
  });

  it('says how many samples lay beyond the range', () => {
    const run = sampleRun();
    run.recorders[1].record(TREND.ws_msg_rtt, 200_000_000);
    const trend = buildReport(run).metrics.ws_msg_rtt;
    assert.ok(trend?.type === 'trend');
    assert.equal(trend.overflow, 1);
    assert.equal(trend.max, 200_000);
  });

  it('does not change the recorders', () => {
    const run = sampleRun();
    const before = run.recorders.map((recorder) => recorder.buckets.slice());
    buildReport({ ...run, plan: { ...run.plan, thresholds: [threshold('ws_msg_rtt', 'p(50)<1')] } });
    assert.deepEqual(
      run.recorders.map((recorder) => recorder.buckets),
      before,
    );
  });
});
