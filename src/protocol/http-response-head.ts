import { ascii, equalsIgnoringCase, HeaderLine, listHas, startsWith } from './http-head.js';

/** How the end of a body is known. */
export const BODY_NONE = 0;
export const BODY_LENGTH = 1;
export const BODY_CHUNKED = 2;
export const BODY_UNTIL_END = 3;

const HTTP_1 = ascii('HTTP/1.');
const CONNECTION = ascii('connection');
const CLOSE = ascii('close');
const KEEP_ALIVE = ascii('keep-alive');
const CONTENT_LENGTH = ascii('content-length');
const TRANSFER_ENCODING = ascii('transfer-encoding');
const CHUNKED = ascii('chunked');
const LOCATION = ascii('location');
const SPACE = 0x20;
const DIGIT_0 = 0x30;
const DIGIT_1 = 0x31;
/** A length that a server may claim: what a double holds exactly. Nothing is allocated by it. */
const MOST_DIGITS = 15;

/** The head of an HTTP/1.x answer (RFC 9112 sections 4 to 6, RFC 9110 section 6.4.1). One object, read into again and again. */
export class ResponseHead {
  status = 0;
  /** BODY_*. */
  body = BODY_NONE;
  /** Of BODY_LENGTH. */
  length = 0;
  /** The connection may serve another request behind this answer. */
  mayStay = false;
  /** The value of Location; -1 without one. */
  locationStart = -1;
  locationEnd = -1;
  readonly #line = new HeaderLine();

  /**
   * Reads bytes[start..end), a head with its empty line. `isHeadRequest`: the request was HEAD, so no body comes whatever
   * the head says. Undefined when it is well formed, else what is wrong with it.
   */
  read(bytes: Uint8Array, start: number, end: number, isHeadRequest: boolean): string | undefined {
    let at = this.#readStatusLine(bytes, start, end);
    if (at < 0) return 'the answer does not begin as HTTP/1.1';
    const isOld = bytes[start + 7] === DIGIT_0;
    const line = this.#line;
    let length = -1;
    let isChunked = false;
    let isCoded = false;
    let closes = false;
    let keeps = false;
    this.locationStart = this.locationEnd = -1;
    for (;;) {
      const next = line.read(bytes, at, end);
      if (next < 0) return 'a header of the answer is malformed';
      if (next === 0) break;
      at = next;
      const { nameStart, nameEnd, valueStart, valueEnd } = line;
      // Few headers matter here, and their first letters tell most others apart.
      switch (bytes[nameStart]! | 0x20) {
        case 0x63: {
          if (equalsIgnoringCase(bytes, nameStart, nameEnd, CONNECTION)) {
            closes ||= listHas(bytes, valueStart, valueEnd, CLOSE);
            keeps ||= listHas(bytes, valueStart, valueEnd, KEEP_ALIVE);
          } else if (equalsIgnoringCase(bytes, nameStart, nameEnd, CONTENT_LENGTH)) {
            const given = numberOf(bytes, valueStart, valueEnd);
            if (given < 0 || (length >= 0 && length !== given)) return 'the Content-Length of the answer is malformed';
            length = given;
          }
          break;
        }
        case 0x74: {
          if (!equalsIgnoringCase(bytes, nameStart, nameEnd, TRANSFER_ENCODING)) break;
          if (isChunked) return 'the Transfer-Encoding of the answer is malformed';
          isCoded = true;
          isChunked = endsWithChunked(bytes, valueStart, valueEnd);
          break;
        }
        case 0x6c: {
          if (this.locationStart >= 0 || !equalsIgnoringCase(bytes, nameStart, nameEnd, LOCATION)) break;
          this.locationStart = valueStart;
          this.locationEnd = valueEnd;
        }
      }
    }
    // Both at once is how one answer is smuggled into another (RFC 9112 section 6.3).
    if (isCoded && (length >= 0 || isOld)) return 'the answer has a Transfer-Encoding where none may be';
    this.mayStay = isOld ? keeps && !closes : !closes;
    this.length = Math.max(0, length);
    const { status } = this;
    if (isHeadRequest || status < 200 || status === 204 || status === 304) this.body = BODY_NONE;
    else if (isChunked) this.body = BODY_CHUNKED;
    else if (isCoded || length < 0) this.body = BODY_UNTIL_END;
    else this.body = length === 0 ? BODY_NONE : BODY_LENGTH;
    if (this.body === BODY_UNTIL_END) this.mayStay = false;
    return undefined;
  }

  /** "HTTP/1.1 200 OK": sets the status and returns where the headers begin; -1 when it is no such line. */
  #readStatusLine(bytes: Uint8Array, start: number, end: number): number {
    if (end - start < 14 || !startsWith(bytes, start, end, HTTP_1)) return -1;
    const minor = bytes[start + 7]!;
    if ((minor !== DIGIT_0 && minor !== DIGIT_1) || bytes[start + 8] !== SPACE) return -1;
    const status = numberOf(bytes, start + 9, start + 12);
    const behind = bytes[start + 12]!;
    if (status < 100 || status > 599 || (behind !== SPACE && behind !== 0x0d)) return -1;
    this.status = status;
    for (let at = start + 12; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === 0x0d) return bytes[at + 1] === 0x0a ? at + 2 : -1;
      if ((byte < SPACE && byte !== 0x09) || byte === 0x7f) return -1;
    }
    return -1;
  }
}

/** Digits and nothing else; -1 for anything else, and for more than can be counted. */
function numberOf(bytes: Uint8Array, start: number, end: number): number {
  if (start === end || end - start > MOST_DIGITS) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - DIGIT_0;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Whether the last coding of the list is chunked. */
function endsWithChunked(bytes: Uint8Array, start: number, end: number): boolean {
  let last = end;
  while (last > start && bytes[last - 1] !== 0x2c) last--;
  while (last < end && (bytes[last] === SPACE || bytes[last] === 0x09)) last++;
  return equalsIgnoringCase(bytes, last, end, CHUNKED);
}
