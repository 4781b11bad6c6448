import type { Prng } from '../core/prng.js';
import type { ChooseStep, ThinkStep } from '../scenario/program.js';

/** The first instruction of the branch that is drawn. */
export function drawBranch({ upTo, branches }: ChooseStep, prng: Prng): number {
  const draw = prng.next();
  let branch = 0;
  while (branch < upTo.length - 1 && draw >= upTo[branch]!) branch++;
  return branches[branch]!;
}

/** How long one thinking takes, us. */
export function drawThinkUs({ minUs, maxUs, deviationUs }: ThinkStep, prng: Prng): number {
  if (deviationUs === undefined) return minUs + prng.next() * (maxUs - minUs);
  // Box and Muller, 1958: two uniform numbers make a normal one; 1 - next() is never 0.
  const normal = Math.sqrt(-2 * Math.log(1 - prng.next())) * Math.cos(2 * Math.PI * prng.next());
  return Math.max(0, (minUs + maxUs) / 2 + normal * deviationUs);
}
