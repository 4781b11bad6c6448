import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from '../../src/report/report.js';

export const repository = fileURLToPath(new URL('../../../', import.meta.url));
const bin = join(repository, 'bin/gwrk.js');
/** A guard against a command that never ends, not a claim: several times what the longest one needs on a slow machine. */
const LONGEST_MS = 300_000;

export interface GwrkResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line on stderr: why the command ended as it did. */
  readonly reason: string;
  /** report.json of the run, if it wrote one. */
  readonly report: Report | undefined;
}

export interface GwrkOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each line of stderr as it comes. */
  readonly onStderrLine?: (line: string, child: ChildProcess) => void;
}

/** `gwrk ...` as its own process with a home and a directory of results of its own, which are gone afterwards. */
export async function gwrk(args: readonly string[], { env = {}, onStderrLine }: GwrkOptions = {}): Promise<GwrkResult> {
  const directory = mkdtempSync(join(tmpdir(), 'gwrk-test-'));
  const out = args[0] === 'run' && !args.includes('--out') ? ['--out', directory] : [];
  try {
    const child = spawn(process.execPath, [bin, ...args, ...out], {
      cwd: repository,
      env: { PATH: process.env.PATH ?? '', HOME: directory, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
    const stdout = gather(child.stdout);
    const stderr = gather(child.stderr, onStderrLine && ((line) => onStderrLine(line, child)));
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
      child.once('close', (...ended) => resolve(ended)),
    );
    clearTimeout(timer);
    const reason = stderr().trimEnd().split('\n').at(-1) ?? '';
    return { code, signal, stdout: stdout(), stderr: stderr(), reason, report: reportIn(directory) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Sends the signal at the first line that is due, and never again: a second one says something else. */
export function signalAt(signal: NodeJS.Signals, isDue: (line: string) => boolean): NonNullable<GwrkOptions['onStderrLine']> {
  let isSent = false;
  return (line, child) => {
    if (!isSent && isDue(line)) isSent = child.kill(signal);
  };
}

function gather(stream: NodeJS.ReadableStream, onLine: (line: string) => void = () => {}): () => string {
  let text = '';
  let told = 0;
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf('\n', told); end >= 0; end = text.indexOf('\n', told)) {
      onLine(text.slice(told, end));
      told = end + 1;
    }
  });
  return () => text;
}

function reportIn(directory: string): Report | undefined {
  const [run] = readdirSync(directory).filter((name) => !name.startsWith('.'));
  return run === undefined ? undefined : (JSON.parse(readFileSync(join(directory, run, 'report.json'), 'utf8')) as Report);
}

/** The error with this code in a report. */
export function errorOf(report: Report | undefined, code: string): Report['errors'][number] | undefined {
  return report?.errors.find((error) => error.code === code);
}
