/** base64url without padding (RFC 4648, section 5), canonical both ways, and standard base64 for the WebSocket key. */
const URL_LETTERS = new Uint8Array(Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', 'latin1'));
const STANDARD_LETTERS = new Uint8Array(Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1'));
const PAD = 0x3d;

/** Value of each letter, -1 for any other byte. */
const VALUES = new Int8Array(256).fill(-1);
for (let i = 0; i < 64; i++) VALUES[URL_LETTERS[i]!] = i;

/** Writes the letters of bytes[start..end) and returns their end; `letters` gives the alphabet. */
function writeLetters(letters: Uint8Array, bytes: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  let from = start;
  let to = at;
  for (; end - from >= 3; from += 3, to += 4) {
    const group = (bytes[from]! << 16) | (bytes[from + 1]! << 8) | bytes[from + 2]!;
    out[to] = letters[group >>> 18]!;
    out[to + 1] = letters[(group >>> 12) & 63]!;
    out[to + 2] = letters[(group >>> 6) & 63]!;
    out[to + 3] = letters[group & 63]!;
  }
  if (end - from === 0) return to;
  const two = end - from === 2;
  const group = (bytes[from]! << 16) | (two ? bytes[from + 1]! << 8 : 0);
  out[to] = letters[group >>> 18]!;
  out[to + 1] = letters[(group >>> 12) & 63]!;
  if (!two) return to + 2;
  out[to + 2] = letters[(group >>> 6) & 63]!;
  return to + 3;
}

/** base64url of bytes[start..end) as text. */
export function encodeBase64Url(bytes: Uint8Array, start = 0, end = bytes.length): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('base64url');
}

/** Writes base64url of bytes[start..end) to out[at..] and returns its end. */
export function writeBase64Url(bytes: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  return writeLetters(URL_LETTERS, bytes, start, end, out, at);
}

/** Writes standard, padded base64 of bytes[start..end) to out[at..] and returns its end. */
export function writeBase64(bytes: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  let to = writeLetters(STANDARD_LETTERS, bytes, start, end, out, at);
  while ((to - at) % 4 !== 0) out[to++] = PAD;
  return to;
}

/**
 * Decodes text[start..end) to out[at..] and returns the end of the bytes, or -1 when the text is not the one canonical
 * form: a foreign letter, padding, an impossible length, or unused bits that are not zero. On -1 out[at..] may be written.
 */
export function decodeBase64Url(text: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  const rest = (end - start) & 3;
  if (end < start || rest === 1) return -1;
  let to = at;
  let from = start;
  for (const whole = end - rest; from < whole; from += 4, to += 3) {
    const a = VALUES[text[from]!]!;
    const b = VALUES[text[from + 1]!]!;
    const c = VALUES[text[from + 2]!]!;
    const d = VALUES[text[from + 3]!]!;
    if ((a | b | c | d) < 0) return -1;
    const group = (a << 18) | (b << 12) | (c << 6) | d;
    out[to] = group >>> 16;
    out[to + 1] = group >>> 8;
    out[to + 2] = group;
  }
  if (rest === 0) return to;
  const a = VALUES[text[from]!]!;
  const b = VALUES[text[from + 1]!]!;
  const c = rest === 3 ? VALUES[text[from + 2]!]! : 0;
  if ((a | b | c) < 0) return -1;
  const group = (a << 18) | (b << 12) | (c << 6);
  if ((rest === 2 ? group & 0xffff : group & 0xff) !== 0) return -1;
  out[to++] = group >>> 16;
  if (rest === 3) out[to++] = group >>> 8;
  return to;
}
