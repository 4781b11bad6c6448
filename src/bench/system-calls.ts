import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

const ATTACH_MS = 10_000;

/** What counted the system calls of a process and how many there were, or why nothing could. */
export type CallCount = { readonly by: 'perf' | 'strace'; readonly calls: number } | { readonly reason: string };

/** A counter that is attached and counts. */
interface Counting {
  end(): Promise<number>;
  abandon(): void;
}

/**
 * Counts the system calls of all threads of `pid` while `during` lasts: by perf, which hardly slows the process, else by strace,
 * which stops it at each call and so lets more work gather between two. Resolves with what `during` resolves with, and the count.
 */
export async function countSystemCalls<T>(
  pid: number,
  during: () => Promise<T>,
  programs: readonly (keyof typeof PROGRAMS)[] = ['perf', 'strace'],
): Promise<{ readonly value: T; readonly count: CallCount }> {
  const reasons: string[] = [];
  for (const by of programs) {
    let counting: Counting;
    try {
      counting = await PROGRAMS[by](pid);
    } catch (error) {
      reasons.push(`${by}: ${(error as Error).message}`);
      continue;
    }
    try {
      const value = await during();
      return { value, count: { by, calls: await counting.end() } };
    } finally {
      counting.abandon();
    }
  }
  return { value: await during(), count: { reason: `system calls cannot be counted here (${reasons.join('; ')})` } };
}

const PROGRAMS = { perf: attachPerf, strace: attachStrace };

/** perf stat, told by its control channel when to begin: it answers only when it is attached to every thread. */
async function attachPerf(pid: number): Promise<Counting> {
  const args = ['stat', '-x,', '-D', '-1', '--control', 'fd:3,4', '-e', 'raw_syscalls:sys_enter', '-p', String(pid)];
  const child = new Attached(spawn('perf', args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] }));
  const [control, answers] = [child.process.stdio[3] as Writable, child.process.stdio[4] as Readable];
  control.on('error', () => {}); // it ended: the answer that never comes says so
  answers.on('error', () => {});
  const acknowledged = new Promise<true>((resolve) => answers.once('data', () => resolve(true)));
  control.write('enable\n');
  await child.within(acknowledged);
  return child.counting(/^(\d+),[^\n]*raw_syscalls:sys_enter/mu);
}

/** strace -c: attached when every thread of the process names a tracer. */
async function attachStrace(pid: number): Promise<Counting> {
  const child = new Attached(spawn('strace', ['-c', '-f', '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] }));
  const looking = (async (): Promise<true | undefined> => {
    for (const end = Date.now() + ATTACH_MS; Date.now() < end; await sleep(20)) if (isTraced(pid)) return true;
    return undefined;
  })();
  await child.within(looking);
  return child.counting(/^\s*100\.00\s+\S+\s+\S+\s+(\d+)\s.*total$/mu);
}

function isTraced(pid: number): boolean {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return false; // no such process, or not Linux
  return readdirSync(tasks).every((thread) => {
    try {
      return !/^TracerPid:\s+0$/mu.test(readFileSync(`${tasks}/${thread}/status`, 'utf8'));
    } catch {
      return true; // that thread has ended
    }
  });
}

/** A counting program as a child: it says what it counted on stderr when it is interrupted. */
class Attached {
  readonly process: ChildProcess;
  readonly #ended: Promise<void>;
  #said = '';

  constructor(child: ChildProcess) {
    this.process = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = `${this.#said}${text}`.slice(-20_000);
    });
    this.#ended = new Promise((resolve) => child.once('error', () => resolve()).once('close', () => resolve()));
  }

  /** Rejects, and ends the program, when it is not attached in time. */
  async within(attached: Promise<true | undefined>): Promise<void> {
    const limit = new AbortController();
    const late = sleep(ATTACH_MS, undefined, { signal: limit.signal }).catch(() => undefined);
    const isAttached = await Promise.race([attached, late, this.#ended.then(() => undefined)]);
    limit.abort();
    if (isAttached) return;
    this.process.kill('SIGKILL');
    throw new Error(this.process.pid === undefined ? 'not installed' : this.#said.trim().split('\n')[0] || 'it did not attach in time');
  }

  counting(pattern: RegExp): Counting {
    return {
      end: async () => {
        this.process.kill('SIGINT');
        await this.#ended;
        const calls = pattern.exec(this.#said)?.[1];
        if (calls === undefined) throw new Error(`no count of system calls: ${this.#said.trim().slice(0, 200)}`);
        return Number(calls);
      },
      abandon: () => void this.process.kill('SIGKILL'),
    };
  }
}
