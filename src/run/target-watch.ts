import type { TargetRecord } from '../report/report.js';
import type { JsonClient } from './http-json.js';
import { type ProcessSample, readProcess } from './process-sample.js';

/** What the reference server counts (GET /admin/v1/stats), since it started. */
export interface ServerStats {
  readonly opsSeen: number;
  readonly gcCount: number;
}

/** A target's record with the operations it counted during the run; null when it does not say. */
export interface WatchedTarget extends TargetRecord {
  readonly opsSeen: number | null;
}

interface Reading {
  readonly elapsedMs: number;
  readonly stats: ServerStats;
}

/** A hold shorter than this says nothing about garbage collections a minute: then the whole run counts. */
const SHORTEST_HOLD_MS = 5000;

/** Samples the target beside the load: its process where the kernel lets us, its own counters where it has them. */
export class TargetWatch {
  readonly #pid: number | undefined;
  readonly #admin: JsonClient | undefined;
  readonly #first: ProcessSample | undefined;
  #last: ProcessSample | undefined;
  #lastAtMs = 0;
  #readings: Reading[] = [];
  #isReading = false;

  constructor(pid: number | undefined, admin: JsonClient | undefined) {
    this.#pid = pid;
    this.#admin = admin;
    this.#first = pid === undefined ? undefined : readProcess(pid);
    this.#last = this.#first;
  }

  /** Readings of this moment, as columns of the timeline: memory in bytes, CPU in cores since the last call. */
  sample(elapsedMs: number): Record<string, number> {
    if (!this.#isReading) void this.readStats(elapsedMs);
    const now = this.#pid === undefined ? undefined : readProcess(this.#pid);
    if (!now || now.startTicks !== this.#first?.startTicks || now.rssPeakBytes === 0) return {};
    const seconds = (elapsedMs - this.#lastAtMs) / 1000;
    const cores = seconds > 0 ? (now.cpuSeconds - this.#last!.cpuSeconds) / seconds : 0;
    this.#last = now;
    this.#lastAtMs = elapsedMs;
    return { target_rss_bytes: now.rssBytes, target_cpu_cores: Math.round(cores * 100) / 100 };
  }

  /** Asks the server for its counters; a server that does not answer leaves a gap. */
  async readStats(elapsedMs: number): Promise<void> {
    if (!this.#admin) return;
    this.#isReading = true;
    try {
      const { status, body } = await this.#admin.get('/admin/v1/stats');
      const stats = status === 200 ? serverStats(body) : undefined;
      if (stats) this.#readings.push({ elapsedMs, stats });
    } catch {
      // the server is busy or gone: the next second may know more
    } finally {
      this.#isReading = false;
    }
  }

  /** The figures of the whole run. `connectingMs` is where the ramp ended and the hold began. */
  record(url: string, connectingMs: number): WatchedTarget {
    const first = this.#readings[0]?.stats;
    const last = this.#readings.at(-1)?.stats;
    const reason = this.#reason();
    return {
      url,
      pid: this.#pid ?? null,
      rssPeakBytes: this.#last?.rssPeakBytes ?? null,
      cpuSeconds: this.#last && this.#first ? Math.round((this.#last.cpuSeconds - this.#first.cpuSeconds) * 100) / 100 : null,
      gcPerMinute: this.#gcPerMinute(connectingMs),
      opsSeen: first && last ? last.opsSeen - first.opsSeen : null,
      ...(reason === undefined ? {} : { reason }),
    };
  }

  #gcPerMinute(connectingMs: number): number | null {
    const last = this.#readings.at(-1);
    if (!last) return null;
    const hold = this.#readings.find(({ elapsedMs }) => elapsedMs >= connectingMs);
    const first = hold && last.elapsedMs - hold.elapsedMs >= SHORTEST_HOLD_MS ? hold : this.#readings[0]!;
    const minutes = (last.elapsedMs - first.elapsedMs) / 60_000;
    return minutes > 0 ? Math.round(((last.stats.gcCount - first.stats.gcCount) / minutes) * 10) / 10 : null;
  }

  #reason(): string | undefined {
    if (this.#pid === undefined) return 'the process of the target is not known (--target-pid)';
    if (!this.#first) return `process ${this.#pid} cannot be read in /proc`;
    return this.#readings.length === 0 ? 'the target does not report its garbage collections' : undefined;
  }
}

/** The counters among the answer of GET /admin/v1/stats; undefined when it is another server's. */
function serverStats(body: unknown): ServerStats | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const outer = body as Record<string, unknown>;
  const counters = (typeof outer.counters === 'object' && outer.counters !== null ? outer.counters : outer) as Record<string, unknown>;
  const { ops_seen: opsSeen, gc_count: gcCount } = counters;
  return typeof opsSeen === 'number' && typeof gcCount === 'number' ? { opsSeen, gcCount } : undefined;
}
