import { formatClock } from '../quantity.js';
import type { Chart, Line, Phase } from './chart.js';
import type { Axis } from './chart-svg.js';
import { type PercentilePlot, percentLabel } from './percentile-plot.js';
import type { TimeCharts } from './time-charts.js';

type Ticks = Axis['ticks'];

/** What the page's script draws from; charts.js reads these names. */
export function pageData(time: TimeCharts, plots: readonly PercentilePlot[], phases: readonly Phase[]): object {
  return {
    time: { x: time.seconds, phases, charts: time.charts.map(chartData) },
    percentiles: plots.map(({ nines, chart }) => ({ x: nines, ...chartData(chart) })),
  };
}

function chartData({ id, title, unit, isLog, isStacked, lines }: Chart): object {
  return { id, title, unit, log: isLog === true, stacked: isStacked === true, lines: lines.map(lineData) };
}

function lineData({ label, tone, dashed, isBefore, values }: Line): object {
  return { label, tone, ...(dashed && { dashed }), ...(isBefore && { before: true }), values: values.map(shortened) };
}

/** Four figures are more than a chart shows. */
function shortened(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(4));
}

/** About six round moments. */
export function timeTicks(seconds: readonly number[]): Ticks {
  const end = seconds.at(-1) ?? 0;
  const steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 43_200, 86_400];
  const step = steps.find((one) => end / one <= 7) ?? 86_400;
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => ({ at: index * step, label: formatClock(index * step * 1000) }));
}

export function percentileTicks(nines: readonly number[]): Ticks {
  return Array.from({ length: Math.floor(nines.at(-1) ?? 0) + 1 }, (_, at) => ({ at, label: percentLabel(at) }));
}
