import { Histogram } from '../../../src/measure/histogram.js';
import { BUCKETS, bucketOf } from '../../../src/measure/recorder.js';
import type { TrendRecord } from '../../../src/report/metrics.js';
import { buildReport, type Report } from '../../../src/report/report.js';
import { sampleRun, threshold } from '../sample-run.js';

/** Random numbers that are the same each time (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** V2 of log-normal durations around `medianUs`. */
function histogramAround(random: () => number, medianUs: number, spread: number): Histogram {
  const counts = new Float64Array(BUCKETS);
  let [minUs, maxUs, sumUs] = [Number.POSITIVE_INFINITY, 0, 0];
  for (let sample = 0; sample < 30_000; sample++) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const us = Math.max(1, Math.round(medianUs * Math.exp(spread * normal)));
    counts[bucketOf(us)]!++;
    minUs = Math.min(minUs, us);
    maxUs = Math.max(maxUs, us);
    sumUs += us;
  }
  return new Histogram(counts, { minUs, maxUs, sumUs, overflow: 0, invalid: 0 });
}

/**
 * A report of `seconds` at 1 s steps with every column that a run with a watched target keeps, shaped like a ramp to 10,000
 * clients, a hold with a stall in its middle, and a drain. `slower` makes it a run to compare with.
 */
export function longRun(seconds = 600, { seed = 1, slower = 1 } = {}): Report {
  const random = randomNumbers(seed);
  const noise = (): number => 0.85 + 0.3 * random();
  const base = buildReport({ ...sampleRun(), durationMs: seconds * 1000 });
  const columns: Record<string, (number | null)[]> = {};
  const put = (second: number, name: string, value: number): void => {
    columns[name] ??= new Array<number | null>(seconds).fill(null);
    columns[name]![second] = value;
  };
  const rampSeconds = Math.round(seconds * 0.15);
  const holdEnd = Math.round(seconds * 0.95);
  const stallAt = Math.round(seconds * 0.55);
  for (let second = 0; second < seconds; second++) {
    const share =
      second < rampSeconds ? (second + 1) / rampSeconds : second < holdEnd ? 1 : Math.max(0, 1 - (second - holdEnd) / (seconds - holdEnd));
    const open = Math.round(10_000 * share);
    const isStalled = second >= stallAt && second < stallAt + Math.max(2, seconds / 120);
    const pain = slower * (isStalled ? 14 : 1);
    put(second, 'elapsedMs', (second + 1) * 1000 + Math.round(random() * 6));
    put(second, 'clients_connecting', second < rampSeconds ? Math.round(20 * random()) : 0);
    put(second, 'clients_open', open);
    put(second, 'clients_ready', Math.max(0, open - Math.round(8 * random())));
    put(second, 'connects_started', second < rampSeconds ? Math.round(10_000 / rampSeconds) : 0);
    put(second, 'sessions_failed', isStalled ? Math.round(3 * random()) : 0);
    put(second, 'timeouts', isStalled ? Math.round(40 * random()) : 0);
    put(second, 'checks_failed', isStalled ? Math.round(15 * random()) : 0);
    put(second, 'messages_missed', 0);
    put(second, 'ws_msgs_sent', Math.round(open * noise()));
    put(second, 'ws_msgs_received', Math.round(open * noise() * (isStalled ? 0.4 : 1)));
    put(second, 'data_sent', Math.round(open * 64 * noise()));
    put(second, 'data_received', Math.round(open * 48 * noise()));
    const trend = (name: string, p50: number, tail: number): void => {
      const middle = p50 * noise();
      put(second, `${name}_count`, open);
      put(second, `${name}_p50`, round(middle));
      put(second, `${name}_p90`, round(middle * tail ** 0.5 * noise()));
      put(second, `${name}_p99`, round(middle * tail * noise()));
      put(second, `${name}_max`, round(middle * tail * 2.2 * noise()));
    };
    if (second < rampSeconds) {
      trend('tcp_connecting', 0.4, 3);
      trend('ws_upgrading', 1.6 * slower, 5);
      trend('auth_duration', 2.2 * slower, 6);
      trend('session_ready', 4.6 * slower, 6);
    }
    if (open > 0) {
      trend('ws_msg_rtt', 1.3 * pain, 7);
      trend('ws_msg_service', 1.1 * pain, 6);
      trend('scheduling_lag', 0.12, 6);
    }
    put(second, 'generator_rss_bytes', Math.round((110 + 31 * share) * 2 ** 20));
    put(second, 'generator_utilisation', round(0.1 + 0.35 * share * noise()));
    put(second, 'target_rss_bytes', Math.round((140 + 620 * share * slower + 12 * random()) * 2 ** 20));
    put(second, 'target_cpu_cores', round(0.1 + 1.3 * share * noise() * slower));
    put(second, 'target_loop_p99_ms', round(1.4 * pain * noise()));
    put(second, 'target_gc_ms', round(9 * share * slower * noise()));
  }
  const measured = {
    ws_msg_rtt: histogramAround(random, 1300 * slower, 0.75),
    ws_msg_service: histogramAround(random, 1100 * slower, 0.7),
    session_ready: histogramAround(random, 4600 * slower, 0.65),
    tcp_connecting: histogramAround(random, 400, 0.4),
    ws_upgrading: histogramAround(random, 1600 * slower, 0.6),
    auth_duration: histogramAround(random, 2200 * slower, 0.6),
  };
  const histograms = Object.fromEntries(Object.entries(measured).map(([name, histogram]) => [name, histogram.toV2Base64()]));
  const trends = Object.fromEntries(Object.entries(measured).map(([name, histogram]) => [name, trendOf(histogram)]));
  return {
    ...base,
    metrics: { ...base.metrics, ...trends },
    target: {
      ...base.target,
      rssPeakBytes: Math.round(770 * slower * 2 ** 20),
      cpuSeconds: round(1.2 * seconds * slower),
      gcPerMinute: round(18 * slower * (0.97 + 0.06 * random())),
    },
    scenario: 'lobby',
    durationMs: seconds * 1000,
    histograms,
    timeline: { stepMs: 1000, ...columns },
    errors: [
      { code: 'message.timeout', count: 412, first: 'no answer to op move within 1 s' },
      { code: 'ECONNRESET', count: 7, first: 'read ECONNRESET 127.0.0.1:9000' },
    ],
    thresholds: [
      ...base.thresholds,
      { ...threshold('ws_msg_rtt', 'p(99)<20'), verdict: 'fail' as const, actual: 24.18 },
      { ...threshold('scheduling_lag', 'p(99)<5', 'warn'), verdict: 'pass' as const, actual: 1.2 },
    ].map(({ metric, expression, level, verdict, actual }) => ({ metric, expression, level, verdict, actual })),
    verdict: 'fail',
    exitCode: 99,
    reason: 'threshold ws_msg_rtt p(99)<20 failed: p(99)=24.2 ms',
    findings: ['412 messages were not answered within their time'],
    generator: {
      ...base.generator,
      hold: { fromMs: rampSeconds * 1000, untilMs: holdEnd * 1000, lagSamples: 4_000_000, lagP99Ms: 1.2, lagLimitMs: 5 },
    },
  };
}

function trendOf(histogram: Histogram): TrendRecord {
  const ms = (percent: number): number => round(histogram.percentileUs(percent)! / 1000);
  const { count, minUs, meanUs, maxUs } = histogram;
  return {
    type: 'trend',
    unit: 'ms',
    count,
    min: round(minUs! / 1000),
    avg: round(meanUs! / 1000),
    med: ms(50),
    p90: ms(90),
    p95: ms(95),
    p99: ms(99),
    p999: ms(99.9),
    max: round(maxUs! / 1000),
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
