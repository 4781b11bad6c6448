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
  const refuse = (reason: string, use: 'unusable' | 'aborted' | 'stopped' = 'unusable'): RunQuality => ({ use, reason, disturbances });
  if (report.verdict === 'interrupted') return refuse(report.reason, 'stopped');
  if (report.verdict === 'invalid') return refuse(report.reason);
  if (report.findMax) return refuse('it is a search for a limit (--find-max), not one load');
  if (isProfiled(report)) return refuse('it was profiled, which takes up to a third more CPU time');
  if (report.endedEarly !== undefined) return refuse(`it ended before its plan: ${report.endedEarly}`, 'aborted');
  return { use: 'counts', disturbances };
}

/** Whether a profiler was attached to the server during the run. */
export function isProfiled(report: Report): boolean {
  const { flame, profile } = report as { readonly flame?: unknown; readonly profile?: unknown };
  return (flame !== undefined && flame !== null) || (profile !== undefined && profile !== null);
}

function disturbancesOf({ environment }: Report): string[] {
  const steal = environment.stealPercent;
  return typeof steal === 'number' && steal > MAX_STEAL_PERCENT ? [`the hypervisor gave ${steal} % of the CPU time to others`] : [];
}
