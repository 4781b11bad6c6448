import type { Endpoint } from '../net/transport.js';
import type { Plan } from '../scenario/plan.js';
import type { HttpOrigin } from '../swarm/messages.js';
import { type Lookup, parseTarget, resolveTarget, type Target, type TargetConsent } from './target-address.js';

export interface ResolvedOrigin extends HttpOrigin {
  readonly target: Target;
  readonly targets: readonly Endpoint[];
}

/**
 * The servers beside the target that http steps name, each judged and pinned like the target itself (security.md, G4): that the
 * target was typed is no consent to load another host. Throws as resolveTarget() does.
 */
export async function resolveOrigins(plan: Plan, { allow }: TargetConsent, lookup?: Lookup): Promise<ResolvedOrigin[]> {
  const names = new Set(plan.scenarios.flatMap(({ program }) => program.https.flatMap(({ origin }) => origin ?? [])));
  return Promise.all(
    [...names].map(async (origin) => {
      const target = parseTarget(origin);
      return { origin, target, targets: await resolveTarget(target, { typed: false, allow }, lookup) };
    }),
  );
}
