import { printable } from '../report/printable.js';
import type { GateRecord } from './gate-record.js';
import { metricHeads, metricRows } from './gate-rows.js';
import { runsText } from './wording.js';

const COLORS = { pass: 32, improved: 32, fail: 31, inconclusive: 33, invalid: 33, interrupted: 33 } as const;

const MARKS = { pass: '✓', fail: '✗', 'no-data': '?' } as const;

/** The verdict of a series for a terminal: the table, what was found, and the verdict last. Ends with a line break. */
export function renderGateTerminal(gate: GateRecord, color: boolean): string {
  const paint = (text: string, code: number): string => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
  const lines: string[] = ['', paint(`GATE ${printable(gate.scenario, 40)}, ${printable(gate.design)}`, 1), ''];
  if (gate.before) lines.push(`  before: ${printable(gate.before.label, 120)} (${runsText(gate.before.runs)})`);
  lines.push(`  after:  ${printable(gate.after.label, 120)} (${runsText(gate.after.runs)})`, '');
  lines.push(...aligned([metricHeads(gate), ...metricRows(gate)]).map((line, row) => `  ${row === 0 ? paint(line, 2) : line}`), '');
  for (const { metric, expression, level, failedIn, runs, verdict } of gate.thresholds) {
    const rule = printable(`${metric} ${expression}${level === 'warn' ? ' (warn)' : ''}`, 120);
    lines.push(`  ${MARKS[verdict]} ${rule}: failed in ${failedIn} of ${runsText(runs)}`);
  }
  if (gate.thresholds.length > 0) lines.push('');
  for (const finding of gate.findings) lines.push(`  note: ${printable(finding, 300)}`);
  lines.push(`  ${paint(gate.verdict.toUpperCase(), COLORS[gate.verdict])} ${printable(gate.reason, 400)}`, '');
  return `${lines.join('\n')}\n`;
}

/** Columns padded to their widest cell: the first to the left, the others to the right, the last as it is. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const shown = rows.map((row) => row.map((cell) => printable(cell, 60)));
  const widths = shown[0]!.map((_, column) => Math.max(...shown.map((row) => Array.from(row[column] ?? '').length)));
  return shown.map((row) =>
    row
      .map((cell, column) => {
        const gap = ' '.repeat(Math.max(0, widths[column]! - Array.from(cell).length));
        return column === 0 ? cell + gap : column === row.length - 1 ? cell : gap + cell;
      })
      .join('  ')
      .trimEnd(),
  );
}
