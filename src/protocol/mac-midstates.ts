import { absorb, beginMac, deriveMidstates, finishMac, writeWords } from './hmac.js';
import type { MacTable } from './mac-table.js';

// Of this module, so that V8 folds it.
const MAC_MIDSTATE_WORDS = 16;

/** Tags over stored midstates: one Int32Array, 64 bytes a row, no allocation after construction. */
export class MidstateMacTable implements MacTable {
  readonly #mids: Int32Array;

  constructor(rows: number) {
    this.#mids = new Int32Array(rows * MAC_MIDSTATE_WORDS);
  }

  setKey(row: number, key: Uint8Array, keyAt: number): void {
    deriveMidstates(key, keyAt, keyAt + 32, this.#mids, row * MAC_MIDSTATE_WORDS);
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
    writeWords(this.#digest(row, bytes, s1, e1, s2, e2, extra, s3, e3), 4, out, outAt);
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
    const digest = this.#digest(row, bytes, s1, e1, s2, e2, extra, s3, e3);
    let difference = 0;
    for (let i = 0, at = tagAt; i < 4; i++, at += 4) {
      difference |= digest[i]! ^ ((tagBytes[at]! << 24) | (tagBytes[at + 1]! << 16) | (tagBytes[at + 2]! << 8) | tagBytes[at + 3]!);
    }
    return difference === 0;
  }

  clear(row: number): void {
    const at = row * MAC_MIDSTATE_WORDS;
    this.#mids.fill(0, at, at + MAC_MIDSTATE_WORDS);
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
  ): Int32Array {
    const mids = this.#mids;
    const at = row * MAC_MIDSTATE_WORDS;
    beginMac(mids, at);
    absorb(bytes, s1, e1);
    if (e2 > s2) absorb(bytes, s2, e2);
    if (extra !== null) absorb(extra, s3, e3);
    return finishMac(mids, at);
  }
}
