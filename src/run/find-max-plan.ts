import { GwrkError } from '../core/errors.js';
import type { MaxOf } from '../report/find-max.js';
import { hashOf } from '../scenario/build-plan.js';
import type { ExecutorSpec, Plan, ScenarioPlan } from '../scenario/plan.js';
import { createSchedule } from '../scenario/schedule.js';

/** What a load counts. Messages are scaled where the plan is made, clients and arrivals here. */
export type LoadKind = 'clients' | 'arrivals' | 'messages';

/** The run of one load: its clients come, then all of it is held. */
export interface Probe {
  readonly plan: Plan;
  /** When the clients have come by the plan, and when the hold is over, from the common start. */
  readonly heldFromMs: number;
  readonly heldUntilMs: number;
  /** Clients that closed executors start. */
  readonly clients: number;
}

export interface ProbeOptions {
  readonly kind: LoadKind;
  readonly load: number;
  readonly stepTimeUs: number;
  /** Clients that come in a second. */
  readonly connectRate?: number;
}

/** Clients come at this rate where nothing else is said: fast, but no storm. */
const CONNECT_RATE = 2000;
/** After the last client has come by the plan: what it begins with is no load that is held. */
const SETTLE_US = 1e6;

/** What `--find-max` counts in this plan. Throws GWRK_USAGE when there is nothing of it that could be scaled. */
export function loadKind(of: MaxOf, { scenarios }: Plan, hasRateVariable: boolean): LoadKind {
  for (const { name, executor } of scenarios)
    if (executor.kind === 'per-client-iterations' || executor.kind === 'shared-iterations')
      throw usage(`the scenario ${name} ends after its iterations`, 'use an executor that keeps clients or a rate for a time');
  const arrivals = scenarios.some(({ executor }) => isOpen(executor));
  if (of === 'connections') {
    if (scenarios.every(({ executor }) => isOpen(executor)))
      throw usage('no scenario has a number of clients', 'use --find-max rate, or constant-clients or ramping-clients');
    return 'clients';
  }
  if (arrivals) return 'arrivals';
  if (hasRateVariable) return 'messages';
  throw usage('no scenario has a rate', 'give the file a variable RATE, or use constant-arrival-rate; or use --find-max connections');
}

const usage = (summary: string, hint: string): GwrkError => new GwrkError('GWRK_USAGE', summary, { where: '--find-max', hint });

const isOpen = ({ kind }: ExecutorSpec): boolean => kind === 'constant-arrival-rate' || kind === 'ramping-arrival-rate';

/** The most of a scenario: clients, or arrivals a second. */
function peakOf(executor: ExecutorSpec): number {
  if (executor.kind === 'constant-arrival-rate') return executor.ratePerSecond;
  if (executor.kind === 'ramping-arrival-rate')
    return Math.max(executor.startRatePerSecond, ...executor.stages.map(({ target }) => target));
  return createSchedule(executor).maxClients;
}

/**
 * The plan with this load: the scenarios share it as they share their most in the file. Every scenario begins at once, its
 * clients come evenly, then the load is held for the step time; thresholds of the file have no say.
 */
export function probePlan(plan: Plan, { kind, load, stepTimeUs, connectRate = CONNECT_RATE }: ProbeOptions): Probe {
  const isScaled = ({ executor }: ScenarioPlan): boolean =>
    kind === 'arrivals' ? isOpen(executor) : kind === 'clients' && !isOpen(executor);
  const sizes = new Map(plan.scenarios.map((scenario) => [scenario, peakOf(scenario.executor)]));
  const scaled = plan.scenarios.filter(isScaled);
  const parts = shares(
    scaled.map((scenario) => sizes.get(scenario)!),
    load,
    kind === 'clients',
  );
  scaled.forEach((scenario, index) => void sizes.set(scenario, parts[index]!));
  const clients = [...sizes].reduce((sum, [{ executor }, size]) => (isOpen(executor) ? sum : sum + size), 0);
  const rampUs = Math.max(1, Math.ceil(clients / connectRate)) * 1e6;
  const holdUs = SETTLE_US + stepTimeUs;
  const scenarios = plan.scenarios
    .filter((scenario) => sizes.get(scenario)! > 0)
    .map((scenario) => ({ ...scenario, startTimeUs: 0, executor: held(scenario.executor, sizes.get(scenario)!, rampUs, holdUs) }));
  return {
    plan: {
      ...plan,
      scenarios,
      hash: hashOf(scenarios),
      thresholds: [],
      maxClients: scenarios.reduce((sum, { executor }) => sum + createSchedule(executor).maxClients, 0),
      durationUs: rampUs + holdUs,
    },
    heldFromMs: (rampUs + SETTLE_US) / 1000,
    heldUntilMs: (rampUs + holdUs) / 1000,
    clients,
  };
}

function held(executor: ExecutorSpec, size: number, rampUs: number, holdUs: number): ExecutorSpec {
  if (executor.kind === 'constant-arrival-rate' || executor.kind === 'ramping-arrival-rate')
    return { kind: 'constant-arrival-rate', ratePerSecond: size, durationUs: rampUs + holdUs, maxClients: executor.maxClients };
  const stages = [
    { durationUs: rampUs, target: size },
    { durationUs: holdUs, target: size },
  ];
  return { kind: 'ramping-clients', startClients: 0, stages };
}

/** `total` in the proportion of `weights`; whole numbers that add up to it exactly where `isWhole`. */
function shares(weights: readonly number[], total: number, isWhole: boolean): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  let [before, given] = [0, 0];
  return weights.map((weight) => {
    before += weight;
    const upTo = isWhole ? Math.round((total * before) / sum) : (total * before) / sum;
    const part = upTo - given;
    given = upTo;
    return part;
  });
}
