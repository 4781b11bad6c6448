import { GwrkError } from '../core/errors.js';
import { isModule, readScenarioModule, type ScenarioModule } from '../run/scenario-module.js';
import type { Plan } from '../scenario/plan.js';
import { planFromUrl } from '../scenario/quick.js';
import { readText } from './files.js';
import { refuseUnlessFile } from './meant-subject.js';
import { FILE_ONLY, type RunFlags, URL_ONLY } from './run-flags.js';
import { scenarioPlan } from './scenario-plan.js';

export interface SubjectPlan {
  readonly plan: Plan;
  /** The target stood on the command line. */
  readonly isTargetTyped: boolean;
  readonly warnings: readonly string[];
  /** The scenario file; absent for a URL. */
  readonly file?: { readonly path: string; readonly text: string };
}

/** Whether the subject of `gwrk run` is a URL and not a file. */
export const isUrl = (subject: string): boolean => /^[a-z]+:\/\//iu.test(subject);

/** Flags of a URL that mean nothing to a driver: it alone knows what is sent. */
const NOT_FOR_DRIVERS = ['requests', 'messageRate', 'body', 'method', 'keepalive'] as const satisfies readonly (keyof RunFlags)[];

/** The plan of what `gwrk run` was given: a URL with flags, a scenario file, or a module. Flags win over the file. */
export async function planOf(subject: string, flags: RunFlags): Promise<SubjectPlan> {
  if (flags.target !== undefined && !isModule(subject))
    throw new GwrkError('GWRK_USAGE', 'a second argument is the target of a driver file', {
      given: flags.target,
      hint: isUrl(subject) ? 'give one URL' : `for a scenario file: --set target=${flags.target}`,
    });
  if (isUrl(subject)) {
    refuse(flags, FILE_ONLY, 'is for scenario files', 'leave it out, or write a scenario file');
    return { plan: withFlags(planFromUrl(subject, quickOptions(flags)), flags), isTargetTyped: true, warnings: [] };
  }
  refuseUnlessFile(subject);
  if (isModule(subject)) {
    await readText(subject, 'GWRK_SCENARIO_UNREADABLE');
    const module = await readScenarioModule(subject);
    if (module.text === undefined) return drivenPlan(subject, module, flags);
  }
  refuse(flags, URL_ONLY, 'is for a URL; a scenario file says it itself', 'use a variable of the scenario (-e), or --set path=value');
  const set = flags.target === undefined ? flags.set : [...flags.set, `target=${flags.target}`];
  const { plan, warnings, ...file } = await scenarioPlan(subject, { ...flags, set });
  return { plan: withFlags(plan, flags), isTargetTyped: set.some((setting) => setting.startsWith('target=')), warnings, file };
}

/** A driver by itself: the flags say how many clients and for how long, as they do for a URL. */
function drivenPlan(subject: string, { driver, target }: ScenarioModule, flags: RunFlags): SubjectPlan {
  if (driver === undefined)
    throw new GwrkError('GWRK_DRIVER_INVALID', 'the module exports neither a driver nor a scenario', {
      where: subject,
      allowed: 'export default { onOpen, onMessage }, or export const scenario = { ... }',
    });
  const url = flags.target ?? target;
  if (url === undefined)
    throw new GwrkError('GWRK_USAGE', 'the driver has no target', {
      where: subject,
      hint: `gwrk run ${subject} ws://127.0.0.1:9000/, or export const target in it`,
    });
  refuse(flags, FILE_ONLY, 'is for scenarios', 'leave it out, or export a scenario');
  refuse(flags, NOT_FOR_DRIVERS, 'is not for a driver: it alone knows what is sent', 'leave it out');
  const plan = planFromUrl(url, { ...quickOptions(flags), driver: { file: driver, at: subject } });
  return { plan: withFlags(plan, flags), isTargetTyped: flags.target !== undefined, warnings: [] };
}

function quickOptions(flags: RunFlags): Parameters<typeof planFromUrl>[1] {
  const { connections, requests, duration, connectRate, messageRate, timeout, body, method, keepalive, seed } = flags;
  return {
    headers: flags.header.map(([name, value]) => ({ name, value })),
    ...(connections !== undefined && { connections }),
    ...(requests !== undefined && { requests }),
    ...(duration !== undefined && { durationUs: duration }),
    ...(connectRate !== undefined && { connectRate }),
    ...(messageRate !== undefined && { messageRate }),
    ...(timeout !== undefined && { timeoutUs: timeout }),
    ...(body !== undefined && { body }),
    ...(method !== undefined && { method }),
    ...(keepalive !== undefined && { keepalive }),
    ...(seed !== undefined && { seed }),
  };
}

function withFlags(plan: Plan, { threads, transport, sourceIp, tag }: RunFlags): Plan {
  return {
    ...plan,
    ...(threads !== undefined && { threads }),
    ...(transport !== undefined && { transport }),
    ...(sourceIp.length > 0 && { sourceIps: sourceIp.flatMap((text) => text.split(',')) }),
    tags: { ...plan.tags, ...tag },
  };
}

/** Throws GWRK_USAGE when one of these flags was given. */
export function refuse(flags: RunFlags, names: readonly (keyof RunFlags)[], summary: string, hint: string): void {
  for (const name of names) {
    const value = flags[name];
    const isGiven = typeof value === 'object' ? Object.keys(value).length > 0 : value !== undefined;
    if (isGiven)
      throw new GwrkError('GWRK_USAGE', `--${name.replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)} ${summary}`, { hint });
  }
}
