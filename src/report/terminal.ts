import { broken } from './broken-lines.js';
import { blindThresholds, closedLoopNote } from './closed-loop.js';
import { CURVE_HEADS, curveRows, type FindMaxRecord } from './find-max.js';
import { plainTable } from './plain-table.js';
import { printable } from './printable.js';
import { formatClock } from './quantity.js';
import type { Report } from './report.js';
import { actualText, clientLines, counterRows, errorRows, type Line, machineLines } from './summary-lines.js';
import type { ThresholdRecord } from './thresholds.js';
import { lacksSamples, TREND_HEADS, trendRows } from './trend-rows.js';

export interface TerminalOptions {
  readonly color: boolean;
  /** Width to stay within; 80 when not given, never less than 60. */
  readonly columns?: number;
}

type Paint = (text: string, color: Color) => string;
type Color = keyof typeof CODES;
const CODES = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 } as const;

const MARKS = { pass: ['✓', 'green'], fail: ['✗', 'red'], 'no-data': ['?', 'yellow'] } as const;
const VERDICT_COLORS = { pass: 'green', fail: 'red', invalid: 'yellow', interrupted: 'yellow' } as const;

/** The summary that stands on the terminal after a run: k6's blocks, the verdict last. Ends with a line break. */
export function renderTerminal(report: Report, { color, columns = 80 }: TerminalOptions): string {
  const width = Math.max(60, columns);
  const paint: Paint = (text, name) => (color ? `\x1b[${CODES[name]}m${text}\x1b[0m` : text);
  const blocks: string[] = [];
  if (report.thresholds.length > 0) blocks.push(heading('THRESHOLDS', paint), thresholdBlock(report, paint));
  const blind = blindThresholds(report);
  if (blind.length > 0) blocks.push(blind.map((note) => `  ${printable(note, 160)}\n`).join(''));
  blocks.push(heading(`TOTAL RESULTS of ${printable(report.scenario, 40)}, ${formatClock(report.durationMs)}`, paint));
  const trends = trendRows(report);
  if (trends.length > 0) blocks.push(trendBlock([[...TREND_HEADS], ...trends], paint, width));
  if (lacksSamples(report)) blocks.push('  n/a: fewer than ten samples beyond that percentile\n');
  const closed = closedLoopNote(report);
  if (closed !== undefined) blocks.push(`  ${closed}\n`);
  const counters = counterRows(report);
  if (counters.length > 0) blocks.push(table([['counter', 'total', 'rate'], ...counters], ['left', 'right', 'right'], paint));
  blocks.push(lines([...clientLines(report), ...machineLines(report)], width));
  if (report.errors.length > 0) blocks.push(lines(errorLines(report), width));
  if (report.findMax)
    blocks.push(
      heading(`FIND MAX ${report.findMax.of} until ${printable(report.findMax.bounds.join(' and '), 60)}`, paint),
      curve(report.findMax, paint),
    );
  blocks.push(verdictBlock(report, paint, width));
  return `\n${blocks.join('\n')}`;
}

function heading(text: string, paint: Paint): string {
  return `  ${paint(text, 'bold')}\n`;
}

function thresholdBlock(report: Report, paint: Paint): string {
  const row = (threshold: ThresholdRecord): string[] => {
    const [mark, color] = MARKS[threshold.verdict];
    const warn = threshold.level === 'warn' ? ' (warn)' : '';
    return [
      paint(mark, color),
      printable(threshold.metric, 40),
      printable(threshold.expression, 24) + warn,
      paint(actualText(report, threshold), color),
    ];
  };
  return table(report.thresholds.map(row), ['left', 'left', 'left', 'left']);
}

/** With single spaces between the columns where two of them are too many for the terminal. */
function trendBlock(rows: string[][], paint: Paint, width: number): string {
  const aligns = ['left', ...TREND_HEADS.slice(1).map(() => 'right' as const)] as ('left' | 'right')[];
  const isTooWide = plainTable(rows, aligns)
    .split('\n')
    .some((line) => line.length > width);
  return table(rows, aligns, paint, isTooWide ? ' ' : undefined);
}

function curve(record: FindMaxRecord, paint: Paint): string {
  const aligns = CURVE_HEADS.map((_, column) => (column < 5 ? ('right' as const) : ('left' as const)));
  return table([[...CURVE_HEADS], ...curveRows(record)], aligns, paint);
}

/** Columns side by side without lines between them; with `paint`, the first row is a head. */
function table(rows: string[][], aligns: ('left' | 'right')[], paint?: Paint, gap?: string): string {
  const [head, ...rest] = rows;
  return plainTable(paint && head ? [head.map((cell) => paint(cell, 'dim')), ...rest] : rows, aligns, undefined, gap);
}

function errorLines(report: Report): Line[] {
  return errorRows(report).map(([code, count, first], index) => [index === 0 ? 'errors' : '', `${code} ${count}: ${first}`]);
}

function verdictBlock(report: Report, paint: Paint, width: number): string {
  const found: Line[] = report.findings.map((finding) => ['also', printable(finding, 400)]);
  const verdict: Line = ['verdict', `${report.verdict}: ${printable(report.reason, 400)}`];
  const text = lines([verdict], width).trimEnd();
  return `${lines(found, width)}${paint(text, VERDICT_COLORS[report.verdict])}\n`;
}

const LABEL_WIDTH = 12;

/** "  label       text", the text broken between words and indented where it does not fit. */
function lines(rows: readonly Line[], width: number): string {
  let text = '';
  for (const [label, value] of rows) {
    broken(value, width - LABEL_WIDTH - 2).forEach((part, index) => {
      text += `  ${(index === 0 ? label : '').padEnd(LABEL_WIDTH)}${part}\n`;
    });
  }
  return text;
}
