/** Starts gwrk's own programs for a benchmark, each on the core it is given, and reads their reports. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Report } from '../src/report/report.js';

const bin = fileURLToPath(new URL('../../bin/gwrk.js', import.meta.url));
export const scenario = (name: string): string => fileURLToPath(new URL(`../../scenarios/${name}`, import.meta.url));

/** With two cores or more the server gets the first and the load generator the second; with one, nothing is pinned. */
export const SERVER_CORE = 0;
export const CLIENT_CORE = 1;
const canPin = process.platform === 'linux' && cpus().length > 1;

/** A command line that runs `words` on one core. */
export function pinned(core: number, words: readonly string[]): readonly string[] {
  return canPin ? ['taskset', '-c', String(core), ...words] : words;
}

export interface RunningServer {
  readonly ws: string;
  readonly http: string;
  readonly admin: string;
  readonly pid: number;
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** `gwrk serve` with these flags on SERVER_CORE, on free ports; resolves when it is ready. */
export async function startServer(flags: readonly string[]): Promise<RunningServer> {
  const env = { GWRK_ADMIN_TOKEN: randomBytes(16).toString('hex') };
  const words = [process.execPath, bin, 'serve', '--port', '0', '--http-port', '0', '--admin-port', '0', ...flags];
  const child = start(pinned(SERVER_CORE, words), env, ['ignore', 'pipe', 'inherit']);
  const ready = await firstLine(child);
  return { ...(JSON.parse(ready) as Omit<RunningServer, 'env' | 'stop'>), env, stop: () => end(child) };
}

/** `gwrk run` with these words on CLIENT_CORE; resolves with its report. Its progress goes to stderr when `show` is true. */
export async function runGwrk(words: readonly string[], env: Readonly<Record<string, string>> = {}, show = false): Promise<Report> {
  const directory = mkdtempSync(join(tmpdir(), 'gwrk-benchmark-'));
  try {
    const file = join(directory, 'report.json');
    const all = [process.execPath, bin, 'run', ...words, '--json', file, '--out', directory];
    const child = start(pinned(CLIENT_CORE, all), env, ['ignore', 'ignore', show ? 'inherit' : 'ignore']);
    await new Promise((resolve) => child.once('exit', resolve));
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export function start(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  stdio: ('ignore' | 'pipe' | 'inherit')[],
): ChildProcess {
  const child = spawn(words[0]!, words.slice(1), { stdio, env: { ...process.env, ...env } });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return child;
}

export function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 40_000);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface(child.stdout!).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it was ready`)));
  });
}

type Metrics = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

function value(report: Report, name: string, key: string): number {
  const found = (report.metrics as unknown as Metrics)[name]?.[key];
  return typeof found === 'number' ? found : Number.NaN;
}

/** A quantile of a trend in milliseconds, or NaN when the report has none. */
export function trend(report: Report, name: string, key: 'med' | 'p90' | 'p99' | 'max'): number {
  return value(report, name, key);
}

/** The count of a counter or trend; NaN when the report has none. */
export function counter(report: Report, name: string): number {
  return value(report, name, 'count');
}

/** One line of a table: what, measured, asked. */
export function line(what: string, measured: string, asked = ''): void {
  process.stdout.write(`${what.padEnd(58)} ${measured.padStart(16)}  ${asked}\n`);
}
