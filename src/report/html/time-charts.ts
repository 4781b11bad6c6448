import type { Report } from '../report.js';
import { type Chart, hasValues, type Line, type MissingChart, type Tone, type Unit } from './chart.js';
import { alignedTo, Columns } from './columns.js';
import { machineCharts } from './machine-charts.js';

/** The charts that share one time axis. */
export interface TimeCharts {
  readonly seconds: readonly number[];
  readonly charts: readonly Chart[];
  /** What the run has no figures of. */
  readonly missing: readonly MissingChart[];
}

type Draw = (columns: Columns) => (number | null)[];
type Wanted = readonly [label: string, tone: Tone, draw: Draw, more?: { readonly dashed?: boolean; readonly overlay?: boolean }];

const ERRORS: readonly (readonly [column: string, label: string, tone: Tone])[] = [
  ['sessions_failed', 'sessions failed', 'red'],
  ['timeouts', 'timeouts', 'amber'],
  ['checks_failed', 'checks failed', 'violet'],
  ['connections_lost', 'connections lost', 'blue'],
  ['heartbeats_missed', 'heartbeats missed', 'teal'],
  ['messages_missed', 'messages never sent', 'grey'],
  ['dropped_iterations', 'arrivals dropped', 'grey'],
];

/** What messages are, by the trend that has samples: the first of these. */
const MESSAGES: readonly (readonly [trend: string, title: string])[] = [
  ['ws_msg_rtt', 'Message response time'],
  ['http_req_duration', 'HTTP response time'],
  ['ws_ping', 'Heartbeat response time'],
];

/** Every chart over time that the report has figures for; those of `before`, where it is given, lie behind in grey. */
export function timeCharts(report: Report, before?: Report): TimeCharts {
  const columns = new Columns(report.timeline);
  const other = before && new Columns(before.timeline);
  const missing: MissingChart[] = [];
  const charts: Chart[] = [];
  const add = (id: string, title: string, unit: Unit, wanted: readonly Wanted[], more: Partial<Chart> = {}): void => {
    const lines = wanted.flatMap(([label, tone, draw, { overlay, dashed } = {}]): Line[] => {
      const values = draw(columns);
      if (!hasValues(values)) return [];
      const own: Line = { label, tone, values, ...(dashed && { dashed }) };
      const past = overlay && other ? alignedTo(columns.seconds, other.seconds, draw(other)) : [];
      return hasValues(past) ? [{ label: `${label}, before`, tone: 'grey', values: past, isBefore: true }, own] : [own];
    });
    const isThere = lines.some(({ isBefore }) => !isBefore);
    if (isThere) charts.push({ id, title, unit, ...more, lines: lines.toSorted((a, b) => Number(!!b.isBefore) - Number(!!a.isBefore)) });
    else missing.push({ title, reason: 'no sample in this run' });
  };

  const planned = report.clients.planned;
  add('connections', 'Connections', 'count', [
    ['planned', 'grey', plannedOver(planned), { dashed: true }],
    ['open', 'blue', (from) => from.get('clients_open'), { overlay: true }],
    ['ready', 'teal', (from) => from.get('clients_ready')],
    ['failed', 'red', (from) => from.total('sessions_failed')],
  ]);
  add(
    'connect',
    'Time to connect',
    'ms',
    [
      ['TCP p99', 'teal', (from) => from.get('tcp_connecting_p99')],
      ['upgrade p99', 'amber', (from) => from.get('ws_upgrading_p99')],
      ['auth p99', 'violet', (from) => from.get('auth_duration_p99')],
      ['ready p50', 'blue', (from) => from.get('session_ready_p50'), { dashed: true }],
      ['ready p99', 'blue', (from) => from.get('session_ready_p99'), { overlay: true }],
    ],
    { isLog: true },
  );
  const [trend, title] = MESSAGES.find(([name]) => hasValues(columns.get(`${name}_count`))) ?? MESSAGES[0]!;
  add(
    'messages',
    title,
    'ms',
    [
      ['p50', 'teal', (from) => from.get(`${trend}_p50`)],
      ['p90', 'amber', (from) => from.get(`${trend}_p90`)],
      ['p99', 'blue', (from) => from.get(`${trend}_p99`), { overlay: true }],
      ['max', 'red', (from) => from.get(`${trend}_max`), { dashed: true }],
    ],
    { isLog: true, ...(columns.has(`${trend}_p90`) ? {} : { note: 'p90 was not kept a second' }) },
  );
  add('throughput', 'Messages a second', 'perSecond', [
    ['sent', 'blue', (from) => from.perSecond('ws_msgs_sent'), { overlay: true }],
    ['received', 'teal', (from) => from.perSecond('ws_msgs_received')],
  ]);
  add('data', 'Data a second', 'bytesPerSecond', [
    ['sent', 'blue', (from) => from.perSecond('data_sent')],
    ['received', 'teal', (from) => from.perSecond('data_received')],
  ]);
  const kinds = ERRORS.filter(([column]) => columns.get(column).some((value) => value !== null && value > 0));
  if (kinds.length > 0) {
    const wanted = kinds.map(([column, label, tone]): Wanted => [label, tone, (from) => from.perSecond(column)]);
    add('errors', 'Errors a second', 'perSecond', wanted, { isStacked: true });
  }
  const machine = machineCharts(columns, report);
  return {
    seconds: columns.seconds,
    charts: [...charts, ...machine.charts],
    missing: [...missing, ...machine.missing],
  };
}

/** The plan over time where the timeline holds it; else the whole of it. */
function plannedOver(planned: number): Draw {
  return (columns) => (columns.has('clients_planned') ? columns.get('clients_planned') : columns.seconds.map(() => planned));
}
