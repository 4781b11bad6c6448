import { copyBytes } from '../protocol/bytes.js';
import { MAX_VALUE_BYTES } from '../scenario/feeder.js';

/** Sizes of slots: 16 bytes, 32, ... up to the longest value. */
const FIRST_SLOT_BITS = 4;
const CLASSES = Math.log2(MAX_VALUE_BYTES) - FIRST_SLOT_BITS + 1;
const SLAB_BYTES = 262_144;
const NO_SLOT = -1;

/** Slots of one size, in slabs that are added as they are needed. */
class SlotClass {
  readonly slabs: Uint8Array[] = [];
  readonly bits: number;
  readonly #slotsASlabBits: number;
  /** Free slots as a list: each holds the number of the next. */
  #next = new Int32Array(1024);
  #free = NO_SLOT;
  #used = 0;

  constructor(bits: number) {
    this.bits = bits;
    this.#slotsASlabBits = Math.log2(SLAB_BYTES) - bits;
  }

  take(): number {
    if (this.#free !== NO_SLOT) {
      const slot = this.#free;
      this.#free = this.#next[slot]!;
      return slot;
    }
    const slot = this.#used++;
    if (this.slabOf(slot) === this.slabs.length) this.slabs.push(new Uint8Array(SLAB_BYTES));
    return slot;
  }

  give(slot: number): void {
    if (slot >= this.#next.length) {
      const larger = new Int32Array(Math.max(this.#next.length * 2, slot + 1));
      larger.set(this.#next);
      this.#next = larger;
    }
    this.#next[slot] = this.#free;
    this.#free = slot;
  }

  slabOf(slot: number): number {
    return slot >>> this.#slotsASlabBits;
  }

  startOf(slot: number): number {
    return (slot & ((1 << this.#slotsASlabBits) - 1)) << this.bits;
  }
}

/** Values of clients, of a few bytes to a few thousand: eight bytes a row and name, and a slot of fitting size for each value that is there. */
export class ValueSlabs {
  /** After find() returned true: the value is bytes[start..end). */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  isBare = false;
  readonly #rows: number;
  /** By name, then by row: slot plus one, 0 for none; and the class of the slot in four bits, a bit for bare, the length above them. */
  readonly #slots: readonly Int32Array[];
  readonly #shapes: readonly Uint32Array[];
  readonly #classes: readonly SlotClass[];

  constructor(rows: number, names: number) {
    this.#rows = rows;
    this.#slots = Array.from({ length: names }, () => new Int32Array(rows));
    this.#shapes = Array.from({ length: names }, () => new Uint32Array(rows));
    this.#classes = Array.from({ length: CLASSES }, (_, index) => new SlotClass(index + FIRST_SLOT_BITS));
  }

  find(name: number, row: number): boolean {
    const slot = this.#slots[name]![row]! - 1;
    if (slot < 0) return false;
    const shape = this.#shapes[name]![row]!;
    const slots = this.#classes[shape & 15]!;
    this.bytes = slots.slabs[slots.slabOf(slot)]!;
    this.start = slots.startOf(slot);
    this.end = this.start + (shape >>> 5);
    this.isBare = (shape & 16) !== 0;
    return true;
  }

  /** Keeps from[start..end), at most MAX_VALUE_BYTES, in place of what was there. */
  set(name: number, row: number, from: Uint8Array, start: number, end: number, isBare: boolean): void {
    const length = end - start;
    const wanted = Math.max(0, 32 - Math.clz32(Math.max(0, length - 1)) - FIRST_SLOT_BITS);
    const before = this.#slots[name]![row]! - 1;
    let slot = before;
    if (before < 0 || (this.#shapes[name]![row]! & 15) !== wanted) {
      if (before >= 0) this.#classes[this.#shapes[name]![row]! & 15]!.give(before);
      slot = this.#classes[wanted]!.take();
      this.#slots[name]![row] = slot + 1;
    }
    this.#shapes[name]![row] = (length << 5) | (isBare ? 16 : 0) | wanted;
    const slots = this.#classes[wanted]!;
    copyBytes(from, start, end, slots.slabs[slots.slabOf(slot)]!, slots.startOf(slot));
  }

  /** Another client uses this row from now on. */
  clear(row: number): void {
    if (row >= this.#rows) return;
    for (let name = 0; name < this.#slots.length; name++) {
      const slot = this.#slots[name]![row]! - 1;
      if (slot < 0) continue;
      this.#classes[this.#shapes[name]![row]! & 15]!.give(slot);
      this.#slots[name]![row] = 0;
    }
  }
}
