import { TREND_NAMES } from '../../measure/metric-names.js';
import { percentileCurve } from '../../measure/percentile-curve.js';
import type { Report } from '../report.js';
import type { Chart, Line, Tone } from './chart.js';

/** Latency along its percentiles, out of the whole histograms. x is log10 1 / (1 - q). */
export interface PercentilePlot {
  readonly nines: readonly number[];
  readonly chart: Chart;
}

type Wanted = readonly [trend: string, label: string, tone: Tone, dashed: boolean, overlay: boolean];

const PLOTS: readonly { readonly id: string; readonly title: string; readonly lines: readonly Wanted[] }[] = [
  {
    id: 'message-percentiles',
    title: 'Messages by percentile',
    lines: [
      ['ws_msg_rtt', 'response', 'blue', false, true],
      ['ws_msg_service', 'service', 'teal', true, false],
    ],
  },
  {
    id: 'http-percentiles',
    title: 'HTTP requests by percentile',
    lines: [['http_req_duration', 'response', 'blue', false, true]],
  },
  {
    id: 'connect-percentiles',
    title: 'Connecting by percentile',
    lines: [
      ['session_ready', 'ready', 'blue', false, true],
      ['tcp_connecting', 'TCP', 'teal', true, false],
      ['ws_upgrading', 'upgrade', 'amber', true, false],
      ['auth_duration', 'auth', 'violet', true, false],
    ],
  },
];

/** The plots that the run has histograms for; a baseline's curve lies behind in grey. */
export function percentilePlots(report: Report, before?: Report): PercentilePlot[] {
  return PLOTS.flatMap(({ id, title, lines }) => {
    const curves = lines.flatMap(([trend, label, tone, dashed, overlay]) => {
      const own = curveOf(report, trend);
      if (own === undefined) return [];
      const past = overlay && before ? curveOf(before, trend) : undefined;
      const line = { label, tone, ...(dashed && { dashed }), curve: own };
      return past ? [{ label: `${label}, before`, tone: 'grey' as const, isBefore: true, curve: past }, line] : [line];
    });
    if (curves.length === 0) return [];
    const nines = curves.map(({ curve }) => curve.nines).reduce((longest, one) => (one.length > longest.length ? one : longest));
    const drawn = curves.map(({ curve, ...line }): Line => ({ ...line, values: nines.map((_, index) => curve.ms[index] ?? null) }));
    return [{ nines, chart: { id, title, unit: 'ms' as const, isLog: true, lines: drawn.toSorted(beforeFirst) } }];
  });
}

/** "90 %" at 1, "99 %" at 2, "99.9 %" at 3. */
export function percentLabel(nines: number): string {
  if (nines === 0) return '0 %';
  return nines === 1 ? '90 %' : `99${nines > 2 ? `.${'9'.repeat(nines - 2)}` : ''} %`;
}

function beforeFirst(a: Line, b: Line): number {
  return Number(!!b.isBefore) - Number(!!a.isBefore);
}

function curveOf({ histograms }: Report, trend: string): ReturnType<typeof percentileCurve> {
  const text = (TREND_NAMES as readonly string[]).includes(trend) && Object.hasOwn(histograms, trend) ? histograms[trend] : undefined;
  return typeof text === 'string' ? percentileCurve(text) : undefined;
}
