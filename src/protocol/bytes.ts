/** Little-endian integers on plain bytes, one byte at a time: fields of the wire are not aligned. */

export function readU16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

export function readU32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

export function readI32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** A u64 as a number: exact below 2^53, rounded above. */
export function readU64(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) + readU32(bytes, at + 4) * 4294967296;
}

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}

/** Writes the low 32 bits of an integer; negative ones in two's complement, so it serves i32 too. */
export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** Writes a whole number in 0 .. 2^53 - 1. */
export function writeU64(bytes: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / 4294967296);
  writeU32(bytes, at, value - high * 4294967296);
  writeU32(bytes, at + 4, high);
}

/**
 * Copies from[start..end) to `to` at `at` and returns the end of the copy. Short fields are copied here and not by set(),
 * which needs a view object a call.
 */
export function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  const length = end - start;
  if (length > 512) {
    to.set(from.subarray(start, end), at);
    return at + length;
  }
  for (let i = 0; i < length; i++) to[at + i] = from[start + i]!;
  return at + length;
}
