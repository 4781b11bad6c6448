import type { HoldPlan } from '../measure/hold.js';
import type { ScenarioLabels } from '../measure/selector.js';
import type { Plan, ScenarioPlan } from '../scenario/plan.js';
import { INSTRUCTION_WORDS, OP_AUTH, OP_LOGIN } from '../scenario/program.js';
import { createSchedule } from '../scenario/schedule.js';

/** Clients that the plan lets arrive, over all scenarios and the whole run. */
export function plannedClients(plan: Plan): number {
  return plan.scenarios.reduce((sum, { executor }) => sum + createSchedule(executor).arrivals, 0);
}

/** When the ramp is over by the plan, and how many clients it has. Arrivals of an open executor are the load and no ramp. */
export function holdPlan(plan: Plan): HoldPlan {
  let rampEndUs = 0;
  let clients = 0;
  for (const { executor, startTimeUs } of plan.scenarios) {
    if (executor.kind === 'constant-arrival-rate' || executor.kind === 'ramping-arrival-rate') continue;
    const { arrivals, arrivalUs } = createSchedule(executor);
    if (arrivals > 0) rampEndUs = Math.max(rampEndUs, startTimeUs + arrivalUs(arrivals - 1));
    clients += arrivals;
  }
  return { rampEndUs, clients, endUs: plan.durationUs };
}

/** What the scenarios of the plan can be selected by in a threshold. */
export function scenarioLabels({ scenarios, scenarioTags = [] }: Plan): ScenarioLabels[] {
  return scenarios.map(({ name }, index) => ({ name, tags: scenarioTags[index] ?? {} }));
}

/** Whether every client is to authenticate, so that one that only connected has not arrived. */
export function authenticates(plan: Plan): boolean {
  return plan.scenarios.length > 0 && plan.scenarios.every((scenario) => opcodesOf(scenario).includes(OP_AUTH));
}

/** Whether any flow logs in. */
export function logsIn(plan: Plan): boolean {
  return plan.scenarios.some(({ program }) => program.logins.length > 0);
}

/** Whether any flow's first step is a login, which can be asked for ahead of the start. */
export function beginsWithLogin(plan: Plan): boolean {
  return plan.scenarios.some((scenario) => opcodesOf(scenario)[0] === OP_LOGIN);
}

/** Whether every login may be issued in bulk: a proof that the server has to check can only be checked by a real login. */
export function mayIssueInBulk(plan: Plan): boolean {
  return plan.scenarios.every(({ program }) => program.logins.every(({ proof }) => proof === 'none'));
}

/** From the common start to the moment at which even gracefulStop is over, microseconds. */
export function longestRunUs(plan: Plan): number {
  const ends = plan.scenarios.map(
    ({ executor, startTimeUs, gracefulStopUs }) => startTimeUs + createSchedule(executor).endUs + gracefulStopUs,
  );
  return Math.max(0, ...ends);
}

/** The longest time that a client may take to finish once it is told to stop, microseconds. */
export function gracefulStopUs(plan: Plan): number {
  return Math.max(0, ...plan.scenarios.map((scenario) => scenario.gracefulStopUs));
}

function opcodesOf({ program: { code } }: ScenarioPlan): number[] {
  return Array.from({ length: code.length / INSTRUCTION_WORDS }, (_, index) => code[index * INSTRUCTION_WORDS]!);
}
