import { spawn } from 'node:child_process';

/**
 * Waits for a line or for the end of its input. A line: all is well. The end without one: whoever held the other side has
 * died, even of SIGKILL, and the group has nobody left who would end it.
 */
const GUARD = 'if read -r _; then exit 0; fi; kill -s TERM -- "-$1" && sleep 5 && kill -s KILL -- "-$1"';

/**
 * Ends the process group of `pid` when this process dies without having dismissed its guard: SIGTERM, and SIGKILL after five
 * seconds. Returns what dismisses it. Without a POSIX shell there is no guard.
 */
export function guardGroup(pid: number): () => void {
  if (process.platform === 'win32') return () => {};
  const guard = spawn('/bin/sh', ['-c', GUARD, 'gwrk-guard', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // a ctrl-C of the terminal is for us, and must not end the guard before us
  });
  guard.on('error', () => {});
  guard.stdin.on('error', () => {});
  guard.unref();
  return () => guard.stdin.end('well\n');
}
