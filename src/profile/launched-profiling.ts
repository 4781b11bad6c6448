import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GwrkError } from '../core/errors.js';
import { buildPageOnly, buildProfile } from './build-profile.js';
import { hasEnded } from './child-end.js';
import type { Profile } from './flame-record.js';
import { endLaunched, killLaunched } from './launched-end.js';
import { collect, type Launch, type LaunchedTool, launchOf } from './launched-tool.js';
import type { Profiling } from './profiling.js';

/** V8's --prof takes a tick each millisecond. */
const TICK_US = 1000;
const WHOLE_LIFE =
  'Taken from the start of the server to its end: this tool starts the server itself, so that loading its modules is in it too.';

/** A server that runs below 0x or clinic. Whoever starts the process hands it over with `adopt`. */
export class LaunchedProfiling implements Profiling {
  readonly tool: LaunchedTool;
  readonly launch: Launch;
  readonly #folder: string;
  readonly #subject: string;
  readonly #startedAt = new Date();
  readonly #startMs = performance.now();
  #child: ChildProcess | undefined;

  private constructor(tool: LaunchedTool, launch: Launch, folder: string, subject: string) {
    this.tool = tool;
    this.launch = launch;
    this.#folder = folder;
    this.#subject = subject;
  }

  /** Makes everything ready to start `words` below the tool; nothing runs yet. */
  static async prepare(tool: LaunchedTool, words: readonly string[], from: string): Promise<LaunchedProfiling> {
    const folder = await mkdtemp(join(tmpdir(), 'gwrk-flame-'));
    try {
      return new LaunchedProfiling(tool, launchOf(tool, words, from, folder), folder, words.join(' '));
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Starts the server below the tool, as a process group of its own; what both say goes to stderr. */
  start(): ChildProcess {
    const { file, args, env, cwd } = this.launch;
    const child = spawn(file, [...args], { cwd, env: { ...process.env, ...env }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout?.pipe(process.stderr, { end: false });
    child.stderr?.pipe(process.stderr, { end: false });
    this.adopt(child);
    return child;
  }

  /** The process of the tool, started by somebody else as `launch` says, detached. */
  adopt(child: ChildProcess): void {
    this.#child = child;
    const kill = (): void => killLaunched(child);
    process.on('exit', kill);
    child.once('exit', () => process.off('exit', kill));
  }

  async stop(): Promise<Profile> {
    const child = this.#child;
    try {
      if (!child) throw new GwrkError('GWRK_FLAME_FAILED', `${this.tool} was not started`);
      const durationMs = performance.now() - this.#startMs;
      if (!hasEnded(child)) await endLaunched(child, this.tool);
      const { raw, stacks } = await collect(this.tool, this.#folder);
      const facts = { tool: this.tool, subject: this.#subject, startedAt: this.#startedAt, durationMs, notes: [WHOLE_LIFE] };
      return stacks
        ? buildProfile({ ...facts, raw, intervalUs: TICK_US, threads: [{ name: 'main thread', stacks }] })
        : buildPageOnly({ ...facts, raw });
    } finally {
      await this.abandon();
    }
  }

  async abandon(): Promise<void> {
    if (this.#child) killLaunched(this.#child);
    await rm(this.#folder, { recursive: true, force: true });
  }
}
