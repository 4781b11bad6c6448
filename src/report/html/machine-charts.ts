import type { Report } from '../report.js';
import { type Chart, hasValues, type Line, type MissingChart, type Tone, type Unit } from './chart.js';
import type { Columns } from './columns.js';

const TONES: readonly Tone[] = ['blue', 'teal', 'amber', 'violet', 'red', 'grey'];

/** The columns that one chart takes, in the order of the page: of the server (target_) and of gwrk itself (generator_, lag). */
const CHARTS: readonly {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly takes: RegExp;
  readonly isOfServer: boolean;
  /** What the missing chart is for want of. */
  readonly without?: string;
}[] = [
  { id: 'server-cpu', title: 'Server CPU', unit: 'cores', takes: /^target_.*cpu.*cores$|^target_cpu/u, isOfServer: true },
  { id: 'server-memory', title: 'Server memory', unit: 'bytes', takes: /^target_.*bytes$/u, isOfServer: true },
  { id: 'server-loop', title: 'Server event loop', unit: 'ms', takes: /^target_.*(loop|delay|lag).*(ms|p50|p99|max)$/u, isOfServer: true },
  { id: 'server-gc', title: 'Server garbage collection', unit: 'ms', takes: /^target_gc.*ms$/u, isOfServer: true },
  { id: 'server-gc-count', title: 'Server garbage collections', unit: 'count', takes: /^target_gc/u, isOfServer: true },
  { id: 'server-share', title: 'Server utilisation', unit: 'share', takes: /^target_.*(utili[sz]ation|elu|share)$/u, isOfServer: true },
  { id: 'server-else', title: 'Server, other counts', unit: 'count', takes: /^target_/u, isOfServer: true },
  {
    id: 'lag',
    title: 'Generator lag',
    unit: 'ms',
    takes: /^(scheduling_lag|pacing_lag)_(p99|max)$|^generator_.*(lag|delay).*(ms|p50|p99|max)$/u,
    isOfServer: false,
  },
  {
    id: 'generator-share',
    title: 'Generator utilisation',
    unit: 'share',
    takes: /^generator_.*(utili[sz]ation|elu|share|busy)/u,
    isOfServer: false,
  },
  { id: 'generator-cpu', title: 'Generator CPU', unit: 'cores', takes: /^generator_.*cores$/u, isOfServer: false },
  { id: 'generator-memory', title: 'Generator memory', unit: 'bytes', takes: /^generator_.*bytes$/u, isOfServer: false },
  { id: 'generator-ms', title: 'Generator pauses', unit: 'ms', takes: /^generator_.*ms$/u, isOfServer: false },
  { id: 'generator-else', title: 'Generator, other counts', unit: 'count', takes: /^generator_/u, isOfServer: false },
];

/** Whose absence is worth a word. */
const EXPECTED = new Set(['server-cpu', 'server-memory', 'server-loop', 'server-gc', 'lag', 'generator-share']);

/**
 * Charts of the two machines, out of whatever columns the timeline has: each column goes to the first chart that takes it, so
 * one that a later gwrk adds is drawn too.
 */
export function machineCharts(columns: Columns, report: Report): { charts: Chart[]; missing: MissingChart[] } {
  const free = new Set(columns.names);
  const charts: Chart[] = [];
  const missing: MissingChart[] = [];
  for (const { id, title, unit, takes, isOfServer } of CHARTS) {
    const taken = [...free].filter((name) => takes.test(name));
    for (const name of taken) free.delete(name);
    const lines = taken
      .map((name): Line => ({ label: labelOf(name), tone: 'blue', values: columns.get(name) }))
      .filter(({ values }) => hasValues(values))
      .slice(0, TONES.length)
      .map((line, index) => ({ ...line, tone: TONES[index]! }));
    if (lines.length > 0) charts.push({ id, title, unit, lines });
    else if (EXPECTED.has(id)) missing.push({ title, reason: isOfServer ? (report.target.reason ?? 'no figure of it came') : 'not kept' });
  }
  return { charts, missing };
}

/** "target_rss_bytes" -> "RSS", "scheduling_lag_p99" -> "scheduling lag p99". */
function labelOf(column: string): string {
  return column
    .replace(/^(target|generator)_/u, '')
    .replace(/_(bytes|cores|ms)$/u, '')
    .replace(/^fds$/u, 'descriptors')
    .replaceAll('_', ' ')
    .replace(/\b(rss|cpu|gc|elu|fds)\b/gu, (word) => word.toUpperCase());
}
