import { formatBytes, formatCount, formatFigure, formatMs, formatPercent, formatRate } from '../quantity.js';
import type { Chart, Line, Phase, Unit } from './chart.js';
import { html, type Markup, NOTHING } from './markup.js';

const WIDTH = 560;
const HEIGHT = 190;
const LEFT = 64;
const RIGHT = 20;
const TOP = 8;
const BOTTOM = 24;
/** More points than this are not seen at this size: of each group the greatest is kept. */
const MAX_POINTS = 140;

/** How the x axis of a drawing is written. */
export interface Axis {
  readonly values: readonly number[];
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

/** A value as it stands at an axis or in a table. */
export function formatUnit(value: number, unit: Unit): string {
  switch (unit) {
    case 'ms':
      return formatMs(value);
    case 'bytes':
      return formatBytes(value);
    case 'bytesPerSecond':
      return `${formatBytes(value)}/s`;
    case 'perSecond':
      return formatRate(value);
    case 'share':
      return formatPercent(value);
    case 'cores':
      return formatFigure(value);
    case 'count':
      return formatCount(value);
  }
}

/** The chart as SVG: what is printed, and what is read where no script runs. Its colours are classes of the page's style. */
export function drawChart(chart: Chart, axis: Axis, phases: readonly Phase[] = []): Markup {
  const lines = chart.isStacked ? stacked(chart.lines) : chart.lines;
  const [least, most] = rangeOf(lines, chart.isLog === true);
  if (axis.values.length === 0 || most === undefined) return NOTHING;
  const first = axis.values[0]!;
  const span = Math.max(axis.values.at(-1)! - first, 1e-9);
  const x = (value: number): number => LEFT + ((value - first) / span) * (WIDTH - LEFT - RIGHT);
  const scale = chart.isLog ? Math.log10 : (value: number): number => value;
  const height = scale(most) - scale(least) || 1;
  const y = (value: number): number => TOP + (1 - (scale(Math.max(value, least)) - scale(least)) / height) * (HEIGHT - TOP - BOTTOM);
  const levels = chart.isLog ? decades(least, most) : steps(most, chart.unit);
  return html`<svg class="drawing" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${chart.title}">${phases
    .filter(({ until }) => until > first)
    .map(
      ({ name, from, until }, index) =>
        html`<rect class="phase${index % 2}" x="${fixed(x(Math.max(from, first)))}" y="${TOP}" width="${fixed(
          Math.max(0, Math.min(x(until), WIDTH - RIGHT) - x(Math.max(from, first))),
        )}" height="${HEIGHT - TOP - BOTTOM}"><title>${name}</title></rect>`,
    )}${levels.map(
    (level) =>
      html`<line class="rule" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${fixed(y(level))}" y2="${fixed(y(level))}"/><text x="${
        LEFT - 6
      }" y="${fixed(y(level) + 4)}" text-anchor="end">${axisLabel(level, chart.unit)}</text>`,
  )}${axis.ticks
    .filter(({ at }) => at >= first && at <= first + span)
    .map(({ at, label }) => html`<text x="${fixed(x(at))}" y="${HEIGHT - 6}" text-anchor="middle">${label}</text>`)}${lines.map(
    (line) => html`<path class="${toneOf(line)}" d="${path(line.values, axis.values, x, y, chart.isLog === true)}"/>`,
  )}</svg>`;
}

export function toneOf({ tone, dashed, isBefore }: Line): string {
  return ['line', isBefore ? 'before' : tone, ...(dashed ? ['dashed'] : [])].join(' ');
}

/** Each line with what is below it added. */
function stacked(lines: readonly Line[]): Line[] {
  const sums: number[] = [];
  return lines.map((line) => ({
    ...line,
    values: line.values.map((value, index) => (value === null ? null : (sums[index] = (sums[index] ?? 0) + value))),
  }));
}

function rangeOf(lines: readonly Line[], isLog: boolean): [number, number | undefined] {
  let least = Number.POSITIVE_INFINITY;
  let most: number | undefined;
  for (const { values } of lines)
    for (const value of values) {
      if (value === null || (isLog && value <= 0)) continue;
      least = Math.min(least, value);
      most = Math.max(most ?? 0, value);
    }
  if (most === undefined) return [0, undefined];
  if (!isLog) return [0, most > 0 ? most * 1.04 : 1];
  return [10 ** Math.floor(Math.log10(least)), 10 ** Math.ceil(Math.log10(most * 1.0001))];
}

function decades(least: number, most: number): number[] {
  const levels: number[] = [];
  for (let power = Math.round(Math.log10(least)); power <= Math.round(Math.log10(most)); power++) levels.push(10 ** power);
  return levels;
}

/** Round levels from 0 up to `most`, three to six of them; bytes are round in powers of two. */
function steps(most: number, unit: Unit): number[] {
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = unit.startsWith('bytes') ? 2 ** Math.ceil(Math.log2(rough)) : ([1, 2, 5].find((one) => one * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
}

function axisLabel(value: number, unit: Unit): string {
  if (value === 0) return '0';
  const text = unit === 'count' && value < 10 ? formatFigure(value) : formatUnit(value, unit);
  return text.replace(/(\.\d*?)0+(?=\D|$)/u, '$1').replace(/\.(?=\D|$)/u, '');
}

function path(
  values: readonly (number | null)[],
  at: readonly number[],
  x: (value: number) => number,
  y: (value: number) => number,
  isLog: boolean,
): string {
  const group = Math.max(1, Math.ceil(at.length / MAX_POINTS));
  let text = '';
  let isDrawn = false;
  let last = '';
  for (let index = 0; index < at.length; index += group) {
    let value: number | null = null;
    for (const one of values.slice(index, index + group)) if (one !== null && !(isLog && one <= 0)) value = Math.max(value ?? one, one);
    if (value === null) {
      if (isDrawn && last.startsWith('M')) text += 'h1'; // a point alone would not be seen
      isDrawn = false;
      continue;
    }
    last = `${isDrawn ? 'L' : 'M'}${fixed(x(at[index]!))} ${fixed(y(value))}`;
    text += last;
    isDrawn = true;
  }
  return last.startsWith('M') && isDrawn ? `${text}h1` : text;
}

function fixed(value: number): string {
  return String(Math.round(value * 10) / 10);
}
