/**
 * Finds one value in JSON text by a JSON pointer (RFC 6901) without parsing the rest into objects. It reads what a
 * server sent, so any bytes may come: what is not JSON has no value there.
 */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

interface Segment {
  /** The member's name in UTF-8. */
  readonly name: Uint8Array;
  /** The element's index; -1 when the name is not one. */
  readonly index: number;
}

export class JsonPointer {
  /** After find() returned true: the value's text is bytes[start..end), quotes included. */
  start = 0;
  end = 0;
  readonly #segments: readonly Segment[];

  /** `pointer` is "" for the whole text or "/a/0/b". */
  constructor(pointer: string) {
    this.#segments = pointer
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
      .map((name) => ({ name: new TextEncoder().encode(name), index: /^(0|[1-9]\d{0,8})$/.test(name) ? Number(name) : -1 }));
  }

  /** Looks for the value in bytes[start..end). */
  find(bytes: Uint8Array, start: number, end: number): boolean {
    let at = skipSpace(bytes, start, end);
    for (let i = 0; i < this.#segments.length && at >= 0 && at < end; i++) at = enter(bytes, at, end, this.#segments[i]!);
    if (at < 0 || at >= end) return false;
    const valueEnd = skipValue(bytes, at, end);
    if (valueEnd < 0) return false;
    this.start = at;
    this.end = valueEnd;
    return true;
  }
}

/** Where the member or element begins inside the object or array at `at`; -1: it has none. */
function enter(bytes: Uint8Array, at: number, end: number, segment: Segment): number {
  if (bytes[at] === OPEN_OBJECT) return enterObject(bytes, at + 1, end, segment.name);
  if (bytes[at] === OPEN_ARRAY && segment.index >= 0) return enterArray(bytes, at + 1, end, segment.index);
  return -1;
}

function enterObject(bytes: Uint8Array, from: number, end: number, name: Uint8Array): number {
  let at = skipSpace(bytes, from, end);
  while (at < end && bytes[at] === QUOTE) {
    // Most names are plain: one look tells whether this is the one, without looking for its end first.
    let nameEnd = behindName(bytes, at, end, name);
    let isWanted = nameEnd > 0;
    if (!isWanted) {
      nameEnd = skipString(bytes, at, end);
      if (nameEnd < 0) return -1;
      isWanted = sameText(bytes, at, nameEnd, name);
    }
    at = skipSpace(bytes, nameEnd, end);
    if (at >= end || bytes[at] !== COLON) return -1;
    at = skipSpace(bytes, at + 1, end);
    if (isWanted) return at;
    at = skipValue(bytes, at, end);
    if (at < 0) return -1;
    at = skipSpace(bytes, at, end);
    if (at >= end || bytes[at] !== COMMA) return -1;
    at = skipSpace(bytes, at + 1, end);
  }
  return -1;
}

/** Behind the string at `at` when it is this name, written without escapes; else -1. */
function behindName(bytes: Uint8Array, at: number, end: number, name: Uint8Array): number {
  const closing = at + 1 + name.length;
  if (closing >= end || bytes[closing] !== QUOTE) return -1;
  for (let i = 0; i < name.length; i++) {
    const byte = bytes[at + 1 + i];
    if (byte !== name[i] || byte === BACKSLASH || byte === QUOTE) return -1;
  }
  return closing + 1;
}

function enterArray(bytes: Uint8Array, from: number, end: number, index: number): number {
  let at = skipSpace(bytes, from, end);
  for (let i = 0; i < index; i++) {
    at = skipValue(bytes, at, end);
    if (at < 0) return -1;
    at = skipSpace(bytes, at, end);
    if (at >= end || bytes[at] !== COMMA) return -1;
    at = skipSpace(bytes, at + 1, end);
  }
  return at < end && bytes[at] !== CLOSE_ARRAY ? at : -1;
}

function skipSpace(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09)) at++;
  return at;
}

/** Behind the string at `at`; -1 when it does not end. */
function skipString(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at + 1; i < end; i++) {
    if (bytes[i] === BACKSLASH) i++;
    else if (bytes[i] === QUOTE) return i + 1;
  }
  return -1;
}

/** Behind the value at `at`, whatever its kind; -1 when there is none or it does not end. */
function skipValue(bytes: Uint8Array, from: number, end: number): number {
  if (from >= end) return -1;
  const first = bytes[from]!;
  if (first === QUOTE) return skipString(bytes, from, end);
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) {
    let at = from;
    while (at < end && isScalarByte(bytes[at]!)) at++;
    return at === from ? -1 : at;
  }
  let depth = 0;
  for (let at = from; at < end; ) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at = skipString(bytes, at, end);
      if (at < 0) return -1;
      continue;
    }
    at++;
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
    else if ((byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) && --depth === 0) return at;
  }
  return -1;
}

/** Letters, digits, sign and point: what numbers, true, false and null are written with. */
function isScalarByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x2d || byte === 0x2b || byte === 0x2e || byte === 0x45
  );
}

/** Whether the JSON string at bytes[start..end), quotes included, says `text` (UTF-8). */
export function sameText(bytes: Uint8Array, start: number, end: number, text: Uint8Array, textEnd = text.length): boolean {
  for (let i = start + 1; i < end - 1; i++) {
    const byte = bytes[i]!;
    if (byte === BACKSLASH) return sameEscapedText(bytes, start, end, text, textEnd);
    if (byte !== text[i - start - 1]) return false;
  }
  return end - start - 2 === textEnd;
}

function sameEscapedText(bytes: Uint8Array, start: number, end: number, text: Uint8Array, textEnd: number): boolean {
  try {
    return JSON.parse(decode(bytes, start, end)) === decode(text, 0, textEnd);
  } catch {
    return false;
  }
}

function decode(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
}
