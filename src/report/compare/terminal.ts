import { broken } from '../broken-lines.js';
import { plainTable } from '../plain-table.js';
import { printable } from '../printable.js';
import type { Comparison } from './comparison.js';
import { factsOf, headsOf, rowTexts, type Tone, tellsAnything, warningOf } from './wording.js';

export interface ComparisonTerminalOptions {
  readonly color: boolean;
  /** Width of the terminal; interval and p are left out where they would not fit. */
  readonly columns?: number;
}

const CODES: Readonly<Record<Tone | 'dim' | 'bold', number>> = { good: 32, bad: 31, neutral: 39, dim: 2, bold: 1 };

const LABEL_WIDTH = 11;

/** The table on a terminal, its facts below. Ends with a line break. */
export function renderComparisonTerminal(comparison: Comparison, { color, columns = 80 }: ComparisonTerminalOptions): string {
  const paint = (text: string, code: keyof typeof CODES): string => (color ? `\x1b[${CODES[code]}m${text}\x1b[0m` : text);
  const wide = tellsAnything(comparison) ? grid(comparison, true, paint) : undefined;
  const table = wide !== undefined && widthOf(wide) <= Math.max(60, columns) ? wide : grid(comparison, false, paint);
  const facts = factsOf(comparison).flatMap(([label, text]) =>
    broken(text, Math.max(60, columns) - LABEL_WIDTH - 2).map(
      (line, index) => `  ${paint((index === 0 ? label : '').padEnd(LABEL_WIDTH), 'dim')}${line}\n`,
    ),
  );
  const warning = warningOf(comparison);
  return [
    `\n  ${paint(`COMPARISON of ${printable(comparison.scenario, 60)}`, 'bold')}\n`,
    ...(warning === undefined ? [] : [`  ${paint(warning, 'bad')}\n`]),
    `\n${table}\n`,
    ...facts,
  ].join('');
}

function grid(comparison: Comparison, withP: boolean, paint: (text: string, code: keyof typeof CODES) => string): string {
  const heads = headsOf(comparison, withP);
  const rows = comparison.rows.map((row) =>
    rowTexts(row, withP).map(({ text, tone }) => (tone === undefined || tone === 'neutral' ? text : paint(text, tone))),
  );
  return plainTable([heads.map((head) => paint(head, 'dim')), ...rows], ['left', ...heads.slice(1).map(() => 'right' as const)]);
}

const widthOf = (text: string): number => Math.max(...text.split('\n').map((line) => line.replace(/\u001b\[\d+m/gu, '').length));
