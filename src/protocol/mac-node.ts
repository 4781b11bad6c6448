import { createHmac, timingSafeEqual } from 'node:crypto';
import type { MacTable } from './mac-table.js';

const KEY_BYTES = 32;
const TAG_BYTES = 16;

/** The same tags from node:crypto (GWRK_CRYPTO=node): slower, and it allocates; the keys themselves are kept, 32 bytes a row. */
export class NodeMacTable implements MacTable {
  readonly #keys: Uint8Array;

  constructor(rows: number) {
    this.#keys = new Uint8Array(rows * KEY_BYTES);
  }

  setKey(row: number, key: Uint8Array, keyAt: number): void {
    this.#keys.set(key.subarray(keyAt, keyAt + KEY_BYTES), row * KEY_BYTES);
  }

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
  ): void {
    out.set(this.#digest(row, bytes, s1, e1, s2, e2, extra, s3, e3), outAt);
  }

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
  ): boolean {
    const expected = this.#digest(row, bytes, s1, e1, s2, e2, extra, s3, e3);
    return timingSafeEqual(expected, tagBytes.subarray(tagAt, tagAt + TAG_BYTES));
  }

  clear(row: number): void {
    this.#keys.fill(0, row * KEY_BYTES, (row + 1) * KEY_BYTES);
  }

  #digest(
    row: number,
    bytes: Uint8Array,
    s1: number,
    e1: number,
    s2: number,
    e2: number,
    extra: Uint8Array | null,
    s3: number,
    e3: number,
  ): Uint8Array {
    const hmac = createHmac('sha256', this.#keys.subarray(row * KEY_BYTES, (row + 1) * KEY_BYTES));
    hmac.update(bytes.subarray(s1, e1)).update(bytes.subarray(s2, e2));
    if (extra !== null) hmac.update(extra.subarray(s3, e3));
    return hmac.digest().subarray(0, TAG_BYTES);
  }
}
