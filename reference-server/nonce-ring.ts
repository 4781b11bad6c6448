/** Entries of a ring: 5 operations in 10 s are at most 300 in the 600 s that an entry lives. */
const ENTRIES = 320;
const LIFETIME_US = 600_000_000;
const RINGS_PER_SLAB = 16;

/**
 * Rings of the nonces of critical operations with their answers, so that one sent again gets its first answer and is not
 * run twice. A ring is 4.5 KB and exists only for sessions that sign; rings come from slabs and go back to a free list.
 */
export class NonceRings {
  readonly #low: Uint32Array[] = [];
  readonly #high: Uint32Array[] = [];
  readonly #codes: Uint16Array[] = [];
  readonly #timesUs: Float64Array[] = [];
  /** Where the next entry goes, and how many there are, by ring. */
  readonly #heads: number[] = [];
  readonly #counts: number[] = [];
  readonly #free: number[] = [];

  /** Rings handed out and not released. */
  get inUse(): number {
    return this.#heads.length - this.#free.length;
  }

  /** An empty ring. */
  allocate(): number {
    if (this.#free.length === 0) this.#addSlab();
    return this.#free.pop()!;
  }

  release(ring: number): void {
    this.#heads[ring] = 0;
    this.#counts[ring] = 0;
    this.#free.push(ring);
  }

  /** The stored code of a nonce, given as two u32, or -1 when it is unknown or older than 600 s. */
  find(ring: number, low: number, high: number, nowUs: number): number {
    const entry = this.#indexOf(ring, low, high, nowUs);
    return entry < 0 ? -1 : this.#codes[ring >>> 4]![entry]!;
  }

  /** Stores an answer; the oldest entry of a full ring goes. */
  store(ring: number, low: number, high: number, code: number, nowUs: number): void {
    const slab = ring >>> 4;
    const head = this.#heads[ring]!;
    const entry = this.#base(ring) + head;
    this.#low[slab]![entry] = low;
    this.#high[slab]![entry] = high;
    this.#codes[slab]![entry] = code;
    this.#timesUs[slab]![entry] = nowUs;
    this.#heads[ring] = (head + 1) % ENTRIES;
    this.#counts[ring] = Math.min(ENTRIES, this.#counts[ring]! + 1);
  }

  /** Forgets the entries older than this nonce's; nothing when it is unknown. */
  dropOlder(ring: number, low: number, high: number, nowUs: number): void {
    const entry = this.#indexOf(ring, low, high, nowUs);
    if (entry < 0) return;
    const position = entry - this.#base(ring);
    this.#counts[ring] = ((this.#heads[ring]! - position - 1 + ENTRIES) % ENTRIES) + 1;
  }

  /** From the newest to the oldest, because a resend is usually of the last one. */
  #indexOf(ring: number, low: number, high: number, nowUs: number): number {
    const slab = ring >>> 4;
    const lows = this.#low[slab]!;
    const highs = this.#high[slab]!;
    const times = this.#timesUs[slab]!;
    const base = this.#base(ring);
    let position = this.#heads[ring]!;
    for (let left = this.#counts[ring]!; left > 0; left--) {
      position = position === 0 ? ENTRIES - 1 : position - 1;
      const entry = base + position;
      if (nowUs - times[entry]! > LIFETIME_US) return -1;
      if (lows[entry] === low && highs[entry] === high) return entry;
    }
    return -1;
  }

  #base(ring: number): number {
    return (ring & (RINGS_PER_SLAB - 1)) * ENTRIES;
  }

  #addSlab(): void {
    const entries = RINGS_PER_SLAB * ENTRIES;
    const first = this.#heads.length;
    this.#low.push(new Uint32Array(entries));
    this.#high.push(new Uint32Array(entries));
    this.#codes.push(new Uint16Array(entries));
    this.#timesUs.push(new Float64Array(entries));
    for (let ring = first + RINGS_PER_SLAB - 1; ring >= first; ring--) this.#free.push(ring);
    for (let i = 0; i < RINGS_PER_SLAB; i++) {
      this.#heads.push(0);
      this.#counts.push(0);
    }
  }
}
