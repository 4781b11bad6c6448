import { COUNTER, GAUGE, TREND, TREND_NAMES } from '../measure/metric-names.js';
import type { Snapshot } from '../measure/snapshot.js';

/** What is shown while a run goes on, for the terminal and for the page of --live. Plain data; rates are those of the last second. */
export interface LiveFigures {
  readonly name: string;
  readonly elapsedMs: number;
  /** Of the whole plan; 0 when it has no fixed end. */
  readonly durationMs: number;
  readonly clients: {
    readonly planned: number;
    readonly connecting: number;
    readonly open: number;
    readonly ready: number;
    readonly failed: number;
    readonly lost: number;
  };
  /** Messages and HTTP requests count alike. */
  readonly perSecond: { readonly ready: number; readonly sent: number; readonly received: number };
  /** Of the last second, those with samples. */
  readonly trends: readonly LiveTrend[];
  /** The generator's own lateness; null without a sample in the last second. */
  readonly lag: LiveTrend | null;
  readonly messagesMissed: number;
  readonly timeouts: number;
  readonly checksFailed: number;
  /** The most frequent first. */
  readonly errors: LiveErrors;
}

export interface LiveTrend {
  readonly name: string;
  readonly label: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export type LiveErrors = readonly { readonly code: string; readonly count: number }[];

/** What a run is called and how large it is by its plan. */
export interface LiveSubject {
  readonly name: string;
  readonly plannedClients: number;
  readonly durationMs: number;
}

/** How trends are called where there is little room. One that is not here stands in the report only. */
const LABELS: Readonly<Record<string, string>> = {
  session_ready: 'session',
  ws_msg_rtt: 'message',
  http_req_duration: 'http',
  ws_delivery: 'delivery',
  ws_ping: 'heartbeat',
};
const MOST_ERRORS = 10;

export function liveFigures(snapshot: Snapshot, errors: LiveErrors, { name, plannedClients, durationMs }: LiveSubject): LiveFigures {
  const { gauges, totals, counters, trends } = snapshot;
  const seconds = Math.max(snapshot.intervalMs, 1) / 1000;
  const rate = (...of: readonly number[]): number => Math.round(of.reduce((sum, counter) => sum + counters[counter]!, 0) / seconds);
  const trend = (metric: string, label: string): LiveTrend[] => {
    const interval = trends[TREND_NAMES.indexOf(metric as (typeof TREND_NAMES)[number])];
    return interval ? [{ name: metric, label, p50Ms: interval.p50Us / 1000, p99Ms: interval.p99Us / 1000 }] : [];
  };
  return {
    name,
    elapsedMs: snapshot.elapsedMs,
    durationMs,
    clients: {
      planned: plannedClients,
      connecting: gauges[GAUGE.clients_connecting]!,
      open: gauges[GAUGE.clients_open]!,
      ready: gauges[GAUGE.clients_ready]!,
      failed: totals[COUNTER.sessions_failed]!,
      lost: totals[COUNTER.connections_lost]!,
    },
    perSecond: {
      ready: rate(COUNTER.sessions_ready),
      sent: rate(COUNTER.ws_msgs_sent, COUNTER.http_reqs),
      received: rate(COUNTER.ws_msgs_received, COUNTER.http_reqs),
    },
    trends: Object.entries(LABELS).flatMap(([metric, label]) => trend(metric, label)),
    lag: trend(TREND_NAMES[TREND.scheduling_lag]!, 'lag')[0] ?? null,
    messagesMissed: totals[COUNTER.messages_missed]!,
    timeouts: totals[COUNTER.timeouts]!,
    checksFailed: totals[COUNTER.checks_failed]!,
    errors: errors
      .map(({ code, count }) => ({ code, count }))
      .sort((a, b) => b.count - a.count)
      .slice(0, MOST_ERRORS),
  };
}
