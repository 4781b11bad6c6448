/** HMAC-SHA-256 (RFC 2104) over stored midstates: a key is 16 words, the inner state and the outer state. */
import { compress, compressBytes, initialState } from './sha256.js';

/** Words of one key's midstates: 8 inner, 8 outer. */
export const MAC_MIDSTATE_WORDS = 16;

// Of this module: V8 folds these into the code, but looks up what is imported at each use.
const STATE_WORDS = 8;
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const INNER_PAD = 0x36363636;
const OUTER_PAD = 0x5c5c5c5c;

// One thread computes one MAC at a time, so the working memory is shared by all of them.
const words = new Int32Array(16);
const state = new Int32Array(STATE_WORDS);
const initial = new Int32Array(STATE_WORDS);
initialState(initial, 0);
const keyBytes = new Uint8Array(DIGEST_BYTES);
const block = new Uint8Array(BLOCK_BYTES);
/** The block of the outer hash: the inner digest, the padding and the length of 96 bytes in bits. */
const outer = new Int32Array(16);
outer[8] = 0x80000000 | 0;
outer[15] = (BLOCK_BYTES + DIGEST_BYTES) * 8;
let filled = 0;
let absorbed = 0;

/** Writes the 16 midstate words of key[keyStart..keyEnd) to mids[at..]. A key longer than 64 bytes is hashed first. */
export function deriveMidstates(key: Uint8Array, keyStart: number, keyEnd: number, mids: Int32Array, at: number): void {
  if (keyEnd - keyStart > BLOCK_BYTES) {
    sha256(key, keyStart, keyEnd, keyBytes, 0);
    deriveMidstates(keyBytes, 0, DIGEST_BYTES, mids, at);
    return;
  }
  for (let i = 0; i < 16; i++) words[i] = INNER_PAD;
  for (let i = 0, from = keyStart; from < keyEnd; i++, from++) words[i >> 2] = words[i >> 2]! ^ (key[from]! << (24 - ((i & 3) << 3)));
  foldKey(mids, at);
}

/** Writes the 16 midstate words of the key of 32 bytes that digest[0..8) holds as big-endian words to mids[at..]. */
export function deriveMidstatesOfDigest(digest: Int32Array, mids: Int32Array, at: number): void {
  for (let i = 0; i < 8; i++) words[i] = digest[i]! ^ INNER_PAD;
  for (let i = 8; i < 16; i++) words[i] = INNER_PAD;
  foldKey(mids, at);
}

/** The midstates of the key that stands in `words`, inner padding applied. */
function foldKey(mids: Int32Array, at: number): void {
  compress(initial, 0, words, mids, at);
  for (let i = 0; i < 16; i++) words[i] = words[i]! ^ (INNER_PAD ^ OUTER_PAD);
  compress(initial, 0, words, mids, at + STATE_WORDS);
}

/** Starts the inner hash of the key at mids[at..]. Follow with absorb() for each segment and finishMac(). */
export function beginMac(mids: Int32Array, at: number): void {
  for (let i = 0; i < STATE_WORDS; i++) state[i] = mids[at + i]!;
  filled = 0;
  absorbed = BLOCK_BYTES;
}

/** Starts a MAC behind a first block of the message that was folded into `inner` before, by foldFirstBlock(). */
export function beginMacBehind(inner: Int32Array): void {
  for (let i = 0; i < STATE_WORDS; i++) state[i] = inner[i]!;
  filled = 0;
  absorbed = 2 * BLOCK_BYTES;
}

/** Folds the 64 bytes block[0..64), with which many messages begin, behind the key at mids[at..] into inner[0..8). */
export function foldFirstBlock(mids: Int32Array, at: number, firstBlock: Uint8Array, inner: Int32Array): void {
  compressBytes(mids, at, firstBlock, 0, inner, 0);
}

/**
 * The whole MAC, under the key at mids[at..], of a message of less than 56 bytes that stands as a padded block in
 * message[0..16): see padMessage(). Its eight words stand in the returned array until the next MAC is begun.
 */
export function macOfBlock(mids: Int32Array, at: number, message: Int32Array): Int32Array {
  compress(mids, at, message, outer, 0);
  compress(mids, at + STATE_WORDS, outer, state, 0);
  return state;
}

/** The padded block, as words, of a short message of a MAC: at most 55 bytes. */
export function padMessage(message: Uint8Array): Int32Array {
  const padded = new Int32Array(16);
  for (const [i, byte] of [...message, 0x80].entries()) padded[i >> 2]! |= byte << (24 - ((i & 3) << 3));
  padded[15] = (BLOCK_BYTES + message.length) * 8;
  return padded;
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
    compressBytes(state, 0, block, 0, state, 0);
  }
  for (; end - at >= BLOCK_BYTES; at += BLOCK_BYTES) compressBytes(state, 0, bytes, at, state, 0);
  have = end - at;
  for (let i = 0; i < have; i++) block[i] = bytes[at + i]!;
  filled = have;
}

/** Pads and folds what is left: the SHA-256 digest then stands in to[0..8). */
function finishHash(to: Int32Array): void {
  let at = filled;
  block[at++] = 0x80;
  if (at > BLOCK_BYTES - 8) {
    while (at < BLOCK_BYTES) block[at++] = 0;
    compressBytes(state, 0, block, 0, state, 0);
    at = 0;
  }
  while (at < BLOCK_BYTES - 8) block[at++] = 0;
  // The length in bits, 64 bits big-endian.
  const high = Math.floor(absorbed / 0x20000000);
  const low = absorbed << 3;
  block[56] = high >>> 24;
  block[57] = high >>> 16;
  block[58] = high >>> 8;
  block[59] = high;
  block[60] = low >>> 24;
  block[61] = low >>> 16;
  block[62] = low >>> 8;
  block[63] = low;
  compressBytes(state, 0, block, 0, to, 0);
}

/**
 * Ends the MAC begun with the key at mids[at..]: its eight words, big-endian, stand in the returned array until the next
 * MAC is begun.
 */
export function finishMac(mids: Int32Array, at: number): Int32Array {
  finishHash(outer);
  compress(mids, at + STATE_WORDS, outer, state, 0);
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
  for (let i = 0; i < STATE_WORDS; i++) state[i] = initial[i]!;
  filled = 0;
  absorbed = 0;
  absorb(bytes, start, end);
  finishHash(state);
  writeWords(state, STATE_WORDS, out, outAt);
}
