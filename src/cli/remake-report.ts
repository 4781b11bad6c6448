import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { loadBaseline } from '../gate/baseline-store.js';
import { loadReport } from '../report/load.js';
import { rewriteRun } from '../report/write.js';
import { namesRendering, writeRenderings } from './renderings.js';
import { pageOf } from './run-page.js';
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
  const baseline = flags.baseline === undefined ? undefined : await loadBaseline(flags.baseline, dirname(directory));
  const page = await pageOf(report, directory, baseline);
  showSummary(report, flags);
  if (namesRendering(flags)) await writeRenderings(report, directory, flags, page);
  else await rewriteRun(report, directory, page);
  showReason(report, flags);
  return report.exitCode;
}
