/**
 * Which slot holds a session: open addressing over the sid's first word (sids are random), deletion by moving later
 * entries up. 4 to 8 bytes a slot; it never grows, because there are never more sessions than slots.
 */
export class SessionIndex {
  readonly #sids: Uint8Array;
  readonly #mask: number;
  /** Slot plus 1, 0 for a free bucket. */
  readonly #buckets: Int32Array;
  #size = 0;

  /** `sids` holds 16 bytes a slot and is written by the caller before insert() and kept until remove(). */
  constructor(sids: Uint8Array) {
    this.#sids = sids;
    const slots = sids.length / 16;
    const buckets = 2 ** Math.ceil(Math.log2(Math.max(16, slots * 1.5)));
    this.#mask = buckets - 1;
    this.#buckets = new Int32Array(buckets);
  }

  get size(): number {
    return this.#size;
  }

  /** The slot whose session has this sid, or -1. */
  find(sid: Uint8Array, sidAt: number): number {
    let bucket = this.#home(sid, sidAt);
    for (let entry = this.#buckets[bucket]!; entry !== 0; entry = this.#buckets[bucket]!) {
      if (this.#isEqual(entry - 1, sid, sidAt)) return entry - 1;
      bucket = (bucket + 1) & this.#mask;
    }
    return -1;
  }

  /** True when this slot is in the index. */
  holds(slot: number): boolean {
    return this.find(this.#sids, slot * 16) === slot;
  }

  /** Adds the slot under its sid, which is not in the index. */
  insert(slot: number): void {
    let bucket = this.#home(this.#sids, slot * 16);
    while (this.#buckets[bucket] !== 0) bucket = (bucket + 1) & this.#mask;
    this.#buckets[bucket] = slot + 1;
    this.#size++;
  }

  /** Takes the slot out, which is in the index. */
  remove(slot: number): void {
    const buckets = this.#buckets;
    const mask = this.#mask;
    let hole = this.#home(this.#sids, slot * 16);
    while (buckets[hole] !== slot + 1) hole = (hole + 1) & mask;
    for (let next = (hole + 1) & mask; buckets[next] !== 0; next = (next + 1) & mask) {
      const home = this.#home(this.#sids, (buckets[next]! - 1) * 16);
      // It may fill the hole only if the hole lies on its way from home.
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      buckets[hole] = buckets[next]!;
      hole = next;
    }
    buckets[hole] = 0;
    this.#size--;
  }

  #home(sid: Uint8Array, at: number): number {
    return (sid[at]! | (sid[at + 1]! << 8) | (sid[at + 2]! << 16) | (sid[at + 3]! << 24)) & this.#mask;
  }

  #isEqual(slot: number, sid: Uint8Array, at: number): boolean {
    for (let i = 0; i < 16; i++) if (this.#sids[slot * 16 + i] !== sid[at + i]) return false;
    return true;
  }
}
