/** Durations, counts and shares as people write them, and back. Every parser returns undefined for what it does not know. */

const UNIT_US: Readonly<Record<string, number>> = { us: 1, µs: 1, ms: 1e3, s: 1e6, m: 60e6, h: 3600e6, d: 86_400e6 };
const COUNT_UNIT: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6 };

export const DURATION_FORM = '60s, 500ms, 2m, 1m30s, 1h';
export const COUNT_FORM = 'a whole number, also with k or m: 10, 10k, 1.5m';
export const RATE_FORM = 'a number, also with k or m: 0.5, 200, 10k';
export const SHARE_FORM = '5%, or a number from 0 to 1';

/** What JSON Schema says of the texts that the parsers below take; values with {{ }} are resolved before them. */
export const DURATION_PATTERN = '^(([0-9]+(\\.[0-9]+)?(us|µs|ms|s|m|h|d))+|.*\\{\\{.*)$';
export const COUNT_PATTERN = '^([0-9][0-9_]*(\\.[0-9]+)?[kKmM]?|.*\\{\\{.*)$';
export const SHARE_PATTERN = '^([0-9]+(\\.[0-9]+)?%?|.*\\{\\{.*)$';

/** "1m30s" -> 90,000,000. A unit is required (only 0 may stand alone); units may be chained. Rounded to whole microseconds. */
export function parseDurationUs(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === '0') return 0;
  const piece = /(\d+(?:\.\d+)?)(us|µs|ms|s|m|h|d)/y;
  let totalUs = 0;
  while (piece.lastIndex < trimmed.length) {
    const match = piece.exec(trimmed);
    if (!match) return undefined;
    totalUs += Number(match[1]) * UNIT_US[match[2]!]!;
  }
  return trimmed === '' || !Number.isFinite(totalUs) ? undefined : Math.round(totalUs);
}

/** "10k" -> 10,000, "1.5m" -> 1,500,000, "1_000" -> 1,000, "0.5" -> 0.5: any number that is not negative. */
export function parseQuantity(text: string): number | undefined {
  const match = /^(\d[\d_]*(?:\.\d+)?)([kKmM]?)$/.exec(text.trim());
  if (!match) return undefined;
  // Rounded to 9 places, because 1.1 * 1e6 is not 1,100,000 in binary.
  return Math.round(Number(match[1]!.replaceAll('_', '')) * COUNT_UNIT[match[2]!.toLowerCase()]! * 1e9) / 1e9;
}

/** As parseQuantity, whole numbers only. */
export function parseCount(text: string): number | undefined {
  const quantity = parseQuantity(text);
  return quantity !== undefined && Number.isSafeInteger(quantity) ? quantity : undefined;
}

/** "5%" -> 0.05, "0.05" -> 0.05; 0 .. 1. */
export function parseShare(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim());
  if (!match) return undefined;
  const share = Number(match[1]) / (match[2] ? 100 : 1);
  return share <= 1 ? share : undefined;
}

/** 90,000,000 -> "1m30s", 1,500 -> "1.5ms", 0 -> "0s". parseDurationUs reads it back unchanged for whole microseconds. */
export function formatDurationUs(us: number): string {
  if (us === 0) return '0s';
  if (us < 1e3) return `${us}us`;
  if (us < 1e6) return `${us / 1e3}ms`;
  let text = '';
  let restUs = us;
  for (const [unit, sizeUs] of [
    ['h', 3600e6],
    ['m', 60e6],
  ] as const) {
    if (restUs >= sizeUs) {
      text += `${Math.floor(restUs / sizeUs)}${unit}`;
      restUs %= sizeUs;
    }
  }
  return restUs > 0 ? `${text}${restUs / 1e6}s` : text;
}

/** 1234567.8 -> "1,234,568"; below 10 one decimal is kept. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 1 : 0 });
}
