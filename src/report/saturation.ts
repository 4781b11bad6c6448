import { histogramOf, samplesNeeded } from '../measure/histogram.js';
import type { Hold, HoldTrend } from '../measure/hold.js';
import { TREND } from '../measure/metric-names.js';
import { counterTotal } from '../measure/metric-view.js';
import type { Recorder } from '../measure/recorder.js';
import { formatMs, formatPercent } from './quantity.js';

/** Lag below this is the floor of a timer and no sign of overload. */
const LAG_FLOOR_MS = 5;
/** Lag may be this share of the response time that it is part of. */
const LAG_SHARE = 0.1;
const MISSED_SHARE = 0.001;
const BUSY_CORE = 0.9;

/** The stretch of the run in which the generator's lag is judged, and what it was there. Times count from the start. */
export interface HoldRecord {
  readonly fromMs: number;
  readonly untilMs: number;
  /** Sends, heartbeats and open arrivals that the plan had a time for. */
  readonly lagSamples: number;
  /** Null without a sample. */
  readonly lagP99Ms: number | null;
  /** What it may be: 5 ms, or a tenth of the response time's p99 where that is more. */
  readonly lagLimitMs: number;
}

/** The judged window as it stands in a report; null where the run had no hold. */
export function recordHold(recorders: readonly Recorder[], hold: Hold | undefined): HoldRecord | null {
  if (hold === undefined) return null;
  const lagP99Us = hold.lag.percentileUs(99);
  return {
    fromMs: Math.round(hold.fromMs),
    untilMs: Math.round(hold.untilMs),
    lagSamples: hold.lag.count,
    lagP99Ms: lagP99Us === undefined ? null : lagP99Us / 1000,
    lagLimitMs: limitMs(recorders, hold),
  };
}

/**
 * Why the generator, and not the target, shaped the result; empty when it did not. The rules and what they leave out
 * (the starts of a ramp, and a connect that waits because maxConnecting others are being opened) are explained in
 * docs/measuring.md.
 */
export function findSaturation(recorders: readonly Recorder[], hold: Hold | undefined, busiestWorker: number): string[] {
  const reasons: string[] = [];
  const lag = hold && highestSupported(hold.lag);
  if (lag) {
    const mostMs = limitMs(recorders, hold);
    if (lag.ms > mostMs) {
      reasons.push(`the generator was late by ${formatMs(lag.ms)} at p(${lag.percent}), more than ${formatMs(mostMs)}`);
    } else if (lag.ms > mostMs / 2 && busiestWorker > BUSY_CORE) {
      reasons.push(`a worker used ${formatPercent(busiestWorker)} of a core and was late by ${formatMs(lag.ms)} at p(${lag.percent})`);
    }
  }
  const planned = counterTotal(recorders, 'messages_planned');
  const missed = counterTotal(recorders, 'messages_missed');
  if (missed > MISSED_SHARE * planned) {
    reasons.push(`${missed.toLocaleString('en')} of ${planned.toLocaleString('en')} planned messages were never sent`);
  }
  return reasons;
}

/** A few late sends of a short run are not a p99: the highest percentile with enough samples speaks. */
function highestSupported(lag: HoldTrend): { readonly percent: number; readonly ms: number } | undefined {
  const percent = [99, 90, 50].find((candidate) => lag.count >= samplesNeeded(candidate));
  return percent === undefined ? undefined : { percent, ms: lag.percentileUs(percent)! / 1000 };
}

/** By the response time that users look at: that of messages or heartbeats in the hold, of sessions where there were none. */
function limitMs(recorders: readonly Recorder[], { response }: Hold): number {
  const p99Us = response.percentileUs(99) ?? histogramOf(recorders, TREND.session_ready).percentileUs(99) ?? 0;
  return Math.max(LAG_FLOOR_MS, (LAG_SHARE * p99Us) / 1000);
}
