/** Critical operations let through in any ten seconds. */
const LIMIT = 5;
const SPAN_US = 10_000_000;

/**
 * At most five critical operations of a user in (now - 10 s, now], over all the connections of that user. A window is the
 * times of the last five, made at a user's first critical operation and kept until none of them counts any more.
 */
export class OpWindows {
  readonly #byUser = new Map<string, number>();
  readonly #users: string[] = [];
  readonly #timesUs: Float64Array[] = [];
  readonly #next: number[] = [];
  /** Connections that use the window. */
  readonly #holders: number[] = [];
  readonly #free: number[] = [];
  /** Windows without a connection, in the order in which they were left, each with the time from which it is empty. */
  readonly #left = new Map<number, number>();

  /** Windows that exist. */
  get inUse(): number {
    return this.#byUser.size;
  }

  /** The window of a user (16 bytes), new or shared; release() gives it back. */
  acquire(user: Uint8Array, userAt: number): number {
    const key = Buffer.from(user.buffer, user.byteOffset + userAt, 16).toString('latin1');
    const known = this.#byUser.get(key);
    if (known !== undefined) {
      this.#holders[known]!++;
      this.#left.delete(known);
      return known;
    }
    const window = this.#free.pop() ?? this.#timesUs.length;
    if (window === this.#timesUs.length) this.#timesUs.push(new Float64Array(LIMIT));
    this.#timesUs[window]!.fill(-Infinity);
    this.#next[window] = 0;
    this.#users[window] = key;
    this.#holders[window] = 1;
    this.#byUser.set(key, window);
    return window;
  }

  release(window: number, nowUs: number): void {
    if (--this.#holders[window]! === 0) this.#left.set(window, nowUs + SPAN_US);
  }

  /** True, and counted, when one more is within the limit. */
  allow(window: number, nowUs: number): boolean {
    const times = this.#timesUs[window]!;
    const next = this.#next[window]!;
    if (times[next]! > nowUs - SPAN_US) return false;
    times[next] = nowUs;
    this.#next[window] = (next + 1) % LIMIT;
    return true;
  }

  /** Frees the windows that no connection uses and in which nothing counts any more. */
  sweep(nowUs: number): void {
    for (const [window, emptyUs] of this.#left) {
      if (emptyUs > nowUs) return;
      this.#left.delete(window);
      this.#byUser.delete(this.#users[window]!);
      this.#free.push(window);
    }
  }
}
