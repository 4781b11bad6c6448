import { type Histogram, histogramOf, samplesNeeded } from '../measure/histogram.js';
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

/**
 * Why the generator, and not the target, shaped the result; empty when it did not. The rules and what they leave out
 * (a connect that waits because maxConnecting others are being opened is not lag) are explained in docs/measuring.md.
 */
export function findSaturation(recorders: readonly Recorder[], busiestWorker: number): string[] {
  const reasons: string[] = [];
  const lag = highestSupported(histogramOf(recorders, TREND.scheduling_lag));
  const limitMs = Math.max(LAG_FLOOR_MS, LAG_SHARE * responseP99Ms(recorders));
  if (lag && lag.ms > limitMs) {
    reasons.push(`the generator was late by ${formatMs(lag.ms)} at p(${lag.percent}), more than ${formatMs(limitMs)}`);
  } else if (lag && lag.ms > limitMs / 2 && busiestWorker > BUSY_CORE) {
    reasons.push(`a worker used ${formatPercent(busiestWorker)} of a core and was late by ${formatMs(lag.ms)} at p(${lag.percent})`);
  }
  const planned = counterTotal(recorders, 'messages_planned');
  const missed = counterTotal(recorders, 'messages_missed');
  if (missed > MISSED_SHARE * planned) {
    reasons.push(`${missed.toLocaleString('en')} of ${planned.toLocaleString('en')} planned messages were never sent`);
  }
  return reasons;
}

/** A few late starts of a short run are not a p99: the highest percentile with enough samples speaks. */
function highestSupported(lag: Histogram): { readonly percent: number; readonly ms: number } | undefined {
  const percent = [99, 90, 50].find((candidate) => lag.count >= samplesNeeded(candidate));
  return percent === undefined ? undefined : { percent, ms: lag.percentileUs(percent)! / 1000 };
}

/** The response time that users look at: of messages, or of sessions where no message was answered. */
function responseP99Ms(recorders: readonly Recorder[]): number {
  const messages = histogramOf(recorders, TREND.ws_msg_rtt);
  const response = messages.count > 0 ? messages : histogramOf(recorders, TREND.session_ready);
  return (response.percentileUs(99) ?? 0) / 1000;
}
