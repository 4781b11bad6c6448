/** MACs as the rest of the program uses them: the implementation is chosen once, by GWRK_CRYPTO. */
import { createHmac } from 'node:crypto';
import { USE_NODE_CRYPTO } from './crypto-choice.js';
import { absorb, beginMacBehind, deriveMidstates, finishMac, foldFirstBlock, hmacSha256, MAC_MIDSTATE_WORDS, writeWords } from './hmac.js';
import { MidstateMacTable } from './mac-midstates.js';
import { NodeMacTable } from './mac-node.js';
import type { MacTable } from './mac-table.js';

export { deriveMidstates, hmacSha256, MAC_MIDSTATE_WORDS, sha256 } from './hmac.js';
export type { MacTable } from './mac-table.js';

/** A table of `rows` keys, at most 64 bytes a row; memory is touched only where a row is used. */
export function createMacTable(rows: number): MacTable {
  return USE_NODE_CRYPTO ? new NodeMacTable(rows) : new MidstateMacTable(rows);
}

/** Bytes of a block of SHA-256. */
export const FIRST_BLOCK_BYTES = 64;

/** One long-lived key with whole 32-byte MACs: tokens, derived secrets. */
export class HmacKey {
  readonly #mids = new Int32Array(MAC_MIDSTATE_WORDS);
  /** The inner state behind the first block. */
  readonly #behind = new Int32Array(8);
  readonly #key: Uint8Array | undefined;

  /** `firstBlock`, 64 bytes, is what the messages of digestBehind() begin with. */
  constructor(key: Uint8Array, firstBlock?: Uint8Array) {
    if (USE_NODE_CRYPTO) this.#key = key.slice();
    deriveMidstates(key, 0, key.length, this.#mids, 0);
    if (firstBlock !== undefined) foldFirstBlock(this.#mids, 0, firstBlock, this.#behind);
  }

  /** Writes the 32 bytes of HMAC-SHA-256(key, bytes[start..end)) to out[outAt..]. */
  digest(bytes: Uint8Array, start: number, end: number, out: Uint8Array, outAt: number): void {
    if (this.#key === undefined) hmacSha256(this.#mids, 0, bytes, start, end, out, outAt);
    else out.set(createHmac('sha256', this.#key).update(bytes.subarray(start, end)).digest(), outAt);
  }

  /** Like digest(), one block cheaper; the caller has made sure that bytes[start..start + 64) is the first block. */
  digestBehind(bytes: Uint8Array, start: number, end: number, out: Uint8Array, outAt: number): void {
    if (this.#key !== undefined) {
      this.digest(bytes, start, end, out, outAt);
      return;
    }
    beginMacBehind(this.#behind);
    absorb(bytes, start + FIRST_BLOCK_BYTES, end);
    writeWords(finishMac(this.#mids, 0), 8, out, outAt);
  }
}
