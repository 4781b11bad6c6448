/** 1.124 -> "+12.4 %". Without a number, "?". */
export function percentText(ratio: number | null): string {
  if (ratio === null || !Number.isFinite(ratio)) return '?';
  const percent = (ratio - 1) * 100;
  const digits = Math.abs(percent) < 100 ? 1 : 0;
  const text = Math.abs(percent).toFixed(digits);
  return `${Number(text) === 0 ? '±' : percent > 0 ? '+' : '−'}${text} %`;
}

/** "+8.1 % to +16.9 %"; a dash with too few runs for an interval. */
export function intervalText({ low, high }: { readonly low: number | null; readonly high: number | null }): string {
  return low === null || high === null ? '–' : `${percentText(low)} to ${percentText(high)}`;
}

/** Four figures are enough: 188.3, 0.2134, 1,842. */
export function figureText(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(4)));
}

/** A chance with as many digits as matter beside 0.01. */
export function pText(p: number): string {
  return p < 0.0001 ? '<0.0001' : p.toFixed(p < 0.1 ? 4 : 2);
}

export const runsText = (runs: number): string => `${runs} ${runs === 1 ? 'run' : 'runs'}`;
