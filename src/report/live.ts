import { COUNTER, GAUGE, TREND } from '../measure/metric-names.js';
import type { Snapshot, TrendInterval } from '../measure/snapshot.js';
import { printable } from './printable.js';
import { formatClock, formatCount, formatMs, formatRate } from './quantity.js';

export interface LiveOptions {
  readonly isTty: boolean;
  /** Width of the terminal. */
  readonly columns: number;
  readonly write: (text: string) => void;
  readonly name: string;
  readonly plannedClients: number;
  /** Of the whole plan; 0 when it has no fixed end. */
  readonly durationMs: number;
  /** Nothing at all is written. */
  readonly quiet?: boolean;
}

/** What a person watches while a run goes on. */
export interface LiveView {
  /** Once a second. `errors` are totals by code. */
  update(snapshot: Snapshot, errors?: readonly { readonly code: string; readonly count: number }[]): void;
  /** Leaves what stands on the screen; later updates are ignored. */
  close(): void;
}

type Errors = readonly { readonly code: string; readonly count: number }[];

/** On a terminal a block that is drawn again in place, elsewhere one line a second. */
export function createLiveView(options: LiveOptions): LiveView {
  let closed = options.quiet === true;
  let drawn = 0;
  return {
    update(snapshot, errors = []) {
      if (closed) return;
      if (!options.isTty) {
        options.write(`${oneLine(snapshot, errors, options)}\n`);
        return;
      }
      const lines = block(snapshot, errors, options);
      // Up to the first line of the last drawing; each line is cleared before it is written.
      const up = drawn > 0 ? `\x1b[${drawn}A` : '';
      options.write(up + lines.map((line) => `\x1b[2K${fitted(line, options.columns)}\n`).join(''));
      drawn = lines.length;
    },
    close() {
      closed = true;
    },
  };
}

function block(snapshot: Snapshot, errors: Errors, options: LiveOptions): string[] {
  const rate = ratesOf(snapshot);
  const { totals } = snapshot;
  return [
    progress(snapshot.elapsedMs, options),
    `clients   ${clients(snapshot, options)}`,
    `rate      ready ${rate(COUNTER.sessions_ready)}  sent ${rate(COUNTER.ws_msgs_sent)}  received ${rate(COUNTER.ws_msgs_received)}`,
    `session   ${latency(snapshot.trends[TREND.session_ready])}`,
    `message   ${latency(snapshot.trends[TREND.ws_msg_rtt])}`,
    `lag       ${latency(snapshot.trends[TREND.scheduling_lag])}  missed ${formatCount(totals[COUNTER.messages_missed]!)}`,
    `errors    ${failures(snapshot)}${topError(errors)}`,
  ];
}

function oneLine(snapshot: Snapshot, errors: Errors, options: LiveOptions): string {
  const rate = ratesOf(snapshot);
  const session = snapshot.trends[TREND.session_ready];
  const message = snapshot.trends[TREND.ws_msg_rtt];
  const lag = snapshot.trends[TREND.scheduling_lag];
  const parts = [
    formatClock(snapshot.elapsedMs),
    clients(snapshot, options),
    `${rate(COUNTER.sessions_ready)} ready`,
    `${rate(COUNTER.ws_msgs_sent)} sent`,
    ...(session ? [`session p99 ${formatMs(session.p99Us / 1000)}`] : []),
    ...(message ? [`message p99 ${formatMs(message.p99Us / 1000)}`] : []),
    ...(lag ? [`lag p99 ${formatMs(lag.p99Us / 1000)}`] : []),
    `${failures(snapshot)}${topError(errors)}`,
  ];
  return parts.join('  ');
}

function clients(snapshot: Snapshot, options: LiveOptions): string {
  const gauge = (id: number): string => formatCount(snapshot.gauges[id]!);
  const open = `open ${gauge(GAUGE.clients_open)}  connecting ${gauge(GAUGE.clients_connecting)}`;
  return `ready ${gauge(GAUGE.clients_ready)} of ${formatCount(options.plannedClients)}  ${open}`;
}

function ratesOf(snapshot: Snapshot): (counter: number) => string {
  const seconds = Math.max(snapshot.intervalMs, 1) / 1000;
  return (counter) => formatRate(Math.round(snapshot.counters[counter]! / seconds));
}

function latency(trend: TrendInterval | undefined): string {
  return trend ? `p50 ${formatMs(trend.p50Us / 1000)}  p99 ${formatMs(trend.p99Us / 1000)}` : 'no samples';
}

function failures({ totals }: Snapshot): string {
  const total = (counter: number): string => formatCount(totals[counter]!);
  const checks = totals[COUNTER.checks_failed]! > 0 ? `  checks failed ${total(COUNTER.checks_failed)}` : '';
  return `failed ${total(COUNTER.sessions_failed)}  lost ${total(COUNTER.connections_lost)}  timeouts ${total(COUNTER.timeouts)}${checks}`;
}

function topError(errors: Errors): string {
  const top = errors.reduce<Errors[number] | undefined>((most, error) => (most && most.count >= error.count ? most : error), undefined);
  return top ? `  ${printable(top.code, 30)} x ${formatCount(top.count)}` : '';
}

/** "lobby  01:23 of 03:00  [#########---------]  01:37 left" */
function progress(elapsedMs: number, { name, durationMs, columns }: LiveOptions): string {
  const title = `${printable(name, 24)}  ${formatClock(elapsedMs)}`;
  if (durationMs <= 0) return title;
  const head = `${title} of ${formatClock(durationMs)}  `;
  const left = elapsedMs < durationMs ? `  ${formatClock(durationMs - elapsedMs)} left` : '  draining';
  const room = Math.min(40, columns - 1 - head.length - left.length - 2);
  if (room < 5) return head + left.trim();
  const filled = Math.min(room, Math.floor((elapsedMs / durationMs) * room));
  return `${head}[${'#'.repeat(filled)}${'-'.repeat(room - filled)}]${left}`;
}

/** Cut to less than the width: a line that wraps would put the next drawing in the wrong place. */
function fitted(line: string, columns: number): string {
  // A character outside ASCII may be two cells wide.
  return line.replace(/[^\x20-\x7e]/g, '?').slice(0, Math.max(1, columns - 1));
}
