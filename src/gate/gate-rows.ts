import type { FigureRow, GatedMetric, GateRecord } from './gate-record.js';
import type { Side } from './verdict.js';
import { figureText, intervalText, percentText, pText } from './wording.js';

export const METRIC_HEADS = ['metric', 'before', 'after', 'change', '90 % interval', 'p', 'verdict'] as const;

/** Every metric as one row of words: first what gates, then what is only shown. Terminal and Markdown say the same. */
export function metricRows({ metrics, figures }: GateRecord): string[][] {
  return [...metrics.map(judgedRow), ...figures.map(figureRow)];
}

/** The head of the interval's column says what the rules ask for. */
export function metricHeads({ rules }: GateRecord): string[] {
  return METRIC_HEADS.map((head) => (head === '90 % interval' ? `${Math.round(rules.confidence * 100)} % interval` : head));
}

function judgedRow(row: GatedMetric): string[] {
  const isSure = row.verdict === 'regression' || row.verdict === 'improved';
  const verdict = row.verdict === 'inconclusive' && row.needed !== undefined ? `inconclusive (needs ${row.needed})` : row.verdict;
  return [
    `${row.metric} (ms)`,
    figureText(row.before.median),
    figureText(row.after.median),
    isSure ? percentText(row.ratio) : `n.s. (${percentText(row.ratio)})`,
    intervalText(row),
    pText(row.p),
    verdict,
  ];
}

function figureRow({ metric, unit, before, after, ratio }: FigureRow): string[] {
  return [`${metric} (${unit})`, sideText(before), sideText(after), ratio === undefined ? '' : percentText(ratio), '', '', 'info'];
}

/** The median, and with several runs how far they lie apart: "188.3 (179 .. 193)". */
function sideText(side: Side | undefined): string {
  if (!side) return '–';
  return side.runs < 2 ? figureText(side.median) : `${figureText(side.median)} (${figureText(side.min)} .. ${figureText(side.max)})`;
}

/** One row a run: which, what of it counts, and its values. */
export function runRows({ runs }: GateRecord): { heads: string[]; rows: string[][] } {
  const metrics = Object.keys(runs[0]?.values ?? {});
  return {
    heads: ['run', ...metrics.map((metric) => `${metric} (ms)`), 'counted', 'remark'],
    rows: runs.map(({ side, number, values, isCounted, remark }) => [
      `${side} ${number}`,
      ...metrics.map((metric) => (typeof values[metric] === 'number' ? figureText(values[metric]) : 'n/a')),
      isCounted ? 'yes' : 'no',
      remark,
    ]),
  };
}
