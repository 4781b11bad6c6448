import { setTimeout as wait } from 'node:timers/promises';
import { GwrkError } from '../core/errors.js';
import { checkThreshold } from '../measure/threshold.js';
import { IntervalLog } from '../report/interval-log.js';
import type { LiveEnd } from '../report/live-server.js';
import { writeReport } from '../report/write.js';
import { type FindMaxOptions, findMax } from '../run/find-max.js';
import { type LoadKind, loadKind, probePlan } from '../run/find-max-plan.js';
import { runPlan } from '../run/run.js';
import { StopRequest } from '../run/stop-request.js';
import { didYouMean } from '../scenario/nearest-name.js';
import type { Plan, ThresholdSpec } from '../scenario/plan.js';
import { describe } from './describe-plan.js';
import { makeWritable } from './files.js';
import { checkRenderings, writeRenderings } from './renderings.js';
import type { RunFlags } from './run-flags.js';
import { runOptions } from './run-options.js';
import { isUrl, planOf, refuse, type SubjectPlan } from './run-plan.js';
import { startWatch } from './run-watch.js';
import { showReason, showSummary } from './show-report.js';

const DEFAULT_FROM = 100;
const DEFAULT_STEP_US = 10e6;
const SHORTEST_STEP_US = 2e6;
const DEFAULT_PRECISION = 0.05;
const MOST = 10_000_000;
/** Between two probes: the target closes what the last one left. */
const REST_MS = 500;
/** Variables of a scenario file that a load is put into, so that what the file derives from them goes along. */
const VARIABLE = { connections: 'CLIENTS', rate: 'RATE' } as const;

/** `gwrk run --find-max`: runs one load after the other and reports the highest that met the bounds. */
export async function searchSubject(subject: string, flags: RunFlags, note: (line: string) => void): Promise<number> {
  const first = await firstPlan(subject, flags);
  for (const warning of first.warnings) note(`warning: ${warning}`);
  const options = await searchOptions(subject, flags, first.plan);
  const planFor = async (load: number): Promise<Plan> => (await planAt(subject, flags, options.of, load)).plan;
  const run = await runOptions({ ...flags, thresholds: false }, first.isTargetTyped);
  if (flags.dryRun) return describe(probePlan(await planFor(options.from), { ...options, load: options.from }).plan, run);
  await makeWritable(flags.out);
  await checkRenderings(flags);
  const watch = await startWatch(flags);
  const stop = new StopRequest();
  /** By the start of their run: which of them is kept is known when the search is over. */
  const logs = new Map<string, IntervalLog>();
  let end: LiveEnd | undefined;
  let current = 0;
  try {
    const unit = options.of === 'rate' ? ' a second' : ' connections';
    const report = await findMax(options, {
      planFor: (load) => {
        current = load;
        return planFor(load);
      },
      run: async (plan, onProgress) => {
        const show = watch.progress(plan, `${current}${unit}`);
        const seconds = new IntervalLog(flags.out, watch.note);
        const probe = await runPlan(plan, run, {
          note: () => {},
          growth: (growth) => seconds.add(growth),
          progress: (snapshot, errors, recorders) => {
            onProgress(snapshot, errors, recorders);
            show(snapshot, errors, recorders);
          },
        });
        logs.set(probe.startedAt, seconds);
        return probe;
      },
      rest: async () => {
        if (stop.level === 'none') await wait(REST_MS);
        return stop.level !== 'none';
      },
      onProbe: ({ load, verdict, reason }) =>
        watch.note(`${load.toLocaleString('en')}${unit}: ${verdict}${verdict === 'met' ? '' : `, ${reason}`}`),
    });
    end = report;
    watch.settle();
    showSummary(report, flags);
    const directory = await writeReport(report, flags.out, logs.get(report.startedAt));
    note(`report: ${directory}`);
    await writeRenderings(report, directory, flags);
    showReason(report, flags);
    return report.exitCode;
  } finally {
    stop.close();
    for (const log of logs.values()) await log.close();
    await watch.end(end);
  }
}

/** What is scaled before anything is known of the kinds of executors: the file as it stands, or the URL with one connection. */
async function firstPlan(subject: string, flags: RunFlags): Promise<SubjectPlan> {
  if (isUrl(subject)) {
    refuse(flags, ['duration', 'requests'], 'is not for --find-max', '--step-time says how long each load is held');
    if (flags.findMax === 'connections') {
      refuse(flags, ['connections'], 'is what --find-max connections searches', '--from and --to say where');
      if (flags.keepalive === false) throw usage('--no-keepalive leaves no connections to count', 'use --find-max rate');
    } else {
      refuse(flags, ['messageRate'], 'is what --find-max rate searches', '--from and --to say where');
      if (flags.body === undefined && !/^https?:/iu.test(subject)) throw usage('a rate of messages needs a message', 'add --body');
    }
  }
  return planOf(subject, flags);
}

/** The plan with the load in it, as far as flags and variables carry it. probePlan() does the rest. */
function planAt(subject: string, flags: RunFlags, of: FindMaxOptions['of'], load: number): Promise<SubjectPlan> {
  if (!isUrl(subject)) return planOf(subject, { ...flags, env: { ...flags.env, [VARIABLE[of]]: String(load) } });
  if (of === 'connections') return planOf(subject, { ...flags, connections: load });
  return planOf(subject, { ...flags, messageRate: load / (flags.connections ?? 10) });
}

async function searchOptions(subject: string, flags: RunFlags, plan: Plan): Promise<FindMaxOptions> {
  const of = flags.findMax!;
  const { from = Math.min(DEFAULT_FROM, flags.to ?? DEFAULT_FROM), to = MOST, stepTime = DEFAULT_STEP_US } = flags;
  if (from > to) throw usage(`--from ${from} is more than --to ${to}`, 'the search goes upwards');
  if (stepTime < SHORTEST_STEP_US) throw usage('--step-time is too short to measure anything', 'at least 2s');
  const urlKind: LoadKind = of === 'rate' ? 'messages' : 'clients';
  const kind = isUrl(subject) ? urlKind : loadKind(of, plan, of === 'rate' && (await usesRate(subject, flags)));
  return {
    of,
    kind,
    bounds: flags.until.length > 0 ? flags.until.map(boundOf) : ownBounds(plan),
    from,
    to,
    stepTimeUs: stepTime,
    precision: flags.precision ?? DEFAULT_PRECISION,
    ...(flags.connectRate !== undefined && { connectRate: flags.connectRate }),
  };
}

/** Whether the clients of a scenario file do something else when its variable RATE is another. */
async function usesRate(subject: string, flags: RunFlags): Promise<boolean> {
  const [one, two] = await Promise.all([planAt(subject, flags, 'rate', 1), planAt(subject, flags, 'rate', 2)]);
  return one.plan.hash !== two.plan.hash;
}

/** "ws_msg_rtt p(99)<20". */
function boundOf(text: string): ThresholdSpec {
  const [, metric = '', expression = ''] = /^\s*([\w]+)\s*[ :]\s*(.*)$/su.exec(text) ?? [];
  const problem = metric === '' ? undefined : checkThreshold(metric, expression);
  if (metric === '' || problem)
    throw new GwrkError('GWRK_USAGE', `--until is no bound${problem ? `: ${problem.error}` : ''}`, {
      given: text,
      allowed: problem?.allowed ?? "a metric and what must hold of it: 'ws_msg_rtt p(99)<20'",
      ...(problem?.subject === 'metric' && hintOf(didYouMean(metric, problem.allowed.split(', ')))),
    });
  return { metric, expression, level: 'error', abortOnFail: false, delayAbortEvalUs: 0 };
}

const hintOf = (hint: string | undefined): { hint?: string } => (hint === undefined ? {} : { hint });

function ownBounds({ thresholds }: Plan): readonly ThresholdSpec[] {
  const bounds = thresholds.filter(({ level }) => level === 'error');
  const narrowed = bounds.find(({ metric }) => metric.includes('{'));
  if (narrowed) throw usage(`${narrowed.metric} is no bound of a search`, 'bounds are of whole metrics, within the time a load is held');
  if (bounds.length === 0) throw usage('--find-max needs a bound', "add --until 'ws_msg_rtt p(99)<20'");
  return bounds;
}

const usage = (summary: string, hint: string): GwrkError => new GwrkError('GWRK_USAGE', summary, { where: '--find-max', hint });
