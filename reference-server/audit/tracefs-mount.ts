import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PLACES = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];

/** Where tracefs is mounted, or undefined. */
export function tracefsPath(): string | undefined {
  return PLACES.find((path) => existsSync(`${path}/events`));
}

/**
 * Where tracefs is mounted; mounts it where root may and nobody did (systemd does it at boot), and leaves it mounted. Throws an
 * Error with what to do.
 */
export function mountTracefs(): string {
  const mounted = tracefsPath();
  if (mounted !== undefined) return mounted;
  if (process.platform !== 'linux') throw new Error(`tracefs is a part of Linux, this is ${process.platform}`);
  const command = 'mount -t tracefs tracefs /sys/kernel/tracing';
  if (process.getuid?.() !== 0) throw new Error(`tracefs is not readable: sudo ${command}`);
  let reason = '';
  try {
    execFileSync('mount', ['-t', 'tracefs', 'tracefs', '/sys/kernel/tracing'], { stdio: ['ignore', 'ignore', 'pipe'], timeout: 5_000 });
  } catch (error) {
    reason = (error as Error).message.split('\n').at(-1) ?? '';
  }
  const now = tracefsPath(); // somebody else may have been quicker
  if (now === undefined) throw new Error(`tracefs is not mounted and ${command} failed${reason === '' ? '' : `: ${reason}`}`);
  return now;
}
