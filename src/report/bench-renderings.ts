import type { BenchResult } from './bench-result.js';
import { footer, hasPublished, measuredText, noteLines, publishedText } from './bench-text.js';
import { broken } from './broken-lines.js';
import { plainTable } from './plain-table.js';
import { printable } from './printable.js';

/** The table on a terminal; published figures stand in a second line of their row. */
export function renderBenchTerminal(result: BenchResult, columns = 80): string {
  const width = Math.max(60, columns);
  const rows: string[][] = [[...result.columns]];
  for (const { label, cells } of result.rows) {
    rows.push([printable(label, 60), ...cells.map(measuredText)]);
    if (cells.some(({ published }) => published !== undefined)) rows.push(['  published', ...cells.map(publishedText)]);
  }
  const indented = (line: string): string =>
    broken(printable(line, 400), width - 2)
      .map((part) => `  ${part}\n`)
      .join('');
  const aligns = result.columns.map((_, column) => (column === 0 ? ('left' as const) : ('right' as const)));
  const above = [result.title, ...result.how].map(indented).join('');
  const below = [...noteLines(result), footer(result)].map(indented).join('');
  return `\n${above}\n${plainTable(rows, aligns, widthsWithin(rows, width))}\n${below}`;
}

/** Widths that fit: columns as wide as they need, the widest made narrower until all stand on one line; undefined where they do. */
function widthsWithin(rows: readonly (readonly string[])[], width: number): number[] | undefined {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const total = (): number => widths.reduce((sum, each) => sum + each + 2, 0);
  if (total() <= width) return undefined;
  while (total() > width && Math.max(...widths) > 8) widths[widths.indexOf(Math.max(...widths))]!--;
  return widths;
}

/** The table as GitHub's Markdown, published figures in italics below the measured ones. */
export function renderBenchMarkdown(result: BenchResult): string {
  const cell = (text: string): string => text.replace(/[|\\`*_<>[\]]/gu, '\\$&');
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const lines = [
    `### ${cell(printable(result.title, 100))}`,
    '',
    ...result.how.map((line) => `${cell(printable(line, 300))}  `),
    '',
    row(result.columns.map(cell)),
    `|:--|${'--:|'.repeat(result.columns.length - 1)}`,
  ];
  for (const { label, cells } of result.rows) {
    lines.push(
      row([
        cell(printable(label, 60)),
        ...cells.map((each) => {
          const published = publishedText(each);
          return `${cell(measuredText(each))}${published === '' ? '' : `<br>*${cell(published)}*`}`;
        }),
      ]),
    );
  }
  if (hasPublished(result)) lines.push('', 'In italics: as published.');
  const notes = noteLines(result);
  if (notes.length > 0) lines.push('', ...notes.map((line) => `- ${cell(line)}`));
  return `${lines.join('\n')}\n\n${cell(footer(result))}\n`;
}
