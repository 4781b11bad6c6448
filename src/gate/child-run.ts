import { spawn } from 'node:child_process';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadReport } from '../report/load.js';
import type { FinishedRun } from './series.js';

const binFile = fileURLToPath(new URL('../../../bin/gwrk.js', import.meta.url));
const TAIL_BYTES = 8192;
/** What a run of its own still hears of the environment; every other GWRK_* is a flag that the whole series was given. */
const PASSED_ON = new Set(['GWRK_MASTER_KEY', 'GWRK_ADMIN_TOKEN', 'GWRK_FORBID_URING']);
/** Files of a pipeline that only the whole series writes to. */
const OF_THE_PIPELINE = new Set(['GITHUB_ACTIONS', 'GITHUB_STEP_SUMMARY', 'GITHUB_OUTPUT']);

export interface ChildRunOptions {
  /** Behind `gwrk run`, with the directory for its results. */
  readonly args: (out: string) => readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** The directory of the series, and the name that this run's directory gets in it. */
  readonly directory: string;
  readonly name: string;
  /** Called with a function that hands a signal on, and again with nothing when the run is over. */
  readonly onSignals: (send: ((signal: NodeJS.Signals) => void) | undefined) => void;
}

/** The environment without flags and without a pipeline: for runs that are told everything on their command line. */
export function onlyServerVariables(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return withoutPipeline(Object.fromEntries(Object.entries(environment).filter(([key]) => !key.startsWith('GWRK_') || PASSED_ON.has(key))));
}

/** The environment without these flags' variables and without a pipeline. */
export function withoutFlags(environment: NodeJS.ProcessEnv, flags: readonly string[]): NodeJS.ProcessEnv {
  const names = new Set(flags.map((flag) => `GWRK_${flag.replaceAll('-', '_').toUpperCase()}`));
  return withoutPipeline(Object.fromEntries(Object.entries(environment).filter(([key]) => !names.has(key))));
}

function withoutPipeline(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([key]) => !OF_THE_PIPELINE.has(key)));
}

/**
 * `gwrk run ...` as a process and process group of its own, so that no run inherits the memory, the warm code or the
 * signals of another. Its results are moved to `directory/name`.
 */
export async function childRun({ args, environment, directory, name, onSignals }: ChildRunOptions): Promise<FinishedRun> {
  const out = join(directory, `.${name}`);
  await mkdir(out, { recursive: true });
  const child = spawn(process.execPath, [binFile, 'run', ...args(out)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    env: environment,
  });
  // SIGTERM and not SIGKILL: the run has to end the server that it started.
  const endWithUs = (): void => void child.kill('SIGTERM');
  process.on('exit', endWithUs);
  onSignals((signal) => child.kill(signal));
  let tail = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-TAIL_BYTES);
  });
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 1));
    });
    const [written] = (await readdir(out)).filter((entry) => !entry.startsWith('.'));
    const reason = lastLine(tail).replace(/^exit \d+: /u, '');
    if (written === undefined) return { exitCode, reason: exitCode === 0 ? 'it wrote no report' : tail.trim() || reason };
    const target = join(directory, name);
    await rename(join(out, written), target);
    return { exitCode, reason, report: await loadReport(target), directory: target };
  } finally {
    onSignals(undefined);
    process.off('exit', endWithUs);
    await rm(out, { recursive: true, force: true });
  }
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}
