import { percentilesMs } from '../measure/v2-percentiles.js';
import type { Report } from '../report/report.js';
import { quantileRanks } from '../statistics/quantile-interval.js';
import { PERCENT } from './figure-of-run.js';
import type { GateMetric } from './gate-metric.js';

/**
 * Between which durations a percentile of one run lies, by order statistics of its samples. They say nothing of how much the
 * next run would differ. Undefined for what is no percentile, or without a histogram.
 */
export function withinRun(
  report: Report,
  { metric, selector, figure }: GateMetric,
  confidence: number,
): { lowMs: number; highMs: number } | undefined {
  const percent = PERCENT[figure];
  const histogram = report.histograms[metric + selector];
  const samples = report.metrics[metric];
  if (percent === undefined || histogram === undefined || samples?.type !== 'trend') return undefined;
  const ranks = quantileRanks(samples.count, percent / 100, confidence);
  const ends = ranks && percentilesMs(histogram, [(100 * ranks.low) / samples.count, (100 * ranks.high) / samples.count]);
  return ends && { lowMs: ends[0]!, highMs: ends[1]! };
}
