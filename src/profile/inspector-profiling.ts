import { GwrkError } from '../core/errors.js';
import { buildProfile } from './build-profile.js';
import { type CdpSession, OwnSession } from './cdp-session.js';
import { type CpuProfile, foldCpuProfile } from './cpu-profile.js';
import type { Profile, RuntimeRecord } from './flame-record.js';
import { FrameNames } from './frame-name.js';
import { Inspector } from './inspector.js';
import type { Profiling } from './profiling.js';
import { installFigures, readFigures } from './runtime-figures.js';
import { type WorkerSession, WorkerSessions } from './worker-sessions.js';

export interface InspectorOptions {
  readonly pid?: number;
  /** Instead of a pid: ws://127.0.0.1:9229/<id> or http://127.0.0.1:9229. */
  readonly url?: string;
  readonly intervalUs: number;
  readonly subject: string;
}

interface Taken {
  readonly name: string;
  readonly profile: CpuProfile;
}

/** Profiles a running Node process by its inspector: its main thread and each of its worker threads. */
export class InspectorProfiling implements Profiling {
  readonly #session: CdpSession;
  readonly #options: InspectorOptions;
  #startedAt = new Date();
  #startMs = performance.now();
  readonly #notes: string[] = [];
  #threads: readonly WorkerSession[] = [];
  #workers: WorkerSessions | undefined;

  private constructor(session: CdpSession, options: InspectorOptions) {
    this.#session = session;
    this.#options = options;
  }

  static async start(options: InspectorOptions): Promise<InspectorProfiling> {
    const { pid, url } = options;
    const session = url === undefined ? await Inspector.attachPid(pid!) : await Inspector.attachUrl(url);
    return InspectorProfiling.#begin(session, options);
  }

  /** Of this very process. */
  static startSelf(options: Pick<InspectorOptions, 'intervalUs' | 'subject'>): Promise<InspectorProfiling> {
    return InspectorProfiling.#begin(new OwnSession(), { ...options, pid: process.pid });
  }

  static async #begin(session: CdpSession, options: InspectorOptions): Promise<InspectorProfiling> {
    const profiling = new InspectorProfiling(session, options);
    try {
      await profiling.#start();
      return profiling;
    } catch (error) {
      await profiling.abandon();
      throw error;
    }
  }

  async #start(): Promise<void> {
    const { intervalUs } = this.#options;
    this.#workers = await WorkerSessions.attach(this.#session).catch(() => undefined);
    const started: WorkerSession[] = [{ name: 'main thread', send: (method, params) => this.#session.send(method, params) }];
    await installFigures(this.#session);
    await startThread(started[0]!, intervalUs);
    await Promise.all(
      (this.#workers?.list() ?? []).map(async (worker) => {
        try {
          await startThread(worker, intervalUs);
          started.push(worker);
        } catch {
          this.#notes.push(`${worker.name} did not answer and is not in this profile`);
        }
      }),
    );
    this.#threads = started;
    this.#startedAt = new Date();
    this.#startMs = performance.now();
  }

  async stop(): Promise<Profile> {
    try {
      const taken = await Promise.all(this.#threads.map((thread) => this.#stopThread(thread)));
      const durationMs = performance.now() - this.#startMs;
      const runtime = await readFigures(this.#session);
      return this.#profile(
        taken.flatMap((one) => one ?? []),
        durationMs,
        runtime,
      );
    } finally {
      await this.#close();
    }
  }

  async abandon(): Promise<void> {
    await Promise.all(this.#threads.map(({ send }) => send('Profiler.disable').catch(() => undefined)));
    await readFigures(this.#session).catch(() => undefined);
    await this.#close().catch(() => undefined);
  }

  async #stopThread(thread: WorkerSession): Promise<Taken | undefined> {
    try {
      const { profile } = await thread.send('Profiler.stop');
      await thread.send('Profiler.disable');
      return { name: thread.name, profile: profile as CpuProfile };
    } catch (error) {
      // A worker may end before its process does; without the main thread there is nothing to show.
      if (thread === this.#threads[0]) throw error;
      this.#notes.push(`${thread.name} ended before the profile did and is not in it`);
      return undefined;
    }
  }

  async #close(): Promise<void> {
    await this.#workers?.detach();
    await this.#session.close();
  }

  #profile(taken: readonly Taken[], durationMs: number, runtime: RuntimeRecord | undefined): Profile {
    if (taken.length === 0) throw new GwrkError('GWRK_FLAME_EMPTY', 'no thread handed over a profile');
    const names = new FrameNames();
    const { pid, intervalUs, subject } = this.#options;
    return buildProfile({
      tool: 'inspector',
      subject,
      ...(pid !== undefined && { pid }),
      startedAt: this.#startedAt,
      durationMs,
      intervalUs,
      threads: taken.map(({ name, profile }) => ({ name, stacks: foldCpuProfile(profile, names) })),
      raw: Object.fromEntries(taken.map(({ profile }, index) => [rawName(index), JSON.stringify(profile)])),
      notes: this.#notes,
      ...(runtime && { runtime }),
    });
  }
}

/** profile.cpuprofile is the main thread's; the others are numbered. */
function rawName(index: number): string {
  return index === 0 ? 'profile.cpuprofile' : `profile-${index}.cpuprofile`;
}

async function startThread(thread: WorkerSession, intervalUs: number): Promise<void> {
  await thread.send('Profiler.enable');
  await thread.send('Profiler.setSamplingInterval', { interval: intervalUs });
  await thread.send('Profiler.start');
}
