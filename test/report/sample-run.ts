import { COUNTER, GAUGE, TREND } from '../../src/measure/metric-names.js';
import { Recorder } from '../../src/measure/recorder.js';
import { Snapshots, type TrendGrowth } from '../../src/measure/snapshot.js';
import { Timeline } from '../../src/measure/timeline.js';
import type { ReportInput } from '../../src/report/report.js';
import type { ThresholdSpec } from '../../src/scenario/plan.js';

export const CLIENTS = 10_000;

export function threshold(metric: string, expression: string, level: 'error' | 'warn' = 'error'): ThresholdSpec {
  return { metric, expression, level, abortOnFail: false, delayAbortEvalUs: 0 };
}

/**
 * A run whose figures can be worked out by hand. 10,000 clients on two workers become ready in the first two seconds;
 * client c needs c + 1 us for TCP, 100 us for the upgrade, 200 us to authenticate. Each sends two operations; message m
 * (from 1) of 20,000 takes m us, 30 us of them on our side. All of it is late by 30 us. `onGrowth` hears of its seconds.
 */
export function sampleRun(onGrowth?: (growth: TrendGrowth) => void): ReportInput & { readonly recorders: [Recorder, Recorder] } {
  const recorders: [Recorder, Recorder] = [newRecorder(), newRecorder()];
  const snapshots = new Snapshots(recorders, 0, onGrowth);
  const timeline = new Timeline();
  for (let second = 1; second <= 2; second++) {
    for (let client = (second - 1) * 5000; client < second * 5000; client++) becomeReady(recorders[client % 2]!, client);
    for (const recorder of recorders) {
      recorder.gauge(GAUGE.clients_open, second * 2500);
      recorder.gauge(GAUGE.clients_ready, second * 2500);
      recorder.gauge(GAUGE.clients_peak_open, second * 2500);
    }
    timeline.add(snapshots.take(second * 1e6));
  }
  for (let message = 1; message <= 2 * CLIENTS; message++) exchange(recorders[message % 2]!, message);
  timeline.add(snapshots.take(3e6));
  for (let second = 4; second <= 20; second++) timeline.add(snapshots.take(second * 1e6));
  return {
    plan: {
      name: 'sample',
      hash: 'ab'.repeat(32),
      plannedClients: CLIENTS,
      authenticates: true,
      seed: 7,
      tags: { branch: 'main' },
      thresholds: [threshold('session_ready', 'p(99)<68'), threshold('checks', 'rate>0.99')],
    },
    startedAtUnixMs: Date.UTC(2026, 10, 22, 21, 11, 41),
    durationMs: 20_000,
    transport: { kind: 'uring', reason: 'auto: io_uring works here' },
    recorders,
    errors: [],
    generator: {
      threads: 2,
      rings: 2,
      rssStartBytes: 60 * 2 ** 20,
      rssPeakBytes: 60 * 2 ** 20 + 310 * CLIENTS,
      cpuSeconds: 3.2,
      workerCpuSeconds: [1.5, 1.6],
    },
    target: {
      url: 'ws://127.0.0.1:9000/v1/ws',
      pid: 4242,
      rssPeakBytes: 1.25 * 2 ** 30,
      cpuSeconds: 10.3,
      gcPerMinute: 12,
      opsSeen: 2 * CLIENTS,
    },
    timeline: timeline.toRecord(),
    connectingMs: timeline.connectingMs,
    environment: { node: 'v20.20.2', cores: 2 },
  };
}

function newRecorder(): Recorder {
  return new Recorder(new SharedArrayBuffer(Recorder.byteLength));
}

function becomeReady(recorder: Recorder, client: number): void {
  recorder.record(TREND.tcp_connecting, client + 1);
  recorder.record(TREND.ws_upgrading, 100);
  recorder.record(TREND.ws_connecting, client + 101);
  recorder.record(TREND.auth_duration, 200);
  recorder.record(TREND.session_ready, client + 331);
  recorder.record(TREND.scheduling_lag, 30);
  recorder.count(COUNTER.connects_started);
  recorder.count(COUNTER.connects_established);
  recorder.count(COUNTER.ws_sessions);
  recorder.count(COUNTER.sessions_ready);
  recorder.count(COUNTER.heartbeats_sent);
  recorder.count(COUNTER.heartbeats_answered);
}

function exchange(recorder: Recorder, message: number): void {
  recorder.record(TREND.ws_msg_rtt, message);
  recorder.record(TREND.ws_msg_service, Math.max(1, message - 30));
  recorder.record(TREND.scheduling_lag, 30);
  recorder.count(COUNTER.messages_planned);
  recorder.count(COUNTER.ws_msgs_sent);
  recorder.count(COUNTER.ws_msgs_received);
  recorder.count(COUNTER.data_sent, 64);
  recorder.count(COUNTER.data_received, 48);
  recorder.count(COUNTER.checks_passed);
  recorder.count(COUNTER.ledger_sent);
  recorder.count(COUNTER.ledger_ok);
}
