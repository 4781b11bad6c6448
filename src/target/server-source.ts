import { type GcFigures, gcFigures, type SourceState, type TargetFigures, type TargetSource } from './figures.js';
import { Span } from './span.js';

/** Counters of the reference server since it started (GET /admin/v1/stats), all its threads. */
interface ServerCounters {
  readonly opsSeen: number;
  readonly gcCount: number;
  readonly kinds: Readonly<Record<string, { readonly count: number; readonly ms: number }>>;
}

/** Asks the server; resolves with the body of a right answer, undefined for any other. */
export type AskStats = () => Promise<unknown>;

const KINDS = ['minor', 'major', 'incremental', 'weakcb'] as const;

/** The reference server's own counters. */
export class ServerSource implements TargetSource {
  readonly name = 'server';
  readonly #ask: AskStats;
  readonly #span = new Span<ServerCounters>();
  #isAsking = false;
  #fault = 'the target does not report its garbage collections';
  #failures = 0;
  #restarts = 0;

  constructor(ask: AskStats) {
    this.#ask = ask;
  }

  begin(): Promise<void> {
    return this.#read(0);
  }

  look(elapsedMs: number): Record<string, number> {
    if (!this.#isAsking) void this.#read(elapsedMs);
    return {};
  }

  holdBegins(elapsedMs: number): void {
    this.#span.holdBegins(elapsedMs);
  }

  holdEnds(elapsedMs: number): void {
    this.#span.holdEnds(elapsedMs);
  }

  end(elapsedMs: number): Promise<void> {
    return this.#read(elapsedMs);
  }

  figures(): TargetFigures {
    const between = this.#span.between();
    const { first, last } = this.#span;
    if (!between || !first || !last) return {};
    const { from, until, seconds } = between;
    const byKind: Record<string, GcFigures> = {};
    for (const kind of KINDS) {
      const [before, after] = [from.kinds[kind], until.kinds[kind]];
      if (before && after) byKind[kind] = { count: after.count - before.count, ms: after.ms - before.ms, maxPauseMs: null };
    }
    const minutes = seconds / 60;
    return {
      gcPerMinute: Math.round(((until.gcCount - from.gcCount) / minutes) * 10) / 10,
      ...gcFigures(byKind, seconds),
      opsSeen: last.opsSeen - first.opsSeen,
      restarts: this.#restarts,
    };
  }

  state(): SourceState {
    if (this.#span.last === undefined) return { source: 'server', state: 'missing', reason: this.#fault };
    if (this.#failures > 0) return { source: 'server', state: 'partial', reason: `${this.#failures} times without an answer` };
    return { source: 'server', state: 'ok' };
  }

  /** A server that does not answer leaves a gap. */
  async #read(elapsedMs: number): Promise<void> {
    this.#isAsking = true;
    try {
      const counters = serverCounters(await this.#ask());
      if (!counters) return;
      if (counters.gcCount < (this.#span.last?.gcCount ?? 0)) {
        this.#restarts++;
        this.#span.restart();
      }
      this.#span.add(elapsedMs, counters);
    } catch (error) {
      // The server is busy or gone: the next second may know more.
      this.#failures++;
      this.#fault = `the admin address of the target did not answer: ${error instanceof Error ? error.message : String(error)}`;
    } finally {
      this.#isAsking = false;
    }
  }
}

/** The counters among the answer of GET /admin/v1/stats; undefined when it is another server's. */
function serverCounters(body: unknown): ServerCounters | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const outer = body as Record<string, unknown>;
  const counters = (typeof outer.counters === 'object' && outer.counters !== null ? outer.counters : outer) as Record<string, unknown>;
  const { ops_seen: opsSeen, gc_count: gcCount } = counters;
  if (typeof opsSeen !== 'number' || typeof gcCount !== 'number') return undefined;
  const kinds: Record<string, { count: number; ms: number }> = {};
  for (const kind of KINDS) {
    const [count, ms] = [counters[`gc_count_${kind}`], counters[`gc_ms_${kind}`]];
    if (typeof count === 'number' && typeof ms === 'number') kinds[kind] = { count, ms };
  }
  return { opsSeen, gcCount, kinds };
}
