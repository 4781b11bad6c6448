import Table from 'cli-table3';

const NONE = '';

/**
 * Rows as columns side by side, two spaces between them (or what `gap` is) and no lines; `widths` breaks long cells between
 * words.
 */
export function plainTable(
  rows: readonly (readonly string[])[],
  aligns: readonly ('left' | 'right')[],
  widths?: readonly number[],
  gap = '  ',
): string {
  const grid = new Table({
    chars: {
      top: NONE,
      'top-mid': NONE,
      'top-left': NONE,
      'top-right': NONE,
      bottom: NONE,
      'bottom-mid': NONE,
      'bottom-left': NONE,
      'bottom-right': NONE,
      left: '  ',
      'left-mid': NONE,
      mid: NONE,
      'mid-mid': NONE,
      right: NONE,
      'right-mid': NONE,
      middle: gap,
    },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: [...aligns],
    ...(widths && { colWidths: [...widths], wordWrap: true }),
  });
  grid.push(...rows.map((row) => [...row]));
  const text = grid
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
  return `${text}\n`;
}
