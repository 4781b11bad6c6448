/** Numbers as a person reads them: three significant digits, never more than eight characters before the unit. */

/** 0.412 ms, 41.2 ms, 4,120 ms, 12.3 s. */
export function formatMs(ms: number): string {
  return ms < 10_000 ? `${formatFigure(ms)} ms` : `${formatFigure(ms / 1000)} s`;
}

/** 0.041, 4.12, 41.2, 412, 4,120: a number without a unit, to three significant digits but never fewer than its whole part. */
export function formatFigure(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95) return Math.round(value).toLocaleString('en');
  return value.toFixed(size < 9.995 ? (size < 0.9995 ? 3 : 2) : 1);
}

/** 8,312, 9,999,999, 12.3M. */
export function formatCount(count: number): string {
  if (count < 1e7) return Math.round(count).toLocaleString('en');
  return count < 1e9 ? `${formatFigure(count / 1e6)}M` : `${formatFigure(count / 1e9)}G`;
}

/** 0.25/s, 831/s, 8.31k/s, 1.2M/s. */
export function formatRate(perSecond: number): string {
  if (perSecond < 1000) return `${Number.isInteger(perSecond) ? perSecond : formatFigure(perSecond)}/s`;
  return perSecond < 1e6 ? `${formatFigure(perSecond / 1e3)}k/s` : `${formatFigure(perSecond / 1e6)}M/s`;
}

/** 512 B, 1.5 KiB, 120 MiB. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1023.5 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? Math.round(value) : formatFigure(value)} ${units[unit]}`;
}

/** 99.5 %, 0.010 %. `share` is 0 .. 1. */
export function formatPercent(share: number): string {
  return `${share === 0 || share === 1 ? share * 100 : formatFigure(share * 100)} %`;
}

/** 01:23 or 1:02:03. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const short = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds < 3600 ? short : `${Math.floor(seconds / 3600)}:${short}`;
}
