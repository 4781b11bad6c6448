import type { Inspector } from '../profile/inspector.js';
import { type GcFigures, gcFigures, rounded, type SourceState, type TargetFigures, type TargetSource } from './figures.js';
import { INSTALL, type Observed, observedOf, READ, REMOVE } from './inspector-observer.js';
import { Span } from './span.js';

/** Attaches to the process of the target; rejects with an error whose message says why that cannot be. */
export type Attach = () => Promise<Inspector>;

/** Garbage collections, event loop and heap of a Node target, read through its inspector. Nothing of it is left behind. */
export class InspectorSource implements TargetSource {
  readonly name = 'inspector';
  readonly #attach: Attach;
  readonly #span = new Span<Observed>();
  #inspector: Inspector | undefined;
  #fault = '';
  #fresh: Record<string, number> = {};
  #isAsking = false;
  #maxPauseMs: Record<string, number> = {};
  #loopDelayMs = -1;
  #before: Observed | undefined;

  constructor(attach: Attach) {
    this.#attach = attach;
  }

  async begin(): Promise<void> {
    try {
      this.#inspector = await this.#attach();
      await this.#inspector.evaluate(INSTALL);
    } catch (error) {
      this.#fault = textOf(error);
      return;
    }
    await this.#read(0);
  }

  look(elapsedMs: number): Record<string, number> {
    if (!this.#isAsking && this.#fault === '') void this.#read(elapsedMs);
    const fresh = this.#fresh;
    this.#fresh = {};
    return fresh;
  }

  holdBegins(elapsedMs: number): void {
    this.#span.holdBegins(elapsedMs);
    this.#maxPauseMs = {};
    this.#loopDelayMs = -1;
  }

  holdEnds(elapsedMs: number): void {
    this.#span.holdEnds(elapsedMs);
  }

  async end(elapsedMs: number): Promise<void> {
    if (this.#fault === '') await this.#read(elapsedMs);
    await this.#inspector?.evaluate(REMOVE).catch(() => undefined);
    await this.#inspector?.close();
  }

  figures(): TargetFigures {
    const between = this.#span.between();
    const last = this.#span.last;
    if (!between || !last) return {};
    const { from, until, seconds } = between;
    const byKind: Record<string, GcFigures> = {};
    for (const [kind, [count, ms]] of Object.entries(until.gc)) {
      const [countBefore, msBefore] = from.gc[kind] ?? [0, 0];
      byKind[kind] = { count: count - countBefore, ms: rounded(ms - msBefore, 3), maxPauseMs: rounded(this.#maxPauseMs[kind] ?? 0, 3) };
    }
    const elu = utilisation(from, until);
    return {
      ...gcFigures(byKind, seconds),
      ...(elu !== undefined && { elu: rounded(elu, 4) }),
      ...(this.#loopDelayMs >= 0 && { loopDelayP99Ms: rounded(this.#loopDelayMs, 2) }),
      heapUsedBytes: last.heapUsedBytes,
    };
  }

  state(): SourceState {
    if (this.#span.last === undefined || this.#span.between() === undefined)
      return {
        source: 'inspector',
        state: 'missing',
        reason: `the inspector of the target was not read: ${this.#fault || 'the run was too short'}`,
      };
    return this.#fault === '' ? { source: 'inspector', state: 'ok' } : { source: 'inspector', state: 'partial', reason: this.#fault };
  }

  async #read(elapsedMs: number): Promise<void> {
    this.#isAsking = true;
    try {
      const now = observedOf(await this.#inspector!.evaluate(READ));
      if (!now) throw new Error('the observer is gone: was the target started again?');
      this.#take(elapsedMs, now);
    } catch (error) {
      this.#fault = textOf(error);
    } finally {
      this.#isAsking = false;
    }
  }

  #take(elapsedMs: number, now: Observed): void {
    const before = this.#before;
    this.#before = now;
    this.#span.add(elapsedMs, now);
    if (this.#span.counts(elapsedMs)) {
      for (const [kind, ms] of Object.entries(now.maxPauseMs)) this.#maxPauseMs[kind] = Math.max(this.#maxPauseMs[kind] ?? 0, ms);
      this.#loopDelayMs = Math.max(this.#loopDelayMs, now.loopDelayP99Ms);
    }
    if (!before) return;
    const elu = utilisation(before, now);
    const grown = (index: 0 | 1): number =>
      Object.entries(now.gc).reduce((sum, [kind, figures]) => sum + figures[index] - (before.gc[kind]?.[index] ?? 0), 0);
    this.#fresh = {
      target_gc_count: grown(0),
      target_gc_ms: rounded(grown(1), 3),
      target_loop_delay_ms: rounded(now.loopDelayP99Ms, 2),
      ...(elu !== undefined && { target_elu: rounded(elu, 4) }),
    };
  }
}

/** Share of the time between two looks that the loop was busy. */
function utilisation({ loop: [idleBefore, activeBefore] }: Observed, { loop: [idle, active] }: Observed): number | undefined {
  const busyMs = active - activeBefore;
  const allMs = busyMs + idle - idleBefore;
  return allMs > 0 ? busyMs / allMs : undefined;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
