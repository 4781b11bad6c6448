import { GwrkError } from '../core/errors.js';
import type { Inspector } from '../profile/inspector.js';
import { processTree } from './process-tree.js';

/** What --target-inspect names: the target's own process (true), another one, or the URL of an inspector. */
export type InspectWhere = true | number | string;

/**
 * Attaches to the inspector of the target. Of a process that is not Node (a shell, npm) the first descendant that is counts.
 * Throws as Inspector does, and GWRK_INSPECTOR_NO_PROCESS when nobody knows which process is meant.
 */
export async function attachTarget(where: InspectWhere, pids: readonly number[]): Promise<Inspector> {
  const { Inspector } = await import('../profile/inspector.js');
  if (typeof where === 'string') return Inspector.attachUrl(where);
  const roots = where === true ? pids : [where];
  let refusal = new GwrkError(
    'GWRK_INSPECTOR_NO_PROCESS',
    'the process of the target is not known (--target-inspect PID, or --target-pid)',
  );
  for (const pid of processTree(roots)) {
    try {
      return await Inspector.attachPid(pid);
    } catch (error) {
      if (!(error instanceof GwrkError) || error.code !== 'GWRK_INSPECTOR_NOT_NODE') throw error;
      refusal = error;
    }
  }
  throw refusal;
}
