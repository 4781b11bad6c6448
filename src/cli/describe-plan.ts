import { EXIT } from '../core/exit-codes.js';
import { prepareRun, refuseObstacles } from '../run/prepare.js';
import type { RunOptions } from '../run/run-options.js';
import { describePlan } from '../scenario/dry-run.js';
import type { Plan } from '../scenario/plan.js';

/** `--dry-run`. Throws what stands in the way of the plan on this machine, when it has told everything. */
export async function describe(plan: Plan, options: RunOptions): Promise<number> {
  const preparation = await prepareRun(plan, options);
  const { transport, needs, obstacles, starts } = preparation;
  const lines = [`transport    ${transport.kind} (${transport.reason})`, ...needs];
  if (plan.threads !== 'auto' && starts.length < plan.threads)
    lines.push(`note         ${plan.threads} threads were asked for: at most one a core and one a client work`);
  process.stdout.write(`${describePlan(plan)}\n\nthis machine\n${lines.join('\n')}\n`);
  refuseObstacles(obstacles);
  return EXIT.passed;
}
