import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Report } from '../report/report.js';

const BIN = fileURLToPath(new URL('../../../bin/gwrk.js', import.meta.url));
/** A server drains for up to 30 s; nothing here needs as long. */
const END_MS = 15_000;
const READY_MS = 60_000;

/** A program of the reference server's trials, by its name. */
export function trialPath(name: string): string {
  return fileURLToPath(new URL(`../../reference-server/trials/${name}.js`, import.meta.url));
}

/** A server that a table measures. */
export interface BenchServer {
  /** Of its ready line, the line of JSON that it prints when it can be used. */
  readonly ready: Readonly<Record<string, string | number>>;
  readonly pid: number;
  /** Of `gwrk serve`, for whoever asks its admin port. */
  readonly env: Readonly<Record<string, string>>;
  /** Resolves when it is gone; killed where it does not go by itself. */
  stop(): Promise<void>;
}

/** `gwrk serve` on free ports of loopback. Rejects with what it said when it does not become ready. */
export function startGwrk(flags: readonly string[], signal: AbortSignal, prefix: readonly string[] = []): Promise<BenchServer> {
  const env = { GWRK_ADMIN_TOKEN: randomBytes(16).toString('hex') };
  const ports = ['--port', '0', '--http-port', '0', '--admin-port', '0'];
  return startServer([...prefix, process.execPath, BIN, 'serve', ...ports, ...flags], signal, env);
}

/** A program that prints one line of JSON when it is ready. It is ended when `signal` is aborted, and with this process. */
export async function startServer(
  words: readonly string[],
  signal: AbortSignal,
  env: Readonly<Record<string, string>> = {},
): Promise<BenchServer> {
  const child = start(words, ['ignore', 'pipe', 'pipe'], env);
  const stop = (): Promise<void> => end(child);
  const onAbort = (): void => void stop();
  signal.addEventListener('abort', onAbort);
  child.once('exit', () => signal.removeEventListener('abort', onAbort));
  let said = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-2_000);
  });
  try {
    const line = await firstLine(child, () => said);
    signal.throwIfAborted();
    const ready = JSON.parse(line) as BenchServer['ready'];
    return { ready, pid: typeof ready.pid === 'number' ? ready.pid : child.pid!, env, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * `gwrk run` with these words; resolves with its report, whatever its verdict is. Rejects when there is none. `keep` is given the
 * directory in which the run's own one is, before it is removed.
 */
export async function runLoad(
  words: readonly string[],
  signal: AbortSignal,
  env: Readonly<Record<string, string>> = {},
  prefix: readonly string[] = [],
  keep?: (directory: string) => Promise<void>,
): Promise<Report> {
  const directory = await mkdtemp(join(tmpdir(), 'gwrk-bench-'));
  try {
    const file = join(directory, 'report.json');
    const all = [...prefix, process.execPath, BIN, 'run', ...words, '--quiet', '--json', file, '--out', directory];
    const child = start(all, ['ignore', 'ignore', 'pipe'], env);
    const onAbort = (): void => void end(child);
    signal.addEventListener('abort', onAbort);
    let said = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-2_000);
    });
    const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    signal.removeEventListener('abort', onAbort);
    signal.throwIfAborted();
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) throw new Error(lastWords(`gwrk run ended with ${code} and wrote no report`, said));
    await keep?.(directory);
    return JSON.parse(text) as Report;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A figure of a trend in milliseconds; undefined when the run had none. */
export function trendMs(report: Report, name: string, figure: 'avg' | 'med' | 'p95' | 'p99' | 'max'): number | undefined {
  const value = (report.metrics[name] as unknown as Readonly<Record<string, unknown>> | undefined)?.[figure];
  return typeof value === 'number' ? value : undefined;
}

/** The first line that a program prints. Rejects when it ends before, or takes too long. */
async function firstLine(child: ChildProcess, said: () => string): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the server is not ready after ${READY_MS / 1_000} s`)), READY_MS);
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(lastWords(`the server ended with ${code}`, said()))));
  });
  const line = new Promise<string>((resolve) => createInterface({ input: child.stdout! }).once('line', resolve));
  return Promise.race([line, ended]).finally(() => clearTimeout(timer));
}

function lastWords(what: string, said: string): string {
  const words = said.trim().split('\n').slice(-3).join(' ');
  return words === '' ? what : `${what}: ${words}`;
}

function start(words: readonly string[], stdio: ('ignore' | 'pipe')[], env: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(words[0]!, words.slice(1), { stdio, env: { ...process.env, ...env } });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return child;
}

function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
