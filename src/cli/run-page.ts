import { buildComparison } from '../report/compare/comparison.js';
import type { RunSet } from '../report/compare/run-set.js';
import type { PageOptions } from '../report/html/page.js';
import { picturesOf } from '../report/html/pictures.js';
import type { Report } from '../report/report.js';

/**
 * What stands on a run's page beside its report: the pictures in its directory, and with a baseline the comparison, also where the runs are
 * not comparable: then it says so. The last run of the baseline lies behind.
 */
export async function pageOf(report: Report, directory: string, baseline?: RunSet): Promise<PageOptions> {
  const pictures = await picturesOf(directory);
  if (baseline === undefined) return { pictures };
  const comparison = buildComparison([baseline, { path: directory, runs: [{ path: directory, report }] }], { force: true });
  return { pictures, baseline: { comparison, report: baseline.runs.at(-1)!.report } };
}
