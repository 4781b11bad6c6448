import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { GwrkError } from '../core/errors.js';
import { endedWithin } from './child-end.js';
import type { LaunchedTool } from './launched-tool.js';

/** The server below the tool: long enough to close its connections. */
const SERVER_LIMIT_MS = 10_000;
/** What the tool may then take to read its log and to draw: clinic doctor needs a quarter of a minute on an idle machine. */
const TOOL_LIMIT_MS = 150_000;
const LOOK_MS = 100;

/**
 * Ends a tool and the server below it, a process group of their own: SIGINT to both (a tool that alone gets it waits for its
 * server), SIGKILL to a server that stays, and to all when the tool takes too long. Resolves when the tool has written its page.
 */
export async function endLaunched(child: ChildProcess, tool: LaunchedTool): Promise<void> {
  const pid = child.pid;
  if (pid === undefined) return;
  signalGroup(pid, 'SIGINT');
  for (const deadline = performance.now() + SERVER_LIMIT_MS; performance.now() < deadline && childrenOf(pid).length > 0; ) {
    if (await endedWithin(child, LOOK_MS)) return;
  }
  for (const server of childrenOf(pid)) signal(server, 'SIGKILL');
  if (await endedWithin(child, TOOL_LIMIT_MS)) return;
  signalGroup(pid, 'SIGKILL');
  throw new GwrkError('GWRK_FLAME_FAILED', `${tool} did not end within ${TOOL_LIMIT_MS / 1000} s and was killed`);
}

/** Kills what is left of the group, whatever it is. */
export function killLaunched(child: ChildProcess): void {
  if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function signalGroup(pid: number, name: NodeJS.Signals): void {
  signal(-pid, name);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // gone already
  }
}
