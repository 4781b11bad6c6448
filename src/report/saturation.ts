import { histogramOf } from '../measure/histogram.js';
import type { Hold } from '../measure/hold.js';
import { TREND } from '../measure/metric-names.js';
import { counterTotal } from '../measure/metric-view.js';
import type { Recorder } from '../measure/recorder.js';
import { type FlagFacts, findFlags, type GeneratorFlag, type SelfRecord } from './generator-flags.js';

/** Lag below this is the floor of a timer and no sign of overload. */
const LAG_FLOOR_MS = 5;
/** Lag may be this share of the response time that it is part of. */
const LAG_SHARE = 0.1;

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

export interface FlagInput {
  readonly recorders: readonly Recorder[];
  readonly hold: Hold | undefined;
  readonly busiestWorker: number;
  readonly self: SelfRecord | undefined;
  readonly errors: FlagFacts['errors'];
}

/**
 * What the generator has to say against itself. The rules and what they leave out (the starts of a ramp, and a connect
 * that waits because maxConnecting others are being opened) are explained in docs/measuring.md.
 */
export function judgeGenerator({ recorders, hold, busiestWorker, self, errors }: FlagInput): GeneratorFlag[] {
  return findFlags({
    hold,
    lagLimitMs: hold ? limitMs(recorders, hold) : LAG_FLOOR_MS,
    planned: counterTotal(recorders, 'messages_planned'),
    missed: counterTotal(recorders, 'messages_missed'),
    busiestWorker,
    errors,
    ...(self && { self }),
  });
}

/** By the response time that users look at: that of messages or heartbeats in the hold, of sessions where there were none. */
function limitMs(recorders: readonly Recorder[], { response }: Hold): number {
  const p99Us = response.percentileUs(99) ?? histogramOf(recorders, TREND.session_ready).percentileUs(99) ?? 0;
  return Math.max(LAG_FLOOR_MS, (LAG_SHARE * p99Us) / 1000);
}
