import { fileURLToPath } from 'node:url';
import { GwrkError } from '../core/errors.js';
import type { FlameTool, Profile } from '../profile/flame-record.js';
import { InspectorProfiling } from '../profile/inspector-profiling.js';
import { LaunchedProfiling } from '../profile/launched-profiling.js';
import { isLaunched, type Launch } from '../profile/launched-tool.js';
import { checkPerf } from '../profile/perf-obstacles.js';
import type { Profiling } from '../profile/profiling.js';
import { startProfiling } from '../profile/start-profiling.js';
import type { Plan } from '../scenario/plan.js';
import { commandWords } from './command-words.js';
import type { ServeChild } from './serve-child.js';

/** What --flame asks for: the target by one of the tools, or gwrk's own swarm. */
export type FlameWish = FlameTool | 'self';

/** Of a profile that is taken beside a run; finer costs the target more. */
const INTERVAL_US = 1000;
/** How long before its end a profile of the swarm is fetched from its threads, and how long it lasts at least. */
const BEFORE_END_MS = 1000;
const LEAST_MS = 500;
const serverFile = fileURLToPath(new URL('../../reference-server/main.js', import.meta.url));

/**
 * The profiler beside a run. Tools that attach look at the hold alone: from the end of the ramp to the end of the plan. Those
 * that start the server themselves see its whole life.
 */
export class RunProfile {
  readonly wish: FlameWish;
  readonly #note: (line: string) => void;
  readonly #launched: LaunchedProfiling | undefined;
  readonly #command: string | undefined;
  #subject = 'gwrk run, its own swarm';
  #pid = process.pid;
  #starting: Promise<Profiling> | undefined;
  #taking: Promise<Profile | undefined> | undefined;
  #messages: () => number = () => 0;
  #messagesBefore = 0;
  #timer: NodeJS.Timeout | undefined;

  private constructor(wish: FlameWish, plan: Plan, note: (line: string) => void, launched?: LaunchedProfiling) {
    this.wish = wish;
    this.#command = plan.serve?.command;
    this.#note = note;
    this.#launched = launched;
  }

  /** Throws when there is nothing to profile, or the tool is missing. Nothing has been started yet. */
  static async prepare(wish: FlameWish, plan: Plan, targetPid: number | undefined, note: (line: string) => void): Promise<RunProfile> {
    if (wish === 'self') return new RunProfile(wish, plan, note);
    if (isLaunched(wish)) {
      if (!plan.serve)
        throw new GwrkError('GWRK_FLAME_NO_PROCESS', `${wish} starts the server itself, and this scenario starts none`, {
          where: '--flame',
          hint: 'add serve: to the scenario, or use --flame inspector --target-pid <pid>',
        });
      return new RunProfile(wish, plan, note, await LaunchedProfiling.prepare(wish, serverWords(plan.serve.command), process.cwd()));
    }
    if (!plan.serve && targetPid === undefined)
      throw new GwrkError('GWRK_FLAME_NO_PROCESS', 'which process the target is, is not known', {
        where: '--flame',
        hint: 'add --target-pid <pid>, or serve: to the scenario',
      });
    return new RunProfile(wish, plan, note);
  }

  /** How the server is to be started below the tool; undefined: as always. */
  get launch(): Launch | undefined {
    return this.#launched?.launch;
  }

  /** The server is there and idle. Throws when the tool may not look at it. */
  serverIsReady(server: ServeChild | undefined, targetPid: number | undefined): void {
    if (this.wish === 'self') return;
    if (this.#launched && server) this.#launched.adopt(server.child);
    this.#pid = targetPid ?? server?.pid ?? 0;
    this.#subject = server ? `${this.#command} (pid ${this.#pid})` : `process ${this.#pid}`;
    if (this.wish === 'perf') checkPerf(this.#pid);
  }

  /** How many messages and requests the swarm has sent until now. */
  countBy(messages: () => number): void {
    this.#messages = messages;
    this.#messagesBefore = messages();
  }

  /** `leftMs`: until the planned end. */
  holdBegins(leftMs: number): void {
    if (this.#launched || this.#starting) return;
    const { wish } = this;
    const target = { intervalUs: INTERVAL_US, subject: this.#subject };
    this.#starting =
      wish === 'self'
        ? InspectorProfiling.startSelf(target)
        : startProfiling({ ...target, tool: wish === 'perf' ? 'perf' : 'inspector', pid: this.#pid });
    this.#starting.then(
      () => {
        // The swarm's own threads end with the plan, and what they have sampled with them.
        if (wish === 'self') this.#timer = setTimeout(() => this.holdEnds(), Math.max(LEAST_MS, leftMs - BEFORE_END_MS));
        this.#messagesBefore = this.#messages();
        this.#note(`flame graph: ${wish} looks at the hold`);
      },
      () => {}, // told when it is fetched
    );
  }

  holdEnds(): void {
    clearTimeout(this.#timer);
    this.#taking ??= this.#take();
  }

  /** The profile; undefined when there was nothing to take it of, which is told. Never throws: the run counts all the same. */
  async finish(): Promise<Profile | undefined> {
    this.holdEnds();
    const profile = await this.#taking;
    if (!profile && !this.#starting && !this.#launched) this.#note('flame graph: none, since the run had no hold after its ramp');
    return profile;
  }

  /** Ends what may still be at work. */
  async abandon(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#launched) await this.#launched.abandon();
    if (!this.#taking) await this.#starting?.then((profiling) => profiling.abandon()).catch(() => undefined);
  }

  async #take(): Promise<Profile | undefined> {
    try {
      const profiling = this.#launched ?? (await this.#starting);
      if (!profiling) return undefined;
      const messages = this.#messages() - this.#messagesBefore;
      const profile = await profiling.stop();
      return { ...profile, record: { ...profile.record, subject: this.#subject, ...(messages > 0 && { messages }) } };
    } catch (error) {
      const told = error instanceof GwrkError ? `${error.message} (${error.code}: ${error.hint})` : (error as Error).message;
      this.#note(`flame graph: not taken: ${told}`);
      return undefined;
    }
  }
}

/** `gwrk serve` is a program that starts another: the tool must start that one. */
function serverWords(command: string): string[] {
  const words = commandWords(command);
  return words[0] === 'gwrk' && words[1] === 'serve' ? ['node', serverFile, ...words.slice(2)] : words;
}
