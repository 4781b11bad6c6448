/** Two readings of one thing, and the time between them. */
export interface Between<T> {
  readonly from: T;
  readonly until: T;
  readonly seconds: number;
  /** They are the ends of the hold; else those of the run. */
  readonly isHold: boolean;
}

interface At<T> {
  readonly atMs: number;
  readonly reading: T;
}

/** A hold shorter than this says little about what happens a few times a minute: then the whole run counts. */
export const SHORTEST_HOLD_MS = 5000;

/**
 * Keeps of readings that grow with time those that a figure is made of: the ends of the hold and of the run. The hold is
 * what lies between holdBegins() and holdEnds(), by the time at which a reading was asked for; it may come late or not at all.
 */
export class Span<T> {
  #first: At<T> | undefined;
  #last: At<T> | undefined;
  #holdFirst: At<T> | undefined;
  #holdLast: At<T> | undefined;
  #fromMs = Number.POSITIVE_INFINITY;
  #untilMs = Number.POSITIVE_INFINITY;

  add(atMs: number, reading: T): void {
    const at = { atMs, reading };
    this.#first ??= at;
    this.#last = at;
    if (!this.isHold(atMs)) return;
    this.#holdFirst ??= at;
    this.#holdLast = at;
  }

  holdBegins(atMs: number): void {
    this.#fromMs = atMs;
  }

  holdEnds(atMs: number): void {
    this.#untilMs = atMs;
  }

  isHold(atMs: number): boolean {
    // An answer that was asked for at the very end comes when the clients already leave.
    return atMs >= this.#fromMs && atMs < this.#untilMs;
  }

  /** Whether what is seen at this time counts: it is of the hold, or no hold has begun yet. */
  counts(atMs: number): boolean {
    return this.isHold(atMs) || atMs < this.#fromMs;
  }

  /** Everything starts anew: the counters that are read did too. */
  restart(): void {
    this.#first = this.#last = this.#holdFirst = this.#holdLast = undefined;
  }

  get first(): T | undefined {
    return this.#first?.reading;
  }

  get last(): T | undefined {
    return this.#last?.reading;
  }

  /** The hold where it is long enough, else the run; undefined without two readings. */
  between(): Between<T> | undefined {
    const hold = pair(this.#holdFirst, this.#holdLast, true);
    return hold && hold.seconds * 1000 >= SHORTEST_HOLD_MS ? hold : pair(this.#first, this.#last, false);
  }
}

function pair<T>(from: At<T> | undefined, until: At<T> | undefined, isHold: boolean): Between<T> | undefined {
  if (!from || !until || until.atMs <= from.atMs) return undefined;
  return { from: from.reading, until: until.reading, seconds: (until.atMs - from.atMs) / 1000, isHold };
}
