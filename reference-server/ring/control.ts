/**
 * The words that both ends of a ring share, in front of its data. What the producer writes and what the consumer writes lie
 * in cache lines of their own, so that neither end takes the other's line away by writing.
 *
 * Positions count up for ever, modulo 2^32; a position's place in the data is its low bits (capacity is a power of two), and
 * `(tail - head) | 0` is how much lies between, also when one of them has wrapped around.
 *
 * Order in memory, the one thing that makes a ring without locks right: the producer writes a record and then stores the
 * tail; whoever loads that tail sees the record. The consumer reads a record and then stores the head; whoever loads that head
 * may write over it. Both stores and both loads are Atomics, which are sequentially consistent (ECMA-262, section 29).
 */

/** Index: up to here everything is written. Stored by the producer. */
export const TAIL = 0;
/** Indices: most entries that ever waited, and entries that found no room. Written by the producer alone. */
export const HIGH_WATER = 1;
export const REFUSED = 2;
/** Index: up to here everything is read. Stored by the consumer. */
export const HEAD = 16;
export const CONTROL_INTS = 32;
export const CONTROL_BYTES = CONTROL_INTS * 4;

/** What lies between tail and head of a ring at this moment: slots of a SlotRing, bytes of a RecordRing. Any thread may ask. */
export function ringDepth(control: Int32Array): number {
  return (Atomics.load(control, TAIL) - Atomics.load(control, HEAD)) | 0;
}

/** Throws a RangeError unless `capacity` is a power of two within the bounds. */
export function requirePowerOfTwo(capacity: number, least: number, most: number): void {
  if (Number.isInteger(capacity) && capacity >= least && capacity <= most && (capacity & (capacity - 1)) === 0) return;
  throw new RangeError(`capacity ${capacity}: a power of two from ${least} to ${most} is needed`);
}
