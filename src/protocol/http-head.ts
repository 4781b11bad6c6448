/** The head of an HTTP/1.1 message (RFC 9112), as far as a WebSocket handshake needs it: offsets, no strings. */
/** Longest head of a request: a longer one, or that many bytes without an end, is answered 431. */
export const MAX_REQUEST_BYTES = 4096;
/** Longest head of an answer: a longer one, or that many bytes without an end, is not an answer. */
export const MAX_RESPONSE_BYTES = 16384;

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
const COMMA = 0x2c;

/** ASCII text as bytes, for constants. */
export const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

/** Lower-case form of each byte; other bytes map to themselves. */
const LOWER = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte));

/** 1 for the bytes of a token: method and header names (RFC 9110, section 5.6.2). */
const TOKEN = new Uint8Array(256);
for (const byte of ascii("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")) TOKEN[byte] = 1;

/** Index behind the first CRLFCRLF in bytes[start..end), or -1. */
export function findHeaderEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start + 3;
  while (at < end) {
    const byte = bytes[at]!;
    // From the byte under the cursor follows how far the next possible end is.
    if (byte === LF) {
      if (bytes[at - 1] === CR && bytes[at - 2] === LF && bytes[at - 3] === CR) return at + 1;
      at += 2;
    } else {
      at += byte === CR ? 1 : 4;
    }
  }
  return -1;
}

/** Index of the CR that ends the line at `at`, or -1 when the line holds a control byte (but TAB) or has no CRLF. */
export function findLineEnd(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at; i < end; i++) {
    const byte = bytes[i]!;
    if (byte >= SPACE ? byte === 0x7f : byte !== TAB) return byte === CR && bytes[i + 1] === LF && i + 1 < end ? i : -1;
  }
  return -1;
}

/** True when bytes[start..end) is a token of at least one byte. */
export function isToken(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (TOKEN[bytes[at]!] === 0) return false;
  return start < end;
}

/** True when bytes[start..end) equals the text, which is given in lower case, whatever the case of its letters. */
export function equalsIgnoringCase(bytes: Uint8Array, start: number, end: number, lower: Uint8Array): boolean {
  if (end - start !== lower.length) return false;
  for (let i = 0; i < lower.length; i++) if (LOWER[bytes[start + i]!] !== lower[i]) return false;
  return true;
}

/** True when bytes[start..end) begins with exactly these bytes. */
export function startsWith(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start < text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
  return true;
}

/** True when the comma-separated list bytes[start..end) has the token, given in lower case. */
export function listHas(bytes: Uint8Array, start: number, end: number, lower: Uint8Array): boolean {
  let at = start;
  while (at < end) {
    let comma = at;
    while (comma < end && bytes[comma] !== COMMA) comma++;
    let last = comma;
    while (at < last && isBlank(bytes[at]!)) at++;
    while (last > at && isBlank(bytes[last - 1]!)) last--;
    if (equalsIgnoringCase(bytes, at, last, lower)) return true;
    at = comma + 1;
  }
  return false;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}

/** One header line: offsets of its name and of its value without the blanks around it. */
export class HeaderLine {
  nameStart = 0;
  nameEnd = 0;
  valueStart = 0;
  valueEnd = 0;

  /**
   * Reads the line at `at` and returns where the next one starts; 0 at the empty line that ends the head; -1 when the
   * line is malformed, folded lines (obs-fold) included.
   */
  read(bytes: Uint8Array, at: number, end: number): number {
    const lineEnd = findLineEnd(bytes, at, end);
    if (lineEnd < 0) return -1;
    if (lineEnd === at) return 0;
    let colon = at;
    while (TOKEN[bytes[colon]!] === 1) colon++;
    if (colon === at || bytes[colon] !== COLON) return -1;
    let valueStart = colon + 1;
    let valueEnd = lineEnd;
    while (valueStart < valueEnd && isBlank(bytes[valueStart]!)) valueStart++;
    while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1]!)) valueEnd--;
    this.nameStart = at;
    this.nameEnd = colon;
    this.valueStart = valueStart;
    this.valueEnd = valueEnd;
    return lineEnd + 2;
  }
}
