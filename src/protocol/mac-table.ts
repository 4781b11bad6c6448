/**
 * The one MAC of the wire, HMAC-SHA-256 (RFC 2104) cut to its first 128 bits, for many keys addressed by row,
 * 0 .. rows - 1. The message of a tag is up to three segments, joined with nothing between them: bytes[s1..e1),
 * bytes[s2..e2) and extra[s3..e3). An empty segment has start = end, and extra may be null. The caller answers for
 * ranges inside the arrays: a range beyond the end reads as zeroes.
 */
export interface MacTable {
  /** Stores the 32-byte key at key[keyAt..keyAt + 32). */
  setKey(row: number, key: Uint8Array, keyAt: number): void;
  /** Writes the 16 bytes of the tag to out[outAt..]. */
  tag(
    row: number,
    bytes: Uint8Array,
    s1: number,
    e1: number,
    s2: number,
    e2: number,
    extra: Uint8Array | null,
    s3: number,
    e3: number,
    out: Uint8Array,
    outAt: number,
  ): void;
  /** True when tagBytes[tagAt..tagAt + 16) is the tag; takes the same time wherever it differs. */
  verify(
    row: number,
    bytes: Uint8Array,
    s1: number,
    e1: number,
    s2: number,
    e2: number,
    extra: Uint8Array | null,
    s3: number,
    e3: number,
    tagBytes: Uint8Array,
    tagAt: number,
  ): boolean;
  /** Forgets the key of a row. A row without a key is all zeroes, which anyone can sign for: ask your own state before verify(). */
  clear(row: number): void;
}
