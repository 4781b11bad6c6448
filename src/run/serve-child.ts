import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { get } from 'node:http';
import { get as getTls } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { GwrkError } from '../core/errors.js';
import type { Launch } from '../profile/launched-tool.js';
import { commandWords } from './command-words.js';
import { guardGroup } from './group-guard.js';
import { type ReadyLine, readyLine } from './ready-line.js';

export interface ServeOptions {
  /** The command line of `serve:`. The word gwrk in front means this very program. */
  readonly command: string;
  /** Answers 200 when the server is ready. */
  readonly readyUrl: string;
  readonly env: Readonly<Record<string, string>>;
  /** How long the server may take until it is ready. */
  readonly readyTimeoutMs: number;
  /** Called before each look at the server: throws when it is not wanted any more. */
  readonly checkWanted?: () => void;
  /** Instead of the command itself: a profiler that starts it. */
  readonly launch?: Launch;
  /** How long it may take to end after SIGTERM; then it is killed. */
  readonly stopTimeoutMs: number;
}

/** What a server of ours may be told by the environment of gwrk run; every other GWRK_* is a flag of gwrk run, not of the server. */
const PASSED_ON = new Set(['GWRK_MASTER_KEY', 'GWRK_ADMIN_TOKEN', 'GWRK_FORBID_URING']);
const POLL_MS = 50;
const TAIL_BYTES = 8192;
const binFile = fileURLToPath(new URL('../../../bin/gwrk.js', import.meta.url));

/** The server that a scenario starts for its run: a process group of its own, ended with us whatever happens. */
export class ServeChild {
  /** What the server said in its ready line; undefined for servers that print none. */
  readonly ready: ReadyLine | undefined;
  readonly adminToken: string;
  readonly #child: ChildProcess;
  readonly #output: ServerOutput;
  readonly #stopTimeoutMs: number;
  readonly #ended: Promise<void>;
  readonly #killGroup: () => void;
  readonly #dismissGuard: () => void;

  private constructor(
    child: ChildProcess,
    adminToken: string,
    output: ServerOutput,
    stopTimeoutMs: number,
    killGroup: () => void,
    dismissGuard: () => void,
  ) {
    this.#child = child;
    this.#output = output;
    this.adminToken = adminToken;
    this.ready = output.ready;
    this.#stopTimeoutMs = stopTimeoutMs;
    this.#killGroup = killGroup;
    this.#dismissGuard = dismissGuard;
    this.#ended = new Promise((resolve) => (hasEnded(child) ? resolve() : child.once('exit', () => resolve())));
  }

  /** The process to measure: the one that named itself in the ready line, else the one we started. */
  get pid(): number | undefined {
    return this.ready?.pid ?? this.#child.pid;
  }

  /** The process that was started: the server, or the profiler above it. */
  get child(): ChildProcess {
    return this.#child;
  }

  get hasEnded(): boolean {
    return hasEnded(this.#child);
  }

  /** The last few thousand characters that the server wrote to stderr. */
  get stderrTail(): string {
    return this.#output.stderrTail;
  }

  /** Starts the server and waits until it is ready. Throws GWRK_SERVE_FAILED with the end of its stderr when it never is. */
  static async start(options: ServeOptions): Promise<ServeChild> {
    if ((await statusOf(options.readyUrl)) === 200)
      throw new GwrkError(
        'GWRK_SERVE_FAILED',
        `something answers at ${options.readyUrl} already, before the server of the scenario is started`,
        {
          hint: 'stop that server, or give the scenario another port',
        },
      );
    const [word = '', ...args] = commandWords(options.command);
    const isOurs = word === 'gwrk';
    const adminToken = options.env.GWRK_ADMIN_TOKEN ?? process.env.GWRK_ADMIN_TOKEN ?? randomBytes(32).toString('hex');
    const { launch } = options;
    const [file, words] = launch ? [launch.file, launch.args] : isOurs ? [process.execPath, [binFile, ...args]] : [word, args];
    const child = spawn(file, [...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      env: { ...serverEnvironment(process.env), ...options.env, GWRK_ADMIN_TOKEN: adminToken, ...launch?.env },
      ...(launch && { cwd: launch.cwd }),
    });
    const output = new ServerOutput(child);
    const kill = (): void => killGroup(child);
    const dismissGuard = child.pid === undefined ? () => {} : guardGroup(child.pid);
    process.on('exit', kill);
    try {
      await untilReady(child, output, options);
      return new ServeChild(child, adminToken, output, options.stopTimeoutMs, kill, dismissGuard);
    } catch (error) {
      kill();
      dismissGuard();
      process.off('exit', kill);
      throw error;
    }
  }

  /** Ends the server: SIGTERM, and SIGKILL when it has not gone in time. Resolves when it is gone. */
  async stop(): Promise<void> {
    if (!this.hasEnded) this.#child.kill('SIGTERM'); // the process alone: it ends its own children in order
    const timer = setTimeout(this.#killGroup, this.#stopTimeoutMs);
    await this.#ended;
    clearTimeout(timer);
    this.#killGroup(); // what the server itself may have left behind
    this.#dismissGuard();
    process.off('exit', this.#killGroup);
  }
}

/** Reads what the server prints, so that it never blocks on a full pipe. */
class ServerOutput {
  ready: ReadyLine | undefined;
  stderrTail = '';
  startError: Error | undefined;
  #line = '';

  constructor(child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#readLines(text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderrTail = (this.stderrTail + text).slice(-TAIL_BYTES);
    });
    child.once('error', (error) => {
      this.startError = error;
    });
  }

  #readLines(text: string): void {
    if (this.ready !== undefined) return;
    const lines = (this.#line + text).split('\n');
    this.#line = lines.pop()!.slice(-TAIL_BYTES);
    for (const line of lines) this.ready ??= readyLine(line);
  }
}

async function untilReady(child: ChildProcess, output: ServerOutput, options: ServeOptions): Promise<void> {
  const failed = (summary: string): GwrkError => {
    const tail = output.stderrTail.trim().split('\n').slice(-12).join('\n    ');
    return new GwrkError('GWRK_SERVE_FAILED', summary, {
      given: options.command,
      ...(tail === '' ? {} : { hint: `it said on stderr, last:\n    ${tail}` }),
    });
  };
  const deadline = performance.now() + options.readyTimeoutMs;
  while (performance.now() < deadline) {
    options.checkWanted?.();
    if (output.startError) throw failed(`the server could not be started: ${output.startError.message}`);
    if (hasEnded(child)) throw failed(`the server ended (${child.signalCode ?? `exit ${child.exitCode}`}) before it was ready`);
    if ((await statusOf(options.readyUrl)) === 200) {
      await sleep(output.ready ? 0 : POLL_MS); // its ready line may be a moment behind
      return;
    }
    await sleep(POLL_MS);
  }
  throw failed(`${options.readyUrl} did not answer 200 within ${options.readyTimeoutMs / 1000} s`);
}

/** The status that a GET gets, or 0 when nobody answers within a second. */
function statusOf(url: string): Promise<number> {
  return new Promise((resolve) => {
    const request = (url.startsWith('https:') ? getTls : get)(url, { timeout: 1000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(0));
  });
}

function serverEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('GWRK_') || PASSED_ON.has(name)));
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // the group is gone already
  }
}
