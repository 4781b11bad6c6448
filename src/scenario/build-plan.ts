/** A validated file -> a plan: programs compiled, executors in base units, sizes added up. */
import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { GwrkError } from '../core/errors.js';
import { MAX_SCENARIOS } from '../measure/scenario-recorder.js';
import { defaultAfterFlow } from './after-flow.js';
import { capturesNeverMade } from './capture-order.js';
import { type ClientNames, feederPlans } from './client-names.js';
import { clientValuesIn } from './client-value.js';
import { compileFlow } from './compile.js';
import type { FeederPlan } from './feeder.js';
import { resolveLayouts } from './layout-resolve.js';
import { plainReader } from './layout-values.js';
import type { ReadPayload } from './payloads.js';
import type { ExecutorSpec, Plan, ScenarioPlan, Stage } from './plan.js';
import { withEnv } from './scenario-env.js';
import { createSchedule } from './schedule.js';
import type { ScenarioEntry, ScenarioFile } from './schema.js';
import type { IssueDetails } from './schema-values.js';
import { isStream } from './target-kind.js';
import { thresholdsOf } from './threshold-specs.js';
import { formatDurationUs } from './units.js';
import { expressionProblem } from './variables.js';
import { formatPosition, nodeAt, positionAt, type Tree } from './yaml-tree.js';

const MAX_ARRIVALS = 1e9;

/** The plan of a valid file; `tree` is where it came from, for the places of problems that only show now. */
export function buildPlan(
  file: ScenarioFile,
  tree: Tree,
  { constants, columns, captures }: ClientNames,
  options: { readonly seed: number; readonly file: string; readonly readPayload?: ReadPayload | undefined },
  problems: GwrkError[],
): Plan {
  const report = (path: readonly PropertyKey[], summary: string, allowed: string): void => {
    problems.push(new GwrkError('GWRK_SCENARIO_INVALID', summary, { where: formatPosition(positionAt(tree, path, true)), allowed }));
  };
  const refuse = (path: readonly PropertyKey[], summary: string, { given, allowed, hint, atKey }: IssueDetails): void => {
    problems.push(
      new GwrkError('GWRK_SCENARIO_INVALID', summary, {
        where: formatPosition(positionAt(tree, path, atKey ?? false)),
        ...(given === undefined ? {} : { given }),
        ...(allowed === undefined ? {} : { allowed }),
        ...(hint === undefined ? {} : { hint }),
      }),
    );
  };
  const layouts = resolveLayouts(
    file.layouts,
    plainReader(constants, refuse, (at, error, text) => {
      problems.push(expressionProblem(error, text, nodeAt(tree, at)?.at ?? positionAt(tree, at)));
    }),
  );
  const scenarios = Object.entries(file.scenarios).map(([name, entry]): ScenarioPlan => {
    const path = ['scenarios', name];
    const executor = executorOf(entry);
    const { maxClients, arrivals } = createSchedule(executor);
    if (maxClients === 0) report(path, 'this scenario never has a client', 'a target or rate above 0, for a time above 0');
    if (arrivals > MAX_ARRIVALS) report(path, 'this scenario has too many arrivals', `at most ${MAX_ARRIVALS}`);
    const program = compileFlow(
      entry.flow,
      [...path, 'flow'],
      withEnv(constants, entry.env),
      (at, error, text) => {
        problems.push(expressionProblem(error, text, nodeAt(tree, at)?.at ?? positionAt(tree, at)));
      },
      {
        framing: entry.framing,
        isStream: isStream(file.target),
        isDriven: entry.driver !== undefined,
        target: file.target,
        layouts,
        readPayload: options.readPayload,
        refuse,
      },
    );
    for (const name of capturesNeverMade(program, clientValuesIn(program)))
      report([...path, 'flow'], `no step of this flow captures ${name}`, `capture: { ${name}: { json: /... } } on a step before its use`);
    const { storm } = entry;
    if (storm && program.reconnect === undefined)
      report([...path, 'storm'], 'nobody would come back from this storm', 'a flow that begins with - reconnect: {}');
    if (storm && storm.at >= createSchedule(executor).endUs)
      report(
        [...path, 'storm', 'at'],
        'the storm comes after the end of its scenario',
        `before ${formatDurationUs(createSchedule(executor).endUs)}`,
      );
    return {
      name,
      executor,
      startTimeUs: entry.startTime,
      gracefulStopUs: entry.gracefulStop,
      afterFlow: entry.afterFlow ?? defaultAfterFlow(executor.kind),
      ...(storm ? { storm: { atUs: storm.at, share: storm.share } } : {}),
      program,
      ...(entry.driver === undefined ? {} : { driver: driverOf(entry.driver, options.file) }),
    };
  });
  if (scenarios.length > MAX_SCENARIOS)
    report(
      ['scenarios'],
      `${scenarios.length} scenarios are too many`,
      `at most ${MAX_SCENARIOS}: each is measured by itself, in memory of its own`,
    );
  if (scenarios.length === 0) report(['scenarios'], 'there is no scenario', 'at least one');
  const feeders = feederPlans(
    file,
    columns,
    scenarios.map(({ program }) => program),
    options.file,
  );
  return {
    name: file.name,
    /** On demand: `gwrk validate` ends without it, and the cryptography of node takes a while to load. */
    get hash() {
      return hashOf(scenarios, feeders);
    },
    target: file.target,
    scenarios,
    feeders,
    captures,
    ...(file.serve ? { serve: file.serve } : {}),
    ...(file.targetMetrics === undefined ? {} : { targetMetrics: file.targetMetrics }),
    threads: file.swarm.threads,
    transport: file.swarm.transport,
    sourceIps: file.swarm.sourceIps,
    maxConnecting: file.swarm.maxConnecting,
    thresholds: thresholdsOf(file, refuse),
    tags: tagsOf(file),
    scenarioTags: Object.values(file.scenarios).map(({ tags }) => tags),
    seed: options.seed,
    ...sizeOf(scenarios),
  };
}

function driverOf(file: string, scenarioFile: string): NonNullable<ScenarioPlan['driver']> {
  const base = dirname(resolve(scenarioFile));
  return { file, path: resolve(base, file), base };
}

function executorOf(entry: ScenarioEntry): ExecutorSpec {
  const stages = (list: readonly { duration: number; target: number }[], per = 1): Stage[] =>
    list.map(({ duration, target }) => ({ durationUs: duration, target: target / per }));
  switch (entry.executor) {
    case 'constant-clients':
      return { kind: entry.executor, clients: entry.clients, durationUs: entry.duration };
    case 'ramping-clients':
      return { kind: entry.executor, startClients: entry.startClients, stages: stages(entry.stages) };
    case 'per-client-iterations':
    case 'shared-iterations':
      return { kind: entry.executor, clients: entry.clients, iterations: entry.iterations, maxDurationUs: entry.maxDuration };
    case 'constant-arrival-rate':
      return {
        kind: entry.executor,
        ratePerSecond: entry.rate / (entry.timeUnit / 1e6),
        durationUs: entry.duration,
        maxClients: entry.maxClients,
      };
    case 'ramping-arrival-rate': {
      const per = entry.timeUnit / 1e6;
      return {
        kind: entry.executor,
        startRatePerSecond: entry.startRate / per,
        stages: stages(entry.stages, per),
        maxClients: entry.maxClients,
      };
    }
  }
}

/** The labels of the run: a tag that scenarios give different values tells them apart, and says nothing of the run. */
function tagsOf({ scenarios }: ScenarioFile): Record<string, string> {
  const tags = new Map<string, string | undefined>();
  for (const entry of Object.values(scenarios)) {
    for (const [tag, value] of Object.entries(entry.tags)) tags.set(tag, tags.has(tag) && tags.get(tag) !== value ? undefined : value);
  }
  return Object.fromEntries([...tags].filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** SHA-256, hex, of what the clients do and when; neither target nor thresholds nor the machine change it. */
export function hashOf(scenarios: readonly ScenarioPlan[], feeders: readonly FeederPlan[] = []): string {
  const rows = feeders.map(({ name, file, format, order, loop }) => ({ name, file, format, order, loop }));
  const text = JSON.stringify(rows.length === 0 ? scenarios : { scenarios, rows }, (_key, value: unknown) =>
    value instanceof Int32Array ? Array.from(value) : value,
  );
  return createHash('sha256').update(text).digest('hex');
}

/** Most clients at one moment (clients may stay for gracefulStop after their scenario's end), and the time until the last end. */
function sizeOf(scenarios: readonly ScenarioPlan[]): Pick<Plan, 'maxClients' | 'durationUs'> {
  const spans = scenarios.map(({ executor, startTimeUs, gracefulStopUs }) => {
    const { endUs, maxClients } = createSchedule(executor);
    return { fromUs: startTimeUs, endUs: startTimeUs + endUs, goneUs: startTimeUs + endUs + gracefulStopUs, maxClients };
  });
  const atStartOf = (fromUs: number): number =>
    spans.reduce((sum, span) => (span.fromUs <= fromUs && fromUs < span.goneUs ? sum + span.maxClients : sum), 0);
  return {
    maxClients: Math.max(0, ...spans.map(({ fromUs }) => atStartOf(fromUs))),
    durationUs: Math.max(0, ...spans.map(({ endUs }) => endUs)),
  };
}
