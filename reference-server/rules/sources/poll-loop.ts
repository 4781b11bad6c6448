import { type RuleListener, reasonOf, type SourceTimers } from './rule-source.js';

const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 30_000;

/**
 * One look at the source. Resolves with the milliseconds to wait before the next one; rejects when the source cannot be read.
 * After a look that failed, `hasFailed` asks for an answer at once instead of one that is held: the outage may be over.
 */
export type PollTurn = (listener: RuleListener, signal: AbortSignal, hasFailed: boolean) => Promise<number>;

export interface PollLoopOptions {
  readonly timers: SourceTimers;
  /** 0 <= n < 1, for the jitter. */
  readonly random?: () => number;
}

/**
 * Looks at a source again and again, one look at a time. After an error it waits 1 s, 2 s, 4 s ... 30 s, of which a random half
 * is taken off, so that the servers of a fleet do not come back to a source that has just recovered all at once.
 */
export class PollLoop {
  readonly #turn: PollTurn;
  readonly #timers: SourceTimers;
  readonly #random: () => number;
  readonly #abort = new AbortController();
  #cancel: () => void = () => {};
  #failures = 0;

  constructor(turn: PollTurn, { timers, random = Math.random }: PollLoopOptions) {
    this.#turn = turn;
    this.#timers = timers;
    this.#random = random;
  }

  start(listener: RuleListener): void {
    const { signal } = this.#abort;
    // A look that was under way at stop() may still find something.
    const guarded: RuleListener = {
      onText: (text) => {
        if (!signal.aborted) listener.onText(text);
      },
      onUnchanged: () => {
        if (!signal.aborted) listener.onUnchanged();
      },
      onTrouble: (reason) => {
        if (!signal.aborted) listener.onTrouble(reason);
      },
    };
    this.#run(guarded);
  }

  stop(): void {
    this.#cancel();
    this.#abort.abort();
  }

  async #run(listener: RuleListener): Promise<void> {
    const { signal } = this.#abort;
    let waitMs: number;
    try {
      waitMs = await this.#turn(listener, signal, this.#failures > 0);
      this.#failures = 0;
    } catch (error) {
      listener.onTrouble(reasonOf(error));
      const fullMs = Math.min(FIRST_BACKOFF_MS * 2 ** this.#failures, LONGEST_BACKOFF_MS);
      this.#failures += 1;
      waitMs = fullMs * (1 - this.#random() / 2);
    }
    if (!signal.aborted) this.#cancel = this.#timers.after(waitMs, () => this.#run(listener));
  }
}
