import type { RunOptions } from '../run/run-options.js';
import { readText } from './files.js';
import type { RunFlags } from './run-flags.js';
import { checkTlsFiles } from './tls-files.js';
import { gwrkVersion } from './version.js';

/** What the flags say about a run beside its plan. Throws GWRK_USAGE when a file that one names is of no use. */
export async function runOptions(flags: RunFlags, isTargetTyped: boolean): Promise<RunOptions> {
  const pem = async (name: 'cert' | 'key' | 'cacert'): Promise<string | undefined> => {
    const path = flags[name];
    return path === undefined ? undefined : readText(path, 'GWRK_USAGE', `--${name}`);
  };
  const [cert, key, ca] = [await pem('cert'), await pem('key'), await pem('cacert')];
  checkTlsFiles({ ...(cert !== undefined && { cert }), ...(key !== undefined && { key }), ...(ca !== undefined && { ca }) });
  const adminToken = flags.adminUrl === undefined ? undefined : process.env.GWRK_ADMIN_TOKEN;
  return {
    isTargetTyped,
    allowTargets: flags.allowTarget,
    tls: { verify: !flags.insecure, ...(cert && { cert }), ...(key && { key }), ...(ca && { ca }) },
    ...(flags.targetPid.length > 0 && { targetPids: flags.targetPid }),
    ...(flags.targetMetrics !== undefined && { targetMetrics: flags.targetMetrics }),
    ...(flags.targetInspect !== undefined && { targetInspect: flags.targetInspect }),
    ...(flags.loginUrl !== undefined && { loginUrl: flags.loginUrl }),
    ...(flags.adminUrl !== undefined && { adminUrl: flags.adminUrl }),
    ...(adminToken && { adminToken }),
    ...(flags.flame !== undefined && { flame: flags.flame }),
    slowUs: flags.slowOps,
    withThresholds: flags.thresholds,
    withErrorLimit: flags.errorLimit,
    gwrkVersion: gwrkVersion(),
  };
}
