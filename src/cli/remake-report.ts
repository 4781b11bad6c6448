import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { buildComparison } from '../report/compare/comparison.js';
import { loadRunSet } from '../report/compare/run-set.js';
import type { PageOptions } from '../report/html/page.js';
import { picturesOf } from '../report/html/pictures.js';
import { loadReport } from '../report/load.js';
import type { Report } from '../report/report.js';
import { rewriteRun } from '../report/write.js';
import { namesRendering, writeRenderings } from './renderings.js';
import { type ShowFlags, showReason, showSummary } from './show-report.js';

export interface RemakeFlags extends ShowFlags {
  readonly baseline?: string;
}

/**
 * Shows the report of an earlier run, and writes what the flags name; all its files in its directory when they name none.
 * Resolves with the exit code of that run.
 */
export async function remakeReport(path: string, flags: RemakeFlags): Promise<number> {
  const report = await loadReport(path);
  const directory = (await stat(path)).isDirectory() ? path : dirname(path);
  const page: PageOptions = {
    pictures: await picturesOf(directory),
    ...(flags.baseline !== undefined && { baseline: await baselineOf(report, path, flags.baseline) }),
  };
  showSummary(report, flags);
  if (namesRendering(flags)) await writeRenderings(report, flags, page);
  else await rewriteRun(report, directory, page);
  showReason(report, flags);
  return report.exitCode;
}

/** The comparison with one or more earlier runs, also where they are not comparable: then it says so. The last of them lies behind. */
async function baselineOf(report: Report, path: string, baseline: string): Promise<NonNullable<PageOptions['baseline']>> {
  const before = await loadRunSet(baseline);
  const comparison = buildComparison([before, { path, runs: [{ path, report }] }], { force: true });
  return { comparison, report: before.runs.at(-1)!.report };
}
