import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

export interface Child {
  readonly process: ChildProcess;
  readonly pid: number;
  /** What it said on stderr so far. */
  stderr(): string;
}

/** Starts a program of its own and ends it with the test. It is ready when it has written a line on stdout. */
export async function startChild(t: TestContext, command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Child> {
  const child = spawn(command, args, { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => {
      throw new Error(`${command} ended: ${said}`);
    }),
  ]);
  child.stdout.resume();
  return { process: child, pid: child.pid!, stderr: () => said };
}

/** A Node program that says "up" again and again. */
export function startNode(t: TestContext, args: readonly string[] = [], code = '', env: NodeJS.ProcessEnv = {}): Promise<Child> {
  return startChild(t, process.execPath, [...args, '-e', `${code}; setInterval(() => console.log('up'), 50)`], env);
}

/** Resolves when the program has said two more lines; a signal that ended it would have reached it before. */
export async function goesOn({ process: child }: Child): Promise<void> {
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`it ended: ${String(code ?? signal)}`);
  });
  for (let line = 0; line < 2; line++) await Promise.race([once(child.stdout!, 'data'), ended]);
}
