import { libc } from './libc.js';

const MAP_SHARED = 1;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const MAP_POPULATE = 0x8000;

/** Page-aligned memory that the kernel may read and write. Its address is kept as two halves: entries hold 64-bit addresses. */
export interface Memory {
  readonly buffer: ArrayBuffer;
  readonly address: bigint;
  readonly low: number;
  readonly high: number;
  readonly bytes: number;
}

function describe(mapping: { buffer: ArrayBuffer; address: bigint }, bytes: number): Memory {
  return {
    buffer: mapping.buffer,
    address: mapping.address,
    low: Number(mapping.address & 0xffffffffn),
    high: Number(mapping.address >> 32n),
    bytes,
  };
}

/** Zeroed memory of this process; pages are taken only when touched. */
export function allocate(bytes: number): Memory {
  return describe(libc().map(bytes, MAP_PRIVATE_ANONYMOUS, -1, 0), bytes);
}

/** A window on memory that the kernel shares through a descriptor (the queues of a ring). */
export function mapDescriptor(fd: number, bytes: number, offset: number): Memory {
  return describe(libc().map(bytes, MAP_SHARED | MAP_POPULATE, fd, offset), bytes);
}

export function release(memory: Memory): void {
  libc().unmap(memory.address, memory.bytes);
}
