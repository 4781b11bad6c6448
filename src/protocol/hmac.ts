/** HMAC-SHA-256 (RFC 2104) over stored midstates: a key is 16 words, the inner state and the outer state. */
import { BLOCK_BYTES, compress, DIGEST_BYTES, initialState, loadBlock, STATE_WORDS } from './sha256.js';

/** Words of one key's midstates: 8 inner, 8 outer. */
export const MAC_MIDSTATE_WORDS = 16;

const INNER_PAD = 0x36363636;
const OUTER_PAD = 0x5c5c5c5c;

// One thread computes one MAC at a time, so the working memory is shared by all of them.
const words = new Int32Array(16);
const state = new Int32Array(STATE_WORDS);
const keyBlock = new Uint8Array(BLOCK_BYTES);
const block = new Uint8Array(BLOCK_BYTES);
let filled = 0;
let absorbed = 0;

/** Writes the 16 midstate words of key[keyStart..keyEnd) to mids[at..]. A key longer than 64 bytes is hashed first. */
export function deriveMidstates(key: Uint8Array, keyStart: number, keyEnd: number, mids: Int32Array, at: number): void {
  keyBlock.fill(0);
  if (keyEnd - keyStart > BLOCK_BYTES) {
    sha256(key, keyStart, keyEnd, keyBlock, 0);
  } else {
    for (let i = keyStart; i < keyEnd; i++) keyBlock[i - keyStart] = key[i]!;
  }
  initialState(state, 0);
  loadBlock(words, keyBlock, 0);
  for (let i = 0; i < 16; i++) words[i] = words[i]! ^ INNER_PAD;
  compress(state, 0, words, mids, at);
  for (let i = 0; i < 16; i++) words[i] = words[i]! ^ INNER_PAD ^ OUTER_PAD;
  compress(state, 0, words, mids, at + STATE_WORDS);
}

/** Starts the inner hash of the key at mids[at..]. Follow with absorb() for each segment and finishMac(). */
export function beginMac(mids: Int32Array, at: number): void {
  for (let i = 0; i < STATE_WORDS; i++) state[i] = mids[at + i]!;
  filled = 0;
  absorbed = BLOCK_BYTES;
}

/** Adds bytes[start..end) to the message. */
export function absorb(bytes: Uint8Array, start: number, end: number): void {
  absorbed += end - start;
  let have = filled;
  let at = start;
  if (have > 0 || end - start < BLOCK_BYTES) {
    const take = Math.min(BLOCK_BYTES - have, end - at);
    for (let i = 0; i < take; i++) block[have + i] = bytes[at + i]!;
    at += take;
    have += take;
    if (have < BLOCK_BYTES) {
      filled = have;
      return;
    }
    loadBlock(words, block, 0);
    compress(state, 0, words, state, 0);
  }
  for (; end - at >= BLOCK_BYTES; at += BLOCK_BYTES) {
    loadBlock(words, bytes, at);
    compress(state, 0, words, state, 0);
  }
  have = end - at;
  for (let i = 0; i < have; i++) block[i] = bytes[at + i]!;
  filled = have;
}

/** Pads and folds what is left: the SHA-256 digest then stands in `state`. */
function finishHash(): void {
  block[filled] = 0x80;
  for (let i = filled + 1; i < BLOCK_BYTES; i++) block[i] = 0;
  loadBlock(words, block, 0);
  if (filled >= BLOCK_BYTES - 8) {
    compress(state, 0, words, state, 0);
    words.fill(0);
  }
  // The length in bits, 64 bits big-endian.
  words[14] = Math.floor(absorbed / 0x20000000);
  words[15] = absorbed << 3;
  compress(state, 0, words, state, 0);
}

/**
 * Ends the MAC begun with the key at mids[at..]: its eight words, big-endian, stand in the returned array until the next
 * MAC is begun.
 */
export function finishMac(mids: Int32Array, at: number): Int32Array {
  finishHash();
  for (let i = 0; i < STATE_WORDS; i++) words[i] = state[i]!;
  words[8] = 0x80000000 | 0;
  for (let i = 9; i < 15; i++) words[i] = 0;
  words[15] = (BLOCK_BYTES + DIGEST_BYTES) * 8;
  compress(mids, at + STATE_WORDS, words, state, 0);
  return state;
}

/** Writes the first `count` words of a digest as bytes. */
export function writeWords(digest: Int32Array, count: number, out: Uint8Array, outAt: number): void {
  for (let i = 0, at = outAt; i < count; i++, at += 4) {
    const word = digest[i]!;
    out[at] = word >>> 24;
    out[at + 1] = word >>> 16;
    out[at + 2] = word >>> 8;
    out[at + 3] = word;
  }
}

/** The whole MAC of bytes[start..end) under the key at mids[at..]: 32 bytes to out[outAt..]. */
export function hmacSha256(
  mids: Int32Array,
  at: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  outAt: number,
): void {
  beginMac(mids, at);
  absorb(bytes, start, end);
  writeWords(finishMac(mids, at), STATE_WORDS, out, outAt);
}

/** SHA-256 (FIPS 180-4) of bytes[start..end): 32 bytes to out[outAt..]. */
export function sha256(bytes: Uint8Array, start: number, end: number, out: Uint8Array, outAt: number): void {
  initialState(state, 0);
  filled = 0;
  absorbed = 0;
  absorb(bytes, start, end);
  finishHash();
  writeWords(state, STATE_WORDS, out, outAt);
}
