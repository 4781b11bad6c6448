import { GwrkError } from '../core/errors.js';
import type { Plan } from '../scenario/plan.js';
import { planFromUrl } from '../scenario/quick.js';
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

/** The plan of what `gwrk run` was given: a URL with flags, or a scenario file. Flags win over the file. */
export async function planOf(subject: string, flags: RunFlags): Promise<SubjectPlan> {
  if (isUrl(subject)) {
    refuse(flags, FILE_ONLY, 'is for scenario files', 'leave it out, or write a scenario file');
    return { plan: withFlags(planFromUrl(subject, quickOptions(flags)), flags), isTargetTyped: true, warnings: [] };
  }
  refuse(flags, URL_ONLY, 'is for a URL; a scenario file says it itself', 'use a variable of the scenario (-e), or --set path=value');
  const { plan, warnings, ...file } = await scenarioPlan(subject, flags);
  return { plan: withFlags(plan, flags), isTargetTyped: flags.set.some((setting) => setting.startsWith('target=')), warnings, file };
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
