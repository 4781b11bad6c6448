import type { Clock } from '../../src/core/clock.js';
import type { CauseLog } from './cause-log.js';

const LOOK_EVERY_MS = 50;

/** A bounded queue, as one look at its shared memory sees it. */
export interface WatchedQueue {
  readonly name: string;
  /** Entries that found no room so far; may wrap around. */
  readonly refused: () => number;
}

/**
 * Notes as causes when bounded queues were full: as long as each look finds that entries were refused since the look before. Knows
 * the ends of an interval to 50 ms. Nothing on the path of an operation is touched.
 */
export class QueueWatch {
  readonly #queues: readonly (WatchedQueue & { last: number; sinceUs: number })[];
  readonly #clock: Clock;
  readonly #causes: CauseLog;
  readonly #timer: NodeJS.Timeout | undefined;
  #lastLookUs: number;

  constructor(queues: readonly WatchedQueue[], clock: Clock, causes: CauseLog) {
    this.#queues = queues.map((queue) => ({ ...queue, last: queue.refused(), sinceUs: 0 }));
    this.#clock = clock;
    this.#causes = causes;
    this.#lastLookUs = clock.nowUs();
    if (queues.length === 0) return;
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  look(): void {
    const nowUs = this.#clock.nowUs();
    for (const queue of this.#queues) {
      const refused = queue.refused();
      const isFull = refused !== queue.last;
      queue.last = refused;
      if (isFull && queue.sinceUs === 0) queue.sinceUs = this.#lastLookUs;
      if (isFull || queue.sinceUs === 0) continue;
      this.#causes.add({ kind: 'QUEUE', startUs: queue.sinceUs, endUs: this.#lastLookUs, name: queue.name });
      queue.sinceUs = 0;
    }
    this.#lastLookUs = nowUs;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
