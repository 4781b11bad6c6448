import { printable } from './printable.js';

/** A table whose first `left` columns are aligned left, the others right. `ours`: cells that are Markdown; any other is taken literally. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[], left: number, ours: readonly string[] = []): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = heads.map((_, column) => (column < left ? ':--' : '--:'));
  // Bold is ours; everything else may come from a server or a file.
  const cell = (text: string): string => (ours.includes(text) ? text : literal(text));
  return [line(heads), line(rule), ...rows.map((row) => line(row.map(cell)))].join('\n');
}

/** Text that Markdown takes literally: one line, no HTML, no links, no cell ends. */
export function literal(text: string): string {
  return printable(text, 400)
    .replace(/[\\`*[\]|~]/g, '\\$&')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/:\/\//g, '&#58;//')
    .replace(/www\./gi, 'www&#46;');
}
