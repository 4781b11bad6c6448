/**
 * Which gateway thread has the connection of each session, so that a newer connection on another thread can take the session over
 * (ruling 30). One Int32 a row of SessionTable, in memory that all gateway threads share: a count of the claims, and the thread of
 * the last one plus 1, 0 once its connection ended.
 *
 * Whoever claims last has the session; the thread that had it before is sent word with the number of the claim, and closes its
 * connection if that is from an older claim. So it does not matter in which order claims and word of them meet.
 */
const THREAD_BITS = 7;
const THREAD_MASK = (1 << THREAD_BITS) - 1;

/** Says to `thread` that the session of these 16 bytes is claimed by another one. */
export type TakeoverSender = (thread: number, sid: Uint8Array, claim: number) => void;

interface Takeover {
  readonly thread: number;
  readonly sid: Uint8Array;
  readonly claim: number;
}

export class SessionTakeovers {
  readonly #words: Int32Array;
  readonly #thread: number;
  readonly #send: TakeoverSender;
  /** By slot: row plus 1 of the session it claimed, 0 for none, and the number of that claim. */
  readonly #rows: Int32Array;
  readonly #claims: Int32Array;
  /** Claimed in this turn of the loop, and in the one before. */
  #fresh: Takeover[] = [];
  #due: Takeover[] = [];

  static bytesFor(sessions: number): number {
    return sessions * 4;
  }

  /** `thread` is the own number, `slots` the connections that this thread may hold. */
  constructor(buffer: SharedArrayBuffer, thread: number, slots: number, send: TakeoverSender) {
    this.#words = new Int32Array(buffer);
    this.#thread = thread;
    this.#send = send;
    this.#rows = new Int32Array(slots);
    this.#claims = new Int32Array(slots);
  }

  /** The connection of this slot has the session of this row from now on. */
  claim(slot: number, row: number, sid: Uint8Array): void {
    const words = this.#words;
    let old = Atomics.load(words, row);
    let claim = next(old);
    for (;;) {
      const found = Atomics.compareExchange(words, row, old, (claim << THREAD_BITS) | (this.#thread + 1));
      if (found === old) break;
      old = found;
      claim = next(old);
    }
    this.#rows[slot] = row + 1;
    this.#claims[slot] = claim;
    const thread = (old & THREAD_MASK) - 1;
    if (thread >= 0 && thread !== this.#thread) this.#fresh.push({ thread, sid: sid.slice(0, 16), claim });
  }

  /** The connection of this slot is over. */
  release(slot: number): void {
    const row = this.#rows[slot]! - 1;
    if (row < 0) return;
    this.#rows[slot] = 0;
    const claim = this.#claims[slot]!;
    Atomics.compareExchange(this.#words, row, (claim << THREAD_BITS) | (this.#thread + 1), claim << THREAD_BITS);
  }

  /** True when the slot's claim is older than this one. */
  isBefore(slot: number, claim: number): boolean {
    // Claims wrap: the difference, sign-extended from as many bits as they have.
    return (this.#claims[slot]! - claim) << THREAD_BITS < 0;
  }

  /**
   * Sends word of the claims of earlier turns: by then the newer connection's AUTH_OK is with the kernel, so no client hears that
   * it fell before it hears that it stands. True when there is more to send at the next turn.
   */
  turn(): boolean {
    if (this.#due.length > 0) {
      for (const { thread, sid, claim } of this.#due) this.#send(thread, sid, claim);
      this.#due = [];
    }
    if (this.#fresh.length === 0) return false;
    [this.#due, this.#fresh] = [this.#fresh, this.#due];
    return true;
  }
}

/** The number of the claim behind the one in this word. */
function next(word: number): number {
  return ((word >>> THREAD_BITS) + 1) & (0xffff_ffff >>> THREAD_BITS);
}
