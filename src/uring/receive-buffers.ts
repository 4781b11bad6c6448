import { IORING_REGISTER_PBUF_RING } from './kernel-constants.js';
import { allocate, type Memory, release } from './memory.js';
import type { Ring } from './ring.js';

/** The bytes that the kernel receives into; shared by every ring of a thread (see BufferRing). */
export interface ReceiveArea {
  readonly memory: Memory;
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly size: number;
}

/** `count` buffers (a power of two, at most 32,768) of `size` bytes. */
export function createReceiveArea(count: number, size: number): ReceiveArea {
  const memory = allocate(count * size);
  return { memory, bytes: new Uint8Array(memory.buffer), count, size };
}

/**
 * A provided-buffer ring (io_uring_register_buf_ring(3)): the kernel picks a buffer for each receive, and each is handed
 * back when its bytes are consumed.
 *
 * Several rings of one thread may offer the same area. With DEFER_TASKRUN a ring receives only inside its own
 * io_uring_enter, and its completions are consumed, and the buffers handed back, before the next ring is entered; so no two
 * rings ever hold the same buffer at once. That keeps receive memory at one area a thread instead of one a ring.
 */
export class BufferRing {
  readonly #words: Uint32Array;
  readonly #halves: Uint16Array;
  readonly #table: Memory;
  readonly #area: ReceiveArea;
  #tail = 0;

  constructor(ring: Ring, area: ReceiveArea, group: number) {
    this.#area = area;
    this.#table = allocate(area.count * 16);
    this.#words = new Uint32Array(this.#table.buffer);
    this.#halves = new Uint16Array(this.#table.buffer);
    const registration = new DataView(new ArrayBuffer(40)); // struct io_uring_buf_reg
    registration.setBigUint64(0, this.#table.address, true);
    registration.setUint32(8, area.count, true);
    registration.setUint16(12, group, true);
    ring.register(IORING_REGISTER_PBUF_RING, new Uint8Array(registration.buffer), 1);
    for (let id = 0; id < area.count; id++) this.give(id);
    this.publish();
  }

  /** Hands buffer `id` back; the kernel sees it after the next publish(). */
  give(id: number): void {
    const slot = this.#tail & (this.#area.count - 1);
    const { low, high } = this.#area.memory;
    const sum = low + id * this.#area.size;
    this.#words[slot * 4] = sum; // wraps to 32 bits by itself
    this.#words[slot * 4 + 1] = high + (sum > 0xffffffff ? 1 : 0);
    this.#words[slot * 4 + 2] = this.#area.size;
    this.#halves[slot * 8 + 6] = id;
    this.#tail = (this.#tail + 1) & 0xffff;
  }

  /** The tail lives in the first entry's spare field. x86-64 and arm64 readers inside our own system call see it in order. */
  publish(): void {
    this.#halves[7] = this.#tail;
  }

  destroy(): void {
    release(this.#table);
  }
}
