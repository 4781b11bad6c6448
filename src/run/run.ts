import { systemClock } from '../core/clock.js';
import { COUNTER } from '../measure/metric-names.js';
import { type RunRecorders, runRecorders } from '../measure/selections.js';
import type { Launch } from '../profile/launched-tool.js';
import type { SelfRecord } from '../report/generator-flags.js';
import { buildReport, type Report } from '../report/report.js';
import type { SlowRecord } from '../report/slow-files.js';
import { outlineOf } from '../scenario/dry-run.js';
import { loadModelOf } from '../scenario/load-model.js';
import { framingOf, matchingOf } from '../scenario/matching.js';
import type { Plan } from '../scenario/plan.js';
import { withoutQuery } from '../scenario/target-kind.js';
import { readProcess } from '../target/process-sample.js';
import { GeneratorWatch } from './generator-watch.js';
import { machineFacts, readMachineTicks, stealShare } from './machine-facts.js';
import { checkOwnMetrics } from './own-metric-rules.js';
import { authenticates, beginsWithLogin, plannedClients, scenarioLabels } from './plan-facts.js';
import { type Preparation, prepareRun, refuseObstacles } from './prepare.js';
import { compareLedgers, controlErrors, interruptionOf } from './run-errors.js';
import { type MonitorResult, RunMonitor } from './run-monitor.js';
import type { RunHooks, RunOptions } from './run-options.js';
import { RunProfile } from './run-profile.js';
import { RunServices } from './run-services.js';
import { ServeChild } from './serve-child.js';
import { StopRequest } from './stop-request.js';
import { targetRecord } from './target-record.js';
import { Workers } from './workers.js';

export type { RunHooks, RunOptions } from './run-options.js';

const READY_TIMEOUT_MS = 60_000;
const SERVER_STOP_TIMEOUT_MS = 15_000;
/** From the order to start to the common start: time for it to reach every worker. */
const START_DELAY_US = 100e3;
/** The same where clients log in first: workers ask a second ahead of a client's start, and the first one's too. */
const START_DELAY_WITH_LOGINS_US = 1.2e6;

/** One run while it goes on. */
interface Run {
  readonly plan: Plan;
  readonly options: RunOptions;
  readonly hooks: RunHooks;
  readonly preparation: Preparation;
  readonly stop: StopRequest;
  readonly server: ServeChild | undefined;
  readonly profile: RunProfile | undefined;
}

/**
 * Runs a plan from its first check to its report: checks what the machine can bear, starts the plan's own server and the
 * workers, stays with them, and ends all it has started, whatever happens. Throws a GwrkError when the run cannot begin;
 * once the first client has started there is a report, however the run ends.
 */
export async function runPlan(plan: Plan, options: RunOptions, hooks: RunHooks): Promise<Report> {
  const preparation = await prepareRun(plan, options);
  refuseObstacles(preparation.obstacles);
  hooks.note(`transport: ${preparation.transport.kind} (${preparation.transport.reason})`);
  for (const { name, driver } of plan.scenarios)
    if (driver) hooks.note(`driver: ${driver.path} runs code for scenario ${name}, because its file names it`);
  const threads = preparation.starts.length;
  if (plan.threads !== 'auto' && threads < plan.threads)
    hooks.note(`threads: ${threads} of the ${plan.threads} asked for, at most one a core and one a client`);
  const stop = new StopRequest();
  const targetPid = options.targetPids?.[0];
  const profile = options.flame && (await RunProfile.prepare(options.flame, plan, targetPid, hooks.note));
  let server: ServeChild | undefined;
  try {
    server = await startServer(plan, options, hooks, stop, profile?.launch);
    profile?.serverIsReady(server, targetPid);
    const report = await loadTarget({ plan, options, hooks, preparation, stop, server, profile });
    const taken = await profile?.finish();
    if (taken) hooks.flame?.(taken);
    return report;
  } finally {
    stop.close();
    await profile?.abandon();
    await server?.stop();
  }
}

async function startServer(
  { serve }: Plan,
  { targetInspect }: RunOptions,
  hooks: RunHooks,
  stop: StopRequest,
  launch?: Launch,
): Promise<ServeChild | undefined> {
  if (!serve) return undefined;
  const { command, ready: readyUrl, env } = serve;
  const server = await ServeChild.start({
    command,
    readyUrl,
    env: targetInspect === true ? withInspectorPort(env) : env,
    readyTimeoutMs: READY_TIMEOUT_MS,
    stopTimeoutMs: SERVER_STOP_TIMEOUT_MS,
    checkWanted: () => stop.throwIfAsked(),
    ...(launch && { launch }),
  });
  hooks.note(`server: ${command} is ready (pid ${server.pid})`);
  return server;
}

/** An inspector that we open in a server of ours takes a free port, and not 9229, which another program may have. */
function withInspectorPort(env: Readonly<Record<string, string>>): Record<string, string> {
  const options = env.NODE_OPTIONS ?? process.env.NODE_OPTIONS ?? '';
  return { ...env, NODE_OPTIONS: `--inspect-port=0 ${options}`.trim() };
}

async function loadTarget(run: Run): Promise<Report> {
  const { plan, options, hooks, preparation, stop, server } = run;
  let workers: Workers | undefined;
  const services = new RunServices(plan, options, preparation, server, (worker, message) => workers?.post(worker, message));
  if (services.logins) hooks.note(`logins: ${services.logins}`);
  try {
    workers = await Workers.start({
      starts: preparation.starts,
      readyTimeoutMs: READY_TIMEOUT_MS,
      onLogin: (worker, logins) => services.credentials?.request(worker, logins),
    });
    checkOwnMetrics(plan.thresholds, workers.own);
    stop.throwIfAsked();
    await services.watch.begin();
    return await measure(run, services, workers);
  } finally {
    // Of a run that ended in a fault too: an inspector that was opened is closed.
    await services.watch.end(0);
    services.close();
    await workers?.terminate();
  }
}

async function measure(run: Run, services: RunServices, workers: Workers): Promise<Report> {
  const { plan, hooks, preparation, stop } = run;
  const recorders = runRecorders(
    preparation.starts.map(({ recorder }) => recorder),
    scenarioLabels(plan),
  );
  const rssStartBytes = readProcess('self')?.rssBytes ?? process.memoryUsage.rss();
  const cpuBefore = process.cpuUsage();
  const ticksBefore = readMachineTicks();
  const delayUs = beginsWithLogin(plan) ? START_DELAY_WITH_LOGINS_US : START_DELAY_US;
  const startUs = systemClock.nowUs() + delayUs;
  const startedAtUnixMs = systemClock.unixMs() + delayUs / 1000;
  workers.begin(startUs);
  const controls = preparation.starts.map(({ control }) => new Int32Array(control));
  const generator = new GeneratorWatch({ controls, isTargetLocal: preparation.isLocal });
  run.profile?.countBy(() =>
    recorders.all.reduce((sum, { counters }) => sum + counters[COUNTER.ws_msgs_sent]! + counters[COUNTER.http_reqs]!, 0),
  );
  const result = await new RunMonitor({
    plan,
    workers,
    recorders,
    target: services.watch,
    generator,
    stop,
    hooks,
    ...(run.profile && { profile: run.profile }),
    startUs,
    withErrorLimit: run.options.withErrorLimit,
  }).untilOver();
  for (const death of workers.deaths) hooks.note(death);
  services.credentials?.stop();
  await services.watch.end(result.durationMs);
  if (run.options.slowUs !== undefined) hooks.slow?.(await slowRecord(preparation, services, workers, run.options.slowUs, startUs));
  const cpu = process.cpuUsage(cpuBefore);
  return reportOf(run, services, workers, result, recorders, {
    startedAtUnixMs,
    rssStartBytes,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    self: generator.result(),
    steal: stealShare(ticksBefore, readMachineTicks()),
  });
}

/** The slow operations of all workers together, and what the server says of that time. */
async function slowRecord(
  { endpoints }: Preparation,
  services: RunServices,
  { slow }: Workers,
  thresholdUs: number,
  startUs: number,
): Promise<SlowRecord> {
  return {
    operations: {
      thresholdUs,
      total: slow.reduce((sum, { total }) => sum + total, 0),
      kept: slow.flatMap(({ kept }) => kept),
      stalls: slow.flatMap(({ stalls }) => stalls),
    },
    targets: endpoints.map(({ address, family, port }) => (family === 6 ? `[${address}]:${port}` : `${address}:${port}`)),
    causes: await services.causes(startUs),
  };
}

interface Usage {
  readonly startedAtUnixMs: number;
  readonly rssStartBytes: number;
  readonly cpuSeconds: number;
  readonly self: SelfRecord;
  readonly steal: number | undefined;
}

function reportOf(
  run: Run,
  services: RunServices,
  workers: Workers,
  result: MonitorResult,
  { all: recorders }: RunRecorders,
  usage: Usage,
): Report {
  const { plan, options, preparation, server } = run;
  const { connectingMs } = result.timeline;
  const framing = framingOf(plan);
  const watched = targetRecord(withoutQuery(preparation.target.url), services.pids[0], services.watch.result());
  // Only the protocol of the reference server knows operations: another server (--echo) counts none of what it answers.
  const target = authenticates(plan) ? watched : { ...watched, opsSeen: null };
  const interruption = interruptionOf(workers, result);
  return buildReport({
    plan: {
      name: plan.name,
      hash: plan.hash,
      plannedClients: plannedClients(plan),
      authenticates: authenticates(plan),
      seed: plan.seed,
      tags: plan.tags,
      matching: matchingOf(plan),
      outline: outlineOf(plan),
      model: loadModelOf(plan),
      thresholds: options.withThresholds ? plan.thresholds : [],
    },
    startedAtUnixMs: usage.startedAtUnixMs,
    durationMs: result.durationMs,
    transport: preparation.transport,
    recorders,
    own: workers.own,
    errors: [...workers.errors(), ...controlErrors(workers, result, server), ...(server ? compareLedgers(target, recorders) : [])],
    generator: {
      threads: preparation.starts.length,
      rings: workers.rings,
      rssStartBytes: usage.rssStartBytes,
      rssPeakBytes: readProcess('self')?.rssPeakBytes ?? process.resourceUsage().maxRSS * 1024,
      cpuSeconds: usage.cpuSeconds,
      workerCpuSeconds: workers.cpuSeconds,
      self: usage.self,
    },
    target,
    timeline: result.timeline.toRecord(),
    connectingMs,
    ...(result.hold && { hold: result.hold }),
    parts: { select: result.select, scenarios: plan.scenarios.map(({ name }) => name) },
    environment: {
      ...machineFacts(options.gwrkVersion),
      ...(services.logins && { logins: services.logins }),
      ...(framing !== undefined && { framing }),
      ...(server?.ready?.gateway && { gateway: server.ready.gateway }),
      ...(usage.steal !== undefined && { stealPercent: Math.round(usage.steal * 1000) / 10 }),
    },
    ...(options.flame && { profiled: options.flame }),
    ...(interruption && { interruption }),
  });
}
