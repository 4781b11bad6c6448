import type { LiveEnd } from '../report/live-server.js';
import { type SlowRecord, writeSlowRecord } from '../report/slow-files.js';
import { writeReport } from '../report/write.js';
import { type RunHooks, type RunOptions, runPlan } from '../run/run.js';
import type { Plan } from '../scenario/plan.js';
import { describe } from './describe-plan.js';
import { makeWritable } from './files.js';
import { checkRenderings, writeRenderings } from './renderings.js';
import { type RunFlags, SEARCH_ONLY } from './run-flags.js';
import { runOptions } from './run-options.js';
import { planOf, refuse } from './run-plan.js';
import { startWatch } from './run-watch.js';
import { showReason, showSummary } from './show-report.js';

/** Runs what `gwrk run` was given, or describes it; resolves with the exit code. */
export async function runSubject(subject: string, flags: RunFlags): Promise<number> {
  const note = (line: string): void => {
    if (!flags.quiet) process.stderr.write(`${line}\n`);
  };
  if (flags.findMax !== undefined) return (await import('./run-find-max.js')).searchSubject(subject, flags, note);
  refuse(flags, SEARCH_ONLY, 'is for --find-max', 'add --find-max connections, or --find-max rate');
  const { plan, isTargetTyped, warnings } = await planOf(subject, flags);
  for (const warning of warnings) note(`warning: ${warning}`);
  const options = await runOptions(flags, isTargetTyped);
  return flags.dryRun ? describe(plan, options) : runAndReport(plan, options, flags, note);
}

async function runAndReport(plan: Plan, options: RunOptions, flags: RunFlags, note: (line: string) => void): Promise<number> {
  await makeWritable(flags.out);
  await checkRenderings(flags);
  const watch = await startWatch(flags);
  let end: LiveEnd | undefined;
  try {
    let slow: SlowRecord | undefined;
    const hooks: RunHooks = {
      note: watch.note,
      progress: watch.progress(plan),
      slow: (record) => {
        slow = record;
      },
    };
    const report = await runPlan(plan, options, hooks);
    end = report;
    watch.settle();
    showSummary(report, flags);
    const directory = await writeReport(report, flags.out);
    note(`report: ${directory}`);
    if (slow !== undefined) await writeSlowRecord(directory, slow);
    await writeRenderings(report, flags);
    showReason(report, flags);
    return report.exitCode;
  } finally {
    await watch.end(end);
  }
}
