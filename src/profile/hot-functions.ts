import { functionOf, placeOfFrame } from './frame-name.js';
import { framesOf } from './stacks.js';

/** How much of the time one function took, over all stacks it is in. */
export interface HotFunction {
  readonly frame: string;
  /** Time with this function innermost. */
  readonly selfUs: number;
  /** Time with this function anywhere on the stack; counted once where it calls itself. */
  readonly totalUs: number;
}

/** Every function of these stacks, the most time of its own first. */
export function hotFunctions(stacks: ReadonlyMap<string, number>): HotFunction[] {
  const selfUs = new Map<string, number>();
  const totalUs = new Map<string, number>();
  for (const [stack, weight] of stacks) {
    const frames = framesOf(stack);
    const innermost = frames.at(-1)!;
    selfUs.set(innermost, (selfUs.get(innermost) ?? 0) + weight);
    for (const frame of new Set(frames)) totalUs.set(frame, (totalUs.get(frame) ?? 0) + weight);
  }
  return [...totalUs]
    .map(([frame, total]) => ({ frame, selfUs: selfUs.get(frame) ?? 0, totalUs: total }))
    .sort((a, b) => b.selfUs - a.selfUs || b.totalUs - a.totalUs || (a.frame < b.frame ? -1 : 1));
}

/**
 * The first `count` rows as a table for the terminal: share and time of its own, share with what it called, function, place.
 * Shares are of the time that is in `stacks`.
 */
export function renderHotFunctions(stacks: ReadonlyMap<string, number>, count = 10): string {
  const all = hotFunctions(stacks);
  const sumUs = all.reduce((sum, { selfUs }) => sum + selfUs, 0);
  const rows = all.filter(({ selfUs }) => selfUs > 0).slice(0, count);
  const share = (us: number): string => (sumUs > 0 ? `${((us / sumUs) * 100).toFixed(1)} %` : '–');
  const cells = rows.map(({ frame, selfUs, totalUs }) => [
    share(selfUs),
    time(selfUs),
    share(totalUs),
    shortened(functionOf(frame), 44),
    placeOfFrame(frame),
  ]);
  return renderColumns([['self', 'self time', 'total', 'function', 'where'], ...cells], 3);
}

/** Rows as lines with columns of equal width; the first `numeric` columns to the right. */
export function renderColumns(rows: readonly (readonly string[])[], numeric: number): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      `  ${row.map((cell, column) => (column < numeric ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join('  ')}`.trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** "1.24 s", "830 ms", "0.4 ms". */
export function time(us: number): string {
  const ms = us / 1000;
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return `${ms >= 10 ? Math.round(ms) : ms.toFixed(1)} ms`;
}

/** Names of templates can be long. */
export function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
