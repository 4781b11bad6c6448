/**
 * A small seeded generator: Mulberry32 over one 32-bit state. Equal seeds give equal sequences on every machine.
 * Not for secrets.
 */
export class Prng {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer, uniform in 0 .. 2^32 - 1. */
  nextU32(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return (z ^ (z >>> 14)) >>> 0;
  }

  /** A number, uniform in [0, 1). */
  next(): number {
    return this.nextU32() / 4294967296;
  }

  /** An integer, uniform in [low, high], both ends included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }
}
