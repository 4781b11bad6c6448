import type { SourceName, SourceState, TargetFigures, TargetSource } from './figures.js';

/**
 * Which source is believed where several know a figure: what the kernel counts, then what the server counts over
 * all its threads, then what its inspector says of the main thread. */
const TRUST: readonly SourceName[] = ['process', 'server', 'inspector', 'metrics'];

/** What is known of the target at the end of a run. */
export interface WatchedTarget {
  readonly figures: TargetFigures;
  readonly sources: readonly SourceState[];
}

/** Samples the target beside the load, in the main thread: each source it has, once a second. */
export class TargetWatch {
  readonly #sources: readonly TargetSource[];
  #isOn = false;

  constructor(sources: readonly TargetSource[]) {
    this.#sources = [...sources].sort((a, b) => TRUST.indexOf(a.name) - TRUST.indexOf(b.name));
  }

  /** Before the load. */
  async begin(): Promise<void> {
    this.#isOn = true;
    await Promise.all(this.#sources.map((source) => source.begin()));
  }

  /** What is known at this moment, as columns of the timeline: memory in bytes, CPU in cores since the last call. */
  sample(elapsedMs: number): Record<string, number> {
    // The most trusted writes last.
    return Object.assign({}, ...[...this.#sources].reverse().map((source) => source.look(elapsedMs))) as Record<string, number>;
  }

  /** The clients are there: from now on figures of the hold are taken. To be called before that moment's sample(). */
  holdBegins(elapsedMs: number): void {
    for (const source of this.#sources) source.holdBegins(elapsedMs);
  }

  holdEnds(elapsedMs: number): void {
    for (const source of this.#sources) source.holdEnds(elapsedMs);
  }

  /** After the load: last readings, and the target is left as it was. A second call does nothing. */
  async end(elapsedMs: number): Promise<void> {
    if (!this.#isOn) return;
    this.#isOn = false;
    await Promise.all(this.#sources.map((source) => source.end(elapsedMs)));
  }

  result(): WatchedTarget {
    const figures = Object.assign({}, ...[...this.#sources].reverse().map((source) => source.figures())) as TargetFigures;
    return { figures, sources: this.#sources.map((source) => source.state()) };
  }
}
