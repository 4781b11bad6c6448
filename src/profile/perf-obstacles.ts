import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { GwrkError } from '../core/errors.js';

const TRIAL_LIMIT_MS = 5000;
const HOW_TO_INSTALL = 'apt install linux-perf (Debian), apt install linux-tools-generic (Ubuntu), dnf install perf (Fedora)';

/** Throws GWRK_FLAME_TOOL_MISSING, _NO_PROCESS or _NOT_ALLOWED, with what to do, when perf cannot profile this process. */
export function checkPerf(pid: number): void {
  const { error, status } = spawnSync('perf', ['--version'], { stdio: 'ignore', timeout: TRIAL_LIMIT_MS });
  if (error !== undefined || status !== 0)
    throw new GwrkError('GWRK_FLAME_TOOL_MISSING', 'perf is not installed here', { hint: HOW_TO_INSTALL });
  const owner = ownerOf(pid);
  if (owner === undefined) throw new GwrkError('GWRK_FLAME_NO_PROCESS', `there is no process ${pid}`);
  const ours = process.getuid?.() ?? 0;
  if (ours === 0) return;
  const level = paranoia();
  if (owner !== ours)
    throw new GwrkError('GWRK_FLAME_NOT_ALLOWED', `process ${pid} is another user's`, { hint: 'run gwrk as that user or as root' });
  if (level > 2)
    throw new GwrkError('GWRK_FLAME_NOT_ALLOWED', `kernel.perf_event_paranoid is ${level}, which keeps perf from users`, {
      hint: 'sudo sysctl kernel.perf_event_paranoid=1 (2 shows no frames of the kernel), or run gwrk as root',
    });
}

/** What a reader of a profile by perf should know of this machine and process; empty when nothing speaks against it. */
export function perfNotes(pid: number): string[] {
  const notes: string[] = [];
  if ((process.getuid?.() ?? 0) !== 0 && paranoia() > 1)
    notes.push(
      'Frames of the kernel are missing: kernel.perf_event_paranoid is above 1 (sudo sysctl kernel.perf_event_paranoid=1 shows them).',
    );
  if (isNode(pid) && !existsSync(`/tmp/perf-${pid}.map`) && !existsSync(`/proc/${pid}/root/tmp/perf-${pid}.map`)) {
    notes.push(
      'Functions of JavaScript have no names here: this Node was started without --perf-basic-prof. Start it as node --perf-basic-prof --interpreted-frames-native-stack, or use --tool inspector, which needs nothing.',
    );
  }
  return notes;
}

function ownerOf(pid: number): number | undefined {
  try {
    return statSync(`/proc/${pid}`).uid;
  } catch {
    return undefined;
  }
}

function paranoia(): number {
  try {
    return Number(readFileSync('/proc/sys/kernel/perf_event_paranoid', 'utf8'));
  } catch {
    return 0;
  }
}

function isNode(pid: number): boolean {
  try {
    return (
      /^(?:node|nodejs|MainThread)/u.test(readFileSync(`/proc/${pid}/comm`, 'utf8')) ||
      readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0')[0]!.endsWith('node')
    );
  } catch {
    return false;
  }
}
