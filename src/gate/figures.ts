import type { Report } from '../report/report.js';
import { figureOf } from './figure-of-run.js';
import { type GateMetric, parseGateMetric } from './gate-metric.js';
import type { FigureRow } from './gate-record.js';
import type { SeriesRun } from './series.js';
import { sideOf } from './verdict.js';

interface FigureSource {
  readonly name: string;
  readonly unit: FigureRow['unit'];
  valueOf(report: Report): number | undefined;
}

const MEBIBYTE = 2 ** 20;

const ofTrend = (metric: GateMetric): FigureSource => ({
  name: metric.name,
  unit: 'ms',
  valueOf: (report) => figureOf(report, metric).value,
});

/** Shown beside what gates: they explain a change, or warn of one, and decide nothing. */
const BESIDE: readonly FigureSource[] = [
  ...[
    'session_ready p(99)',
    'ws_msg_rtt p(99)',
    'ws_msg_rtt med',
    'ws_msg_service p(99)',
    'http_req_duration p(99)',
    'scheduling_lag p(99)',
  ].map((name) => ofTrend(parseGateMetric(name)!)),
  { name: 'target CPU', unit: 's', valueOf: ({ target }) => target.cpuSeconds ?? undefined },
  {
    name: 'target peak RSS',
    unit: 'MiB',
    valueOf: ({ target }) => (target.rssPeakBytes === null ? undefined : target.rssPeakBytes / MEBIBYTE),
  },
  { name: 'target GC', unit: '/min', valueOf: ({ target }) => target.gcPerMinute ?? undefined },
];

/** Medians and ranges of what was not judged, where there is anything to say. */
export function figureRows(
  metrics: readonly GateMetric[],
  judged: ReadonlySet<string>,
  before: readonly SeriesRun[],
  after: readonly SeriesRun[],
): FigureRow[] {
  const sources = new Map([...metrics.map(ofTrend), ...BESIDE].map((source) => [source.name, source]));
  return [...sources.values()].flatMap(({ name, unit, valueOf: read }): FigureRow[] => {
    if (judged.has(name)) return [];
    const valuesOf = (runs: readonly SeriesRun[]): number[] => runs.flatMap(({ report }) => read(report) ?? []);
    const [a, b] = [valuesOf(before), valuesOf(after)].map((values) => (values.length > 0 ? sideOf(values) : undefined));
    if (!a && !b) return [];
    return [
      {
        metric: name,
        unit,
        ...(a && { before: a }),
        ...(b && { after: b }),
        ...(a && b && a.median > 0 && { ratio: b.median / a.median }),
      },
    ];
  });
}
