import type { SeriesRun } from '../gate/series.js';
import { refuseIncomparable } from '../report/comparable.js';
import type { RunSet } from '../report/compare/run-set.js';
import { machineFacts } from '../run/machine-facts.js';
import { plannedClients } from '../run/plan-facts.js';
import type { Plan } from '../scenario/plan.js';
import { gwrkVersion } from './version.js';

/** Throws GWRK_NOT_COMPARABLE when runs of this plan on this machine could not be compared with the baseline. */
export function refuseOtherThan(baseline: RunSet, plan: Plan): void {
  const planned = { hash: plan.hash, clients: { planned: plannedClients(plan) }, environment: { ...machineFacts(gwrkVersion()) } };
  for (const { path, report } of baseline.runs) refuseIncomparable(report, planned, [path, 'this run']);
}

/** The runs of a baseline as the older side of a series. */
export function seriesOf(baseline: RunSet): SeriesRun[] {
  return baseline.runs.map(({ path, report }, index) => ({
    side: 'a',
    number: index + 1,
    report,
    directory: path,
    isAborted: false,
    disturbances: [],
  }));
}
