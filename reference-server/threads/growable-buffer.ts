/** Shared memory that takes address space at once and memory as it grows; every thread sees the growth. */
export interface GrowableBuffer extends SharedArrayBuffer {
  readonly maxByteLength: number;
  /** To `byteLength`, at most maxByteLength; never smaller. */
  grow(byteLength: number): void;
}

/** ECMAScript 2024; Node has it from 20 on, the ES2023 library of the compiler does not name it. */
const Growable = SharedArrayBuffer as unknown as new (byteLength: number, options: { maxByteLength: number }) => GrowableBuffer;

/** An empty one. */
export function growableBuffer(maxByteLength: number): GrowableBuffer {
  return new Growable(0, { maxByteLength });
}
