import { unfitness } from '../report/compare/fitness.js';
import type { Report } from '../report/report.js';

/** Whether a run is evidence. */
export interface RunQuality {
  /** unusable: it says nothing of the server. aborted: a threshold ended it early, which is an answer. stopped: a person ended it. */
  readonly use: 'counts' | 'unusable' | 'aborted' | 'stopped';
  /** Why it does not count: a clause. */
  readonly reason?: string;
  /** What spoke against the machine meanwhile, though the run is valid. Never looks at latency. */
  readonly disturbances: readonly string[];
}

/** CPU time of the machine that a hypervisor gave to others, from which a run is worth repeating. */
const MAX_STEAL_PERCENT = 2;

/**
 * Judges a run by its circumstances alone. Whoever drops runs by their latency makes the result; so latency has no part
 * in this.
 */
export function qualityOf(report: Report): RunQuality {
  const disturbances = disturbancesOf(report);
  const reason = unfitness(report);
  if (reason === undefined) return { use: 'counts', disturbances };
  const isAborted = report.verdict === 'fail' && report.endedEarly !== undefined && !report.generator.saturated;
  return { use: report.verdict === 'interrupted' ? 'stopped' : isAborted ? 'aborted' : 'unusable', reason, disturbances };
}

function disturbancesOf({ environment }: Report): string[] {
  const steal = environment.stealPercent;
  return typeof steal === 'number' && steal > MAX_STEAL_PERCENT ? [`the hypervisor gave ${steal} % of the CPU time to others`] : [];
}
