/**
 * SHA-1 (FIPS 180-4, section 6.1.2), for Sec-WebSocket-Accept only: there it is a check against confusion and needs no
 * strength. It allocates nothing.
 */
const words = new Int32Array(80);
const state = new Int32Array(5);
const block = new Uint8Array(64);

export const SHA1_BYTES = 20;

function fold(bytes: Uint8Array, at: number): void {
  for (let i = 0, from = at; i < 16; i++, from += 4) {
    words[i] = (bytes[from]! << 24) | (bytes[from + 1]! << 16) | (bytes[from + 2]! << 8) | bytes[from + 3]!;
  }
  for (let i = 16; i < 80; i++) {
    const mixed = words[i - 3]! ^ words[i - 8]! ^ words[i - 14]! ^ words[i - 16]!;
    words[i] = (mixed << 1) | (mixed >>> 31);
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  for (let i = 0; i < 80; i++) {
    let mixed: number;
    if (i < 20) mixed = ((b & c) | (~b & d)) + 0x5a827999;
    else if (i < 40) mixed = (b ^ c ^ d) + 0x6ed9eba1;
    else if (i < 60) mixed = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
    else mixed = (b ^ c ^ d) + 0xca62c1d6;
    const next = (((a << 5) | (a >>> 27)) + mixed + e + words[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  state[0] = state[0]! + a;
  state[1] = state[1]! + b;
  state[2] = state[2]! + c;
  state[3] = state[3]! + d;
  state[4] = state[4]! + e;
}

/** SHA-1 of bytes[start..end): 20 bytes to out[outAt..]. */
export function sha1(bytes: Uint8Array, start: number, end: number, out: Uint8Array, outAt: number): void {
  state[0] = 0x67452301;
  state[1] = 0xefcdab89 | 0;
  state[2] = 0x98badcfe | 0;
  state[3] = 0x10325476;
  state[4] = 0xc3d2e1f0 | 0;
  let at = start;
  for (; end - at >= 64; at += 64) fold(bytes, at);
  let filled = 0;
  while (at < end) block[filled++] = bytes[at++]!;
  block[filled++] = 0x80;
  if (filled > 56) {
    block.fill(0, filled);
    fold(block, 0);
    filled = 0;
  }
  block.fill(0, filled);
  // The length in bits as 64 bits, big-endian.
  const length = end - start;
  const high = Math.floor(length / 0x20000000);
  const low = length << 3;
  for (let i = 0; i < 4; i++) {
    block[56 + i] = high >>> (24 - 8 * i);
    block[60 + i] = low >>> (24 - 8 * i);
  }
  fold(block, 0);
  for (let i = 0; i < 5; i++) {
    const word = state[i]!;
    out[outAt + 4 * i] = word >>> 24;
    out[outAt + 4 * i + 1] = word >>> 16;
    out[outAt + 4 * i + 2] = word >>> 8;
    out[outAt + 4 * i + 3] = word;
  }
}
