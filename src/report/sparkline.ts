const BARS = '▁▂▃▄▅▆▇█';

/** Values as a line of bars from the smallest to the largest; of more than `width` values the last. Values are finite. */
export function sparkline(values: readonly number[], width = 60): string {
  const shown = values.slice(-width);
  const low = Math.min(...shown);
  const span = Math.max(...shown) - low;
  return shown.map((value) => BARS[span > 0 ? Math.round(((value - low) / span) * (BARS.length - 1)) : 0]).join('');
}
