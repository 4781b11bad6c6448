import { printable } from './printable.js';
import { formatCount, formatMs, formatRate } from './quantity.js';

/** What `gwrk run --find-max` scales. */
export type MaxOf = 'connections' | 'rate';

/** report.json's findMax: the loads that were tried, and the highest that met the bounds. */
export interface FindMaxRecord {
  readonly of: MaxOf;
  /** "ws_msg_rtt p(99)<20". */
  readonly bounds: readonly string[];
  /** The trend that p50Ms and p99Ms are of. */
  readonly metric: string;
  readonly stepTimeMs: number;
  /** The search ends when the lowest load that missed is within this share of the highest that met. */
  readonly precision: number;
  /** The highest load that met every bound; null when none did. */
  readonly found: number | null;
  /** What ended the search. */
  readonly limitedBy: 'bound' | 'to' | 'generator' | 'machine' | 'measurement' | 'interruption';
  /** In the order in which they were run. */
  readonly probes: readonly ProbeRecord[];
}

/** One load: a run of its own. All figures but errors are those of the time in which the load was held. */
export interface ProbeRecord {
  /** Connections, or a second. */
  readonly load: number;
  /** What was there of it; null when the load was never whole. */
  readonly achieved: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Errors of the whole run. */
  readonly errors: number;
  readonly verdict: 'met' | 'missed' | 'invalid' | 'interrupted';
  readonly reason: string;
}

export const CURVE_HEADS = ['load', 'achieved', 'p50', 'p99', 'errors', 'verdict', ''] as const;

/** The curve as rows of a table, by load; a load that was run twice stands there twice. */
export function curveRows({ of, found, probes }: FindMaxRecord): string[][] {
  const amount = (value: number): string => (of === 'rate' ? formatRate(value) : formatCount(value));
  const ms = (value: number | null): string => (value === null ? '-' : formatMs(value));
  return [...probes]
    .sort((a, b) => a.load - b.load)
    .map(({ load, achieved, p50Ms, p99Ms, errors, verdict, reason }) => [
      amount(load),
      achieved === null ? '-' : amount(Math.round(achieved)),
      ms(p50Ms),
      ms(p99Ms),
      formatCount(errors),
      verdict,
      verdict === 'met' ? (load === found ? '<- highest' : '') : printable(reason, 38),
    ]);
}
