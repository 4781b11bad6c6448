import { percentText } from '../compare/wording.js';
import { plainTable } from '../plain-table.js';
import { printable } from '../printable.js';
import { formatFigure } from '../quantity.js';
import { sparkline } from '../sparkline.js';
import type { Trend, TrendChange, TrendSeries } from './trend.js';

type Paint = (text: string, code: keyof typeof CODES) => string;
const CODES = { dim: 2, bold: 1, yellow: 33 } as const;
/** A t test has nothing to compare with fewer. */
const FEWEST_VALUES = 3;
/** From here on a shuffled order often looks as clear. */
const DOUBTFUL = 0.01;

/** What was found, one block a series. Ends with a line break. */
export function renderTrendTerminal(trend: Trend, { color }: { readonly color: boolean }): string {
  const paint: Paint = (text, code) => (color ? `\x1b[${CODES[code]}m${text}\x1b[0m` : text);
  const { window, maxP, minMagnitude } = trend.rules;
  const changed = trend.series.filter(({ changes }) => changes.length > 0).length;
  const rules = `E-divisive, window ${window}, p < ${maxP}, change > ${formatFigure(minMagnitude * 100)} %; shuffled by seed ${trend.seed}`;
  return [
    ...trend.series.map((series) => seriesBlock(series, paint)),
    `\n  ${trend.series.length} series of ${trend.entries} ${trend.entries === 1 ? 'entry' : 'entries'}, ${changed} with a change\n  ${paint(rules, 'dim')}\n`,
  ].join('');
}

function seriesBlock(series: TrendSeries, paint: Paint): string {
  const { scenario, hash, metric, values, changes } = series;
  const head = `\n  ${paint(printable(metric, 60), 'bold')}  ${printable(scenario, 60)} ${paint(printable(hash.slice(0, 12)), 'dim')}\n`;
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const span = `${formatFigure(low)} to ${formatFigure(high)}, ${values.length} value${values.length === 1 ? '' : 's'}, ${day(series.from)} to ${day(series.until)}`;
  const line = `  ${sparkline(values)}  ${paint(span, 'dim')}\n`;
  if (values.length < FEWEST_VALUES) return `${head}${line}  too few values to see a change: ${FEWEST_VALUES} are needed\n`;
  if (changes.length === 0) return `${head}${line}  no change\n`;
  const rows = changes.map((change) => [
    printable(change.at, 24),
    commits(change),
    `${formatFigure(change.before)} to ${formatFigure(change.after)}`,
    Number.isFinite(change.change) ? percentText(1 + change.change) : '–',
    smallP(change.p),
    change.shuffledP > DOUBTFUL ? paint(smallP(change.shuffledP), 'yellow') : smallP(change.shuffledP),
  ]);
  const heads = ['changed at', 'commit', 'mean', 'change', 'p', 'shuffled'].map((text) => paint(text, 'dim'));
  const notes = changes
    .filter(({ machine }) => machine.length > 0)
    .map(({ at, machine }) => `  ${paint(`at ${printable(at, 24)} the machine changed too: ${machine.join(', ')}`, 'yellow')}\n`);
  return `${head}${line}${plainTable([heads, ...rows], ['left', 'left', 'right', 'right', 'right', 'right'])}${notes.join('')}`;
}

const day = (time: string): string => printable(time, 40).slice(0, 10);

function commits({ commitBefore, commit }: TrendChange): string {
  const short = (text: string | null): string => (text === null ? '–' : printable(text, 40).slice(0, 10));
  return commit === null && commitBefore === null ? '–' : `${short(commitBefore)}..${short(commit)}`;
}

const smallP = (p: number): string => (p < 0.0001 ? p.toExponential(0) : String(Number(p.toPrecision(2))));
