import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GwrkError } from '../core/errors.js';
import { buildProfile } from './build-profile.js';
import { endedWithin, outputOf } from './child-end.js';
import type { Profile } from './flame-record.js';
import { FrameNames } from './frame-name.js';
import { PerfMap } from './perf-map.js';
import { checkPerf, perfNotes } from './perf-obstacles.js';
import { foldPerfScript, PERF_FIELDS } from './perf-script.js';
import type { Profiling } from './profiling.js';

/** A prime: samples do not beat with timers of 10 or 100 ms. */
const SAMPLES_PER_SECOND = 199;
const STOP_LIMIT_MS = 20_000;
const SCRIPT_LIMIT_MS = 120_000;
/** More than this of the samples without a name: the reader is told. */
const MANY_UNKNOWN = 0.2;

/** Profiles any process by pid with Linux perf: C, C++, Rust, Go, Node. */
export class PerfProfiling implements Profiling {
  readonly #pid: number;
  readonly #subject: string;
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #said: () => string;
  readonly #startedAt = new Date();
  readonly #startMs = performance.now();
  readonly #kill: () => void;

  private constructor(pid: number, subject: string, folder: string) {
    this.#pid = pid;
    this.#subject = subject;
    this.#folder = folder;
    this.#child = spawn('perf', ['record', '-F', String(SAMPLES_PER_SECOND), '-g', '-p', String(pid), '-o', this.#data], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#said = outputOf(this.#child);
    this.#kill = () => this.#child.kill('SIGKILL');
    process.on('exit', this.#kill);
  }

  /** Throws when perf is missing, may not look at the process, or ends at once. */
  static async start(pid: number, subject: string): Promise<PerfProfiling> {
    checkPerf(pid);
    const profiling = new PerfProfiling(pid, subject, await mkdtemp(join(tmpdir(), 'gwrk-perf-')));
    // perf writes the head of its file once it has opened its counters; what it cannot open it says before that.
    for (let look = 0; look < 100 && !existsSync(profiling.#data); look++) {
      if (await endedWithin(profiling.#child, 20)) throw await profiling.#failed('perf record ended at once');
    }
    return profiling;
  }

  get #data(): string {
    return join(this.#folder, 'perf.data');
  }

  async stop(): Promise<Profile> {
    try {
      this.#child.kill('SIGINT');
      if (!(await endedWithin(this.#child, STOP_LIMIT_MS)))
        throw await this.#failed(`perf record did not end within ${STOP_LIMIT_MS / 1000} s`);
      const durationMs = performance.now() - this.#startMs;
      if (!existsSync(this.#data)) throw await this.#failed('perf record wrote nothing');
      const notes = perfNotes(this.#pid);
      const text = await this.#script();
      const { threads, samples, unknown } = foldPerfScript(text, {
        names: new FrameNames(),
        sampleUs: 1e6 / SAMPLES_PER_SECOND,
        maps: perfMaps(),
      });
      const share = samples > 0 ? unknown / samples : 0;
      return buildProfile({
        tool: 'perf',
        subject: this.#subject,
        pid: this.#pid,
        startedAt: this.#startedAt,
        durationMs,
        intervalUs: Math.round(1e6 / SAMPLES_PER_SECOND),
        threads,
        raw: { 'perf-script.txt': text },
        notes: [
          ...notes,
          ...(notes.length === 0 && share > MANY_UNKNOWN
            ? [
                `${(share * 100).toFixed(0)} % of the samples hold frames without a name: build with frame pointers (-fno-omit-frame-pointer) and symbols.`,
              ]
            : []),
        ],
      });
    } finally {
      await this.#cleanUp();
    }
  }

  async abandon(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#cleanUp().catch(() => undefined);
  }

  /** `perf script` names the addresses; -f since the map of another user's process would be refused else. */
  async #script(): Promise<string> {
    const child = spawn('perf', ['script', '-f', '--demangle', '-i', this.#data, '-F', PERF_FIELDS], { stdio: ['ignore', 'pipe', 'pipe'] });
    const said = outputOf(child);
    const chunks: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    if (!(await endedWithin(child, SCRIPT_LIMIT_MS)) || child.exitCode !== 0) {
      child.kill('SIGKILL');
      throw new GwrkError('GWRK_FLAME_FAILED', 'perf script failed', { hint: lastLines(said()) });
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  async #failed(summary: string): Promise<GwrkError> {
    const said = this.#said();
    await this.#cleanUp();
    if (/permission|not permitted|access to performance/iu.test(said))
      return new GwrkError('GWRK_FLAME_NOT_ALLOWED', summary, { hint: lastLines(said) });
    return new GwrkError('GWRK_FLAME_FAILED', summary, { hint: lastLines(said) });
  }

  async #cleanUp(): Promise<void> {
    process.off('exit', this.#kill);
    this.#child.kill('SIGKILL');
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Maps of code made at run time, read once a process. */
function perfMaps(): (pid: number) => PerfMap | undefined {
  const maps = new Map<number, PerfMap | undefined>();
  return (pid) => {
    if (!maps.has(pid)) maps.set(pid, readMap(pid));
    return maps.get(pid);
  };
}

function readMap(pid: number): PerfMap | undefined {
  for (const path of [`/tmp/perf-${pid}.map`, `/proc/${pid}/root/tmp/perf-${pid}.map`])
    try {
      return new PerfMap(readFileSync(path, 'utf8'));
    } catch {
      // the runtime writes none, or in its container only
    }
  return undefined;
}

function lastLines(text: string): string {
  return `it said last:\n    ${text.trim().split('\n').slice(-6).join('\n    ')}`;
}
