import { type GcFigures, gcFigures, rounded, type SourceState, type TargetFigures, type TargetSource } from './figures.js';
import { readScrape, type Scraped } from './prometheus-names.js';
import { parsePrometheus, type Series } from './prometheus-text.js';
import { Span } from './span.js';

/** Fetches the text of a scrape; rejects with an error whose message says why there is none. */
export type Scrape = () => Promise<string>;

/** Raw series that the timeline keeps, and how long their names may be. */
const MOST_COLUMNS = 64;
const LONGEST_ID = 120;

/** The target's own metrics, as Prometheus would scrape them, once a second. */
export class MetricsSource implements TargetSource {
  readonly name = 'metrics';
  readonly #scrape: Scrape;
  readonly #span = new Span<Scraped>();
  readonly #columns = new Set<string>();
  #fresh: Record<string, number> = {};
  #isAsking = false;
  #fault = 'it was not asked';
  #failures = 0;
  #restarts = 0;
  #most = { rssBytes: 0, fds: 0, threads: 0, loopDelayMs: -1 };
  #lastAtMs = 0;

  constructor(scrape: Scrape) {
    this.#scrape = scrape;
  }

  begin(): Promise<void> {
    return this.#read(0);
  }

  look(elapsedMs: number): Record<string, number> {
    if (!this.#isAsking) void this.#read(elapsedMs);
    const fresh = this.#fresh;
    this.#fresh = {};
    return fresh;
  }

  holdBegins(elapsedMs: number): void {
    this.#span.holdBegins(elapsedMs);
    this.#most = { rssBytes: 0, fds: 0, threads: 0, loopDelayMs: -1 };
  }

  holdEnds(elapsedMs: number): void {
    this.#span.holdEnds(elapsedMs);
  }

  async end(elapsedMs: number): Promise<void> {
    await this.#read(elapsedMs);
  }

  figures(): TargetFigures {
    const { first, last } = this.#span;
    if (!first || !last) return {};
    const { rssBytes, fds, threads, loopDelayMs } = this.#most;
    const between = this.#span.between();
    return {
      ...(rssBytes > 0 && { rssPeakBytes: rssBytes, rssPeakSince: 'samples' as const }),
      ...(fds > 0 && { fds }),
      ...(threads > 0 && { threads }),
      ...(loopDelayMs >= 0 && { loopDelayP99Ms: rounded(loopDelayMs, 2) }),
      ...(last.heapUsedBytes !== undefined && { heapUsedBytes: last.heapUsedBytes }),
      ...(first.cpuSeconds !== undefined &&
        last.cpuSeconds !== undefined && { cpuSeconds: rounded(last.cpuSeconds - first.cpuSeconds, 2) }),
      ...(between && growth(between.from, between.until, between.seconds)),
      restarts: this.#restarts,
    };
  }

  state(): SourceState {
    if (!this.#span.last)
      return { source: 'metrics', state: 'missing', reason: `the metrics of the target cannot be read: ${this.#fault}` };
    const faults = [
      ...(this.#restarts > 0 ? [`the target was started again ${this.#restarts} times; figures count from the last start`] : []),
      ...(this.#failures > 0 ? [`${this.#failures} scrapes failed: ${this.#fault}`] : []),
    ];
    return faults.length > 0 ? { source: 'metrics', state: 'partial', reason: faults.join('; ') } : { source: 'metrics', state: 'ok' };
  }

  async #read(elapsedMs: number): Promise<void> {
    this.#isAsking = true;
    try {
      const series = parsePrometheus(await this.#scrape());
      if (series.length === 0) throw new Error('the answer is no text of Prometheus');
      this.#take(elapsedMs, series);
    } catch (error) {
      this.#failures++;
      this.#fault = error instanceof Error ? error.message : String(error);
    } finally {
      this.#isAsking = false;
    }
  }

  #take(elapsedMs: number, series: readonly Series[]): void {
    const now = readScrape(series);
    const before = this.#span.last;
    if (before && hasRestarted(before, now)) {
      this.#restarts++;
      this.#span.restart();
    }
    this.#span.add(elapsedMs, now);
    if (this.#span.counts(elapsedMs)) this.#keepMost(now);
    this.#fresh = { ...this.#raw(series), ...columnsOf(now, this.#span.first === now ? undefined : before, elapsedMs - this.#lastAtMs) };
    this.#lastAtMs = elapsedMs;
  }

  #keepMost({ rssBytes = 0, fds = 0, threads = 0, loopDelayMs = -1 }: Scraped): void {
    this.#most = {
      rssBytes: Math.max(this.#most.rssBytes, rssBytes),
      fds: Math.max(this.#most.fds, fds),
      threads: Math.max(this.#most.threads, threads),
      loopDelayMs: Math.max(this.#most.loopDelayMs, loopDelayMs),
    };
  }

  /** The first series by their order in the text; buckets say nothing by themselves. Names come from a stranger: printable ones only. */
  #raw(series: readonly Series[]): Record<string, number> {
    const raw: Record<string, number> = {};
    for (const { id, name, value } of series) {
      if (!Number.isFinite(value) || name.endsWith('_bucket') || id.length > LONGEST_ID || !/^[\x20-\x7e]+$/u.test(id)) continue;
      const column = `target:${id}`;
      if (!this.#columns.has(column)) {
        if (this.#columns.size >= MOST_COLUMNS) continue;
        this.#columns.add(column);
      }
      raw[column] = value;
    }
    return raw;
  }
}

/** Counters only grow while a process runs. */
function hasRestarted(before: Scraped, now: Scraped): boolean {
  if (before.startedAt !== undefined && now.startedAt !== undefined) return now.startedAt > before.startedAt + 1;
  if ((now.cpuSeconds ?? 0) < (before.cpuSeconds ?? 0)) return true;
  return Object.entries(before.gc).some(([kind, { count }]) => (now.gc[kind]?.count ?? 0) < count);
}

/** By kind, how many collections there were between two scrapes. */
function collected(from: Scraped, until: Scraped): Record<string, GcFigures> {
  return Object.fromEntries(
    Object.entries(until.gc).map(([kind, { count, ms }]) => [
      kind,
      { count: count - (from.gc[kind]?.count ?? 0), ms: rounded(ms - (from.gc[kind]?.ms ?? 0), 3), maxPauseMs: null },
    ]),
  );
}

function growth(from: Scraped, until: Scraped, seconds: number): TargetFigures {
  return {
    ...gcFigures(collected(from, until), seconds),
    ...(from.cpuSeconds !== undefined &&
      until.cpuSeconds !== undefined && { cpuCores: rounded((until.cpuSeconds - from.cpuSeconds) / seconds, 3) }),
  };
}

function columnsOf(now: Scraped, before: Scraped | undefined, ms: number): Record<string, number> {
  const columns: Record<string, number> = {};
  if (now.rssBytes !== undefined) columns.target_rss_bytes = now.rssBytes;
  if (now.fds !== undefined) columns.target_fds = now.fds;
  if (now.threads !== undefined) columns.target_threads = now.threads;
  if (now.loopDelayMs !== undefined) columns.target_loop_delay_ms = rounded(now.loopDelayMs, 2);
  if (!before || ms <= 0) return columns;
  if (before.cpuSeconds !== undefined && now.cpuSeconds !== undefined)
    columns.target_cpu_cores = rounded(((now.cpuSeconds - before.cpuSeconds) / ms) * 1000, 2);
  const collections = Object.values(collected(before, now));
  if (collections.length > 0) {
    columns.target_gc_count = collections.reduce((sum, { count }) => sum + count, 0);
    columns.target_gc_ms = rounded(
      collections.reduce((sum, each) => sum + each.ms, 0),
      3,
    );
  }
  return columns;
}
