/** Most broadcasts that can be under way at once, over all workers. */
export const DELIVERY_SLOTS = 65_536;
/** A key may stand in any of so many slots beside one another: a look at all of them finds it, and nothing has to be moved. */
const WAYS = 16;
const HEADER = 16;
const OPEN = 0;
const LEFT = 1;

/**
 * What a slot's word says: how many have received the message, that the slot is in use, and how often it has been used, so
 * that a count that comes too late cannot fall on the next message.
 */
const COUNT_MASK = 0xfffff;
const CLAIMED = 1 << 20;
const ACTIVE = 1 << 21;
const LIFE = 1 << 22;

/** What open() returns instead of a slot. */
export const NO_ROOM = -1;
export const KEY_IN_USE = -2;
/** What receive() returns instead of a time. */
export const UNKNOWN = -1;
export const OWN_COPY = -2;
export const TOO_LATE = -3;

/** Most receivers of one message that can be counted. */
export const MOST_RECEIVERS = COUNT_MASK;

/**
 * Broadcasts under way, in memory that all workers share: a message is found by a key of 64 bits that stands in it, whichever
 * worker sent it. Workers are threads of one process, so the times of all of them are of one clock. Whoever opened a slot
 * settles it; everybody counts into it, without locks.
 */
export class DeliveryTable {
  /** Bytes that the buffer must have. */
  static readonly byteLength = 4 * HEADER + DELIVERY_SLOTS * (8 * 4 + 2 * 8);

  /** After settle(): what it found. */
  received = 0;
  expected = 0;
  /** From the first receipt to the last, us. */
  spreadUs = 0;
  /** Clients that left of their own accord meanwhile. */
  left = 0;

  readonly #header: Int32Array;
  readonly #word: Int32Array;
  readonly #keyLow: Int32Array;
  readonly #keyHigh: Int32Array;
  readonly #sender: Int32Array;
  readonly #expected: Int32Array;
  readonly #leftBefore: Int32Array;
  /** Since the intended send, us, plus 1; 0: nobody yet. */
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  readonly #intendedUs: Float64Array;
  readonly #deadlineUs: Float64Array;

  constructor(buffer: SharedArrayBuffer) {
    if (buffer.byteLength < DeliveryTable.byteLength)
      throw new RangeError(`a delivery table needs ${DeliveryTable.byteLength} bytes, not ${buffer.byteLength}`);
    this.#header = new Int32Array(buffer, 0, HEADER);
    let offset = 4 * HEADER;
    const doubles = (): Float64Array => {
      offset += DELIVERY_SLOTS * 8;
      return new Float64Array(buffer, offset - DELIVERY_SLOTS * 8, DELIVERY_SLOTS);
    };
    const words = (): Int32Array => {
      offset += DELIVERY_SLOTS * 4;
      return new Int32Array(buffer, offset - DELIVERY_SLOTS * 4, DELIVERY_SLOTS);
    };
    this.#intendedUs = doubles();
    this.#deadlineUs = doubles();
    this.#word = words();
    this.#keyLow = words();
    this.#keyHigh = words();
    this.#sender = words();
    this.#expected = words();
    this.#leftBefore = words();
    this.#first = words();
    this.#last = words();
  }

  /** Connections that can receive broadcasts now, over all workers. */
  get openConnections(): number {
    return Atomics.load(this.#header, OPEN);
  }

  connectionOpened(): void {
    Atomics.add(this.#header, OPEN, 1);
  }

  /** `isWanted`: the client itself ended it, so nobody can expect that it still receives. */
  connectionEnded(isWanted: boolean): void {
    Atomics.sub(this.#header, OPEN, 1);
    if (isWanted) Atomics.add(this.#header, LEFT, 1);
  }

  /** Notes a message that is about to be sent. Returns its slot, NO_ROOM, or KEY_IN_USE while another message has that key. */
  open(keyLow: number, keyHigh: number, sender: number, expected: number, intendedUs: number, deadlineUs: number): number {
    const word = this.#word;
    const first = firstSlotOf(keyLow, keyHigh);
    let slot = NO_ROOM;
    for (let at = first; at < first + WAYS; at++) {
      const state = Atomics.load(word, at);
      if ((state & ACTIVE) !== 0) {
        if (this.#keyLow[at] === (keyLow | 0) && this.#keyHigh[at] === (keyHigh | 0)) return KEY_IN_USE;
      } else if (slot === NO_ROOM && (state & CLAIMED) === 0 && Atomics.compareExchange(word, at, state, state | CLAIMED) === state)
        slot = at;
    }
    if (slot === NO_ROOM) return NO_ROOM;
    this.#keyLow[slot] = keyLow;
    this.#keyHigh[slot] = keyHigh;
    this.#sender[slot] = sender;
    this.#expected[slot] = expected;
    this.#leftBefore[slot] = Atomics.load(this.#header, LEFT);
    this.#first[slot] = 0;
    this.#last[slot] = 0;
    this.#intendedUs[slot] = intendedUs;
    this.#deadlineUs[slot] = deadlineUs;
    Atomics.store(word, slot, ((Atomics.load(word, slot) & ~(COUNT_MASK | CLAIMED)) + LIFE) | ACTIVE);
    return slot;
  }

  /** A message with this key has come to `receiver`. Returns the time since its intended send in us; or UNKNOWN, OWN_COPY, TOO_LATE. */
  receive(keyLow: number, keyHigh: number, receiver: number, nowUs: number): number {
    const word = this.#word;
    const first = firstSlotOf(keyLow, keyHigh);
    for (let slot = first; slot < first + WAYS; slot++) {
      if (this.#keyLow[slot] !== (keyLow | 0) || this.#keyHigh[slot] !== (keyHigh | 0)) continue;
      let state = Atomics.load(word, slot);
      if ((state & ACTIVE) === 0) continue;
      if (this.#sender[slot] === receiver) return OWN_COPY;
      if (nowUs > this.#deadlineUs[slot]!) return TOO_LATE;
      const sinceUs = Math.max(0, nowUs - this.#intendedUs[slot]!);
      this.#stretch(slot, Math.min(Math.floor(sinceUs) + 1, 0x7fffffff));
      const life = state & ~COUNT_MASK;
      while ((state & COUNT_MASK) < COUNT_MASK) {
        const found = Atomics.compareExchange(word, slot, state, state + 1);
        if (found === state) return sinceUs;
        if ((found & ~COUNT_MASK) !== life) return TOO_LATE; // settled meanwhile
        state = found;
      }
      return sinceUs;
    }
    return UNKNOWN;
  }

  deadlineUs(slot: number): number {
    return this.#deadlineUs[slot]!;
  }

  /** Frees a slot; received, expected, spreadUs and left say what became of its message. */
  settle(slot: number): void {
    const word = this.#word;
    let state = Atomics.load(word, slot);
    for (;;) {
      const found = Atomics.compareExchange(word, slot, state, state & ~(COUNT_MASK | ACTIVE));
      if (found === state) break;
      state = found;
    }
    this.received = state & COUNT_MASK;
    this.expected = this.#expected[slot]!;
    this.spreadUs = this.#last[slot]! - this.#first[slot]!;
    this.left = Atomics.load(this.#header, LEFT) - this.#leftBefore[slot]!;
  }

  /** Widens the span of receipts so that it holds this one. */
  #stretch(slot: number, since: number): void {
    for (let held = Atomics.load(this.#first, slot); held === 0 || since < held; ) {
      const found = Atomics.compareExchange(this.#first, slot, held, since);
      if (found === held) break;
      held = found;
    }
    for (let held = Atomics.load(this.#last, slot); since > held; ) {
      const found = Atomics.compareExchange(this.#last, slot, held, since);
      if (found === held) break;
      held = found;
    }
  }
}

function firstSlotOf(keyLow: number, keyHigh: number): number {
  let hash = Math.imul(keyLow ^ Math.imul(keyHigh, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) & (DELIVERY_SLOTS / WAYS - 1)) * WAYS;
}
