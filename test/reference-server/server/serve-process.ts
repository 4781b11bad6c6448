import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../reference-server/main.js', import.meta.url));

export interface Served {
  readonly child: ChildProcess;
  /** The first line of stdout as JSON. Rejects when the process ends before it. */
  readonly ready: Promise<Record<string, unknown>>;
  /** Exit code (or signal) and everything on stderr. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string; stdout: string }>;
}

/** Runs `gwrk serve` as a process; it is killed after five minutes whatever happens. `preload` is a module text that runs first in each thread. */
export function serveProcess(flags: readonly string[], env: Record<string, string> = {}, preload?: string): Served {
  const nodeFlags = preload === undefined ? [] : ['--import', `data:text/javascript,${encodeURIComponent(preload)}`];
  const child = spawn(process.execPath, [...nodeFlags, main, ...flags], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 300_000,
    killSignal: 'SIGKILL',
  });
  let [stdout, stderr] = ['', ''];
  child.stdout!.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr!.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended: Served['ended'] = new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, stderr, stdout }));
  });
  const ready = new Promise<Record<string, unknown>>((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', (line) => line.startsWith('{') && resolve(JSON.parse(line)));
    ended.then(() => reject(new Error(`it ended: ${stderr}`)));
  });
  ready.catch(() => {});
  return { child, ready, ended };
}

export const portOf = (url: unknown): number => Number(new URL(String(url)).port);
