import type { Profile } from '../profile/flame-record.js';
import { IntervalLog } from '../report/interval-log.js';
import type { LiveEnd } from '../report/live-server.js';
import { type SlowRecord, writeSlowRecord } from '../report/slow-files.js';
import { rewriteRun, writeReport } from '../report/write.js';
import { type RunHooks, type RunOptions, runPlan } from '../run/run.js';
import type { Plan } from '../scenario/plan.js';
import { describe } from './describe-plan.js';
import { makeWritable } from './files.js';
import { listensForRuns } from './pipeline-flags.js';
import { checkRenderings, writeRenderings } from './renderings.js';
import type { Against } from './run-against.js';
import { type RunFlags, SEARCH_ONLY, SERIES_ONLY } from './run-flags.js';
import { runOptions } from './run-options.js';
import { pageOf } from './run-page.js';
import { planOf, refuse } from './run-plan.js';
import { startWatch } from './run-watch.js';
import { showReason, showSummary } from './show-report.js';

/** Runs what `gwrk run` was given, or describes it; resolves with the exit code. `words`: the command line behind `run`. */
export async function runSubject(subject: string, flags: RunFlags, words: readonly string[]): Promise<number> {
  const note = (line: string): void => {
    if (!flags.quiet) process.stderr.write(`${line}\n`);
  };
  if (flags.repeat === undefined && flags.baseline === undefined)
    refuse(flags, SERIES_ONLY, 'is for --repeat and --baseline', 'add --baseline <run>');
  if (flags.repeat === undefined) refuse(flags, ['coolDown'], 'is for --repeat', 'add --repeat 10');
  if (flags.findMax !== undefined)
    refuse(flags, ['repeat', 'baseline'], 'does not go with --find-max', 'search first, then repeat one load');
  if (flags.repeat !== undefined || flags.baseline !== undefined)
    refuse(flags, ['flame'], 'does not go with --repeat or --baseline', 'a profiled run is slower: profile one run by itself');
  if (flags.findMax !== undefined || flags.repeat !== undefined)
    refuse(flags, ['flame'], 'is for one run: a profiled run is slower and never counts', 'run it once more by itself with --flame');
  if (flags.repeat !== undefined && !flags.dryRun) return (await import('./run-repeat.js')).repeatSubject(subject, flags, words, note);
  if (flags.findMax !== undefined) return (await import('./run-find-max.js')).searchSubject(subject, flags, note);
  refuse(flags, SEARCH_ONLY, 'is for --find-max', 'add --find-max connections, or --find-max rate');
  const { plan, isTargetTyped, warnings, file } = await planOf(subject, flags);
  for (const warning of warnings) note(`warning: ${warning}`);
  const options = await runOptions(flags, isTargetTyped);
  if (flags.dryRun) return describe(plan, options);
  const against = flags.baseline === undefined ? undefined : await (await import('./run-against.js')).prepareAgainst(flags, plan);
  return runAndReport(plan, options, flags, note, { ...(file && { file }), ...(against && { against }) });
}

interface Beside {
  /** The scenario file. */
  readonly file?: { readonly path: string; readonly text: string };
  /** Shows how the run compares with its baseline. */
  readonly against?: Against;
}

async function runAndReport(
  plan: Plan,
  options: RunOptions,
  flags: RunFlags,
  note: (line: string) => void,
  { file, against }: Beside,
): Promise<number> {
  await makeWritable(flags.out);
  await checkRenderings(flags);
  const watch = await startWatch(flags);
  const seconds = new IntervalLog(flags.out, watch.note);
  let end: LiveEnd | undefined;
  try {
    let slow: SlowRecord | undefined;
    let profile: Profile | undefined;
    const hooks: RunHooks = {
      note: watch.note,
      progress: watch.progress(plan),
      growth: (growth) => seconds.add(growth),
      slow: (record) => {
        slow = record;
      },
      flame: (taken) => {
        profile = taken;
      },
    };
    const report = await runPlan(plan, options, hooks);
    end = report;
    watch.settle();
    showSummary(report, flags);
    const directory = await writeReport(report, flags.out, seconds);
    await seconds.close();
    note(`report: ${directory}`);
    if (slow !== undefined) await writeSlowRecord(directory, slow);
    if (profile !== undefined) await (await import('./run-flame.js')).keepProfile(profile, report, directory, flags);
    const page = await pageOf(report, directory, against?.baseline);
    if (page.baseline) await rewriteRun(report, directory, page);
    await writeRenderings(report, directory, flags, page);
    await against?.show(report, directory);
    if (listensForRuns(flags))
      await (await import('./pipeline.js')).tellPipelineOfRun({ report, directory, flags, ...(file && { subject: file }) });
    showReason(report, flags);
    return report.exitCode;
  } finally {
    await seconds.close();
    await watch.end(end);
  }
}
