import { findHeaderEnd, MAX_RESPONSE_BYTES } from './http-head.js';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, ResponseHead } from './http-response-head.js';

/** What the reader tells of a connection. Neither may push to the reader. */
export interface ResponseHandler {
  /**
   * An answer is complete. bytes[start..end) is what was kept of its body, valid during the call; `bodyBytes` is how long the
   * body was. `mayStay`: the connection can serve another request.
   */
  onResponse(row: number, status: number, bytes: Uint8Array, start: number, end: number, bodyBytes: number, mayStay: boolean): void;
  /** What came is no answer to what was asked; the connection cannot be used any more. */
  onGarbage(row: number, reason: string): void;
}

const IDLE = 0; // nothing was asked
const HEAD = 1;
const LENGTH = 2; // body bytes, as many as remaining says
const UNTIL_END = 3;
const SIZE_FIRST = 4; // the first digit of a chunk's size
const SIZE = 5;
const EXTENSION = 6;
const SIZE_LF = 7;
const DATA = 8; // of a chunk
const DATA_CR = 9;
const DATA_LF = 10;
const TRAILER_FIRST = 11; // the first byte of a trailer, or of the empty line
const TRAILER = 12;
const TRAILER_LF = 13;
const LAST_LF = 14;
const BROKEN = 15;

const CR = 0x0d;
const LF = 0x0a;
const MOST_CHUNK_DIGITS = 12;
const FIRST_BUFFER_BYTES = 512;
const NOTHING = new Uint8Array(0);

/** Bytes that came in pieces. It grows with what came, never with what was announced. */
interface Pieces {
  bytes: Uint8Array;
  length: number;
}

/**
 * Reads the answers of many connections, one request at a time on each: whatever the pieces that the bytes come in.
 * A body is counted and dropped, but for as many bytes as expect() asked to keep.
 */
export class HttpResponseReader {
  readonly #handler: ResponseHandler;
  readonly #state: Uint8Array;
  readonly #isHead: Uint8Array;
  readonly #mayStay: Uint8Array;
  readonly #status: Uint16Array;
  readonly #keep: Uint32Array;
  /** Bytes of the body, or of the chunk, that are to come. */
  readonly #remaining: Float64Array;
  readonly #bodyBytes: Float64Array;
  /** Bytes of extensions and trailers, digits of a chunk's size. */
  readonly #overhead: Uint16Array;
  readonly #digits: Uint8Array;
  readonly #heads = new Map<number, Pieces>();
  readonly #bodies = new Map<number, Pieces>();
  readonly #locations = new Map<number, string>();
  readonly #head = new ResponseHead();

  constructor(capacity: number, handler: ResponseHandler) {
    this.#handler = handler;
    this.#state = new Uint8Array(capacity);
    this.#isHead = new Uint8Array(capacity);
    this.#mayStay = new Uint8Array(capacity);
    this.#status = new Uint16Array(capacity);
    this.#keep = new Uint32Array(capacity);
    this.#remaining = new Float64Array(capacity);
    this.#bodyBytes = new Float64Array(capacity);
    this.#overhead = new Uint16Array(capacity);
    this.#digits = new Uint8Array(capacity);
  }

  /** A request is being sent: its answer comes next. Of the body the first `keepBytes` are kept. */
  expect(row: number, isHeadRequest: boolean, keepBytes: number): void {
    this.#clear(row);
    this.#state[row] = HEAD;
    this.#isHead[row] = isHeadRequest ? 1 : 0;
    this.#keep[row] = keepBytes;
  }

  /** Where the redirect that is being told of leads, as the server wrote it. For use in onResponse. */
  locationOf(row: number): string | undefined {
    return this.#locations.get(row);
  }

  /** The connection is another one from now on. */
  reset(row: number): void {
    this.#clear(row);
    this.#state[row] = IDLE;
  }

  /** The server has ended the stream. True when that was the end of an answer, which has been told of. */
  ended(row: number): boolean {
    if (this.#state[row] !== UNTIL_END) return false;
    this.#complete(row, NOTHING, 0, 0);
    return true;
  }

  push(row: number, bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      switch (this.#state[row]) {
        case HEAD:
          at = this.#readHead(row, bytes, at, end);
          break;
        case LENGTH:
        case DATA:
          at = this.#readBody(row, bytes, at, end);
          break;
        case UNTIL_END:
          this.#keepBytes(row, bytes, at, end);
          at = end;
          break;
        case BROKEN:
          return;
        case IDLE:
          this.#garbage(row, 'the server sent bytes that nothing asked for');
          return;
        default:
          this.#readFraming(row, bytes[at]!);
          at++;
          // The last byte of a chunked body: what else there is would be an answer to nothing.
          if (this.#state[row] === LAST_LF && at < end && bytes[at] === LF) {
            if (at + 1 < end) this.#mayStay[row] = 0;
            this.#complete(row, NOTHING, 0, 0);
            return;
          }
      }
      if (at < 0) return;
    }
  }

  /** Returns where the body begins; -1 when no more is to be read of these bytes. */
  #readHead(row: number, bytes: Uint8Array, start: number, end: number): number {
    let from = bytes;
    let headStart = start;
    let headEnd: number;
    let next: number;
    const before = this.#heads.get(row);
    if (before === undefined) {
      headEnd = findHeaderEnd(bytes, start, end);
      next = headEnd;
    } else {
      const { length } = before;
      append(before, bytes, start, Math.min(end, start + MAX_RESPONSE_BYTES - length + 1));
      from = before.bytes;
      headStart = 0;
      headEnd = findHeaderEnd(from, Math.max(0, length - 3), before.length);
      next = start + headEnd - length;
    }
    if (headEnd < 0) return this.#awaitHead(row, before, bytes, start, end);
    if (headEnd - headStart > MAX_RESPONSE_BYTES)
      return this.#garbage(row, `the head of the answer is longer than ${MAX_RESPONSE_BYTES} bytes`);
    if (before !== undefined) this.#heads.delete(row);
    const fault = this.#head.read(from, headStart, headEnd, this.#isHead[row] === 1);
    if (fault !== undefined) return this.#garbage(row, fault);
    return this.#begin(row, from, bytes, next, end);
  }

  #awaitHead(row: number, before: Pieces | undefined, bytes: Uint8Array, start: number, end: number): number {
    const length = before?.length ?? end - start;
    if (length > MAX_RESPONSE_BYTES) return this.#garbage(row, `the head of the answer has no end within ${MAX_RESPONSE_BYTES} bytes`);
    const first = before?.bytes ?? bytes;
    const at = before === undefined ? start : 0;
    // What cannot become an answer need not be waited for.
    for (let i = 0; i < Math.min(length, PREFIX.length); i++)
      if (first[at + i] !== PREFIX[i]) return this.#garbage(row, 'the answer does not begin as HTTP/1.1');
    if (before === undefined) {
      const pieces = { bytes: new Uint8Array(FIRST_BUFFER_BYTES), length: 0 };
      append(pieces, bytes, start, end);
      this.#heads.set(row, pieces);
    }
    return -1;
  }

  /** The head is read: how does the body go on? */
  #begin(row: number, headBytes: Uint8Array, bytes: Uint8Array, next: number, end: number): number {
    const head = this.#head;
    const { status } = head;
    if (status === 101) return this.#garbage(row, 'the server switched to another protocol unasked');
    if (status < 200) return next; // an interim answer; the other one follows
    this.#status[row] = status;
    this.#mayStay[row] = head.mayStay ? 1 : 0;
    if (status >= 300 && status < 400 && head.locationStart >= 0)
      this.#locations.set(row, Buffer.from(headBytes.subarray(head.locationStart, head.locationEnd)).toString('latin1'));
    if (head.body === BODY_NONE) return this.#finish(row, bytes, next, next, end);
    if (head.body === BODY_LENGTH) {
      // The usual answer comes in one piece, and its body is read where it stands.
      const bodyEnd = next + head.length;
      if (bodyEnd <= end) {
        this.#bodyBytes[row] = head.length;
        return this.#finish(row, bytes, next, Math.min(bodyEnd, next + this.#keep[row]!), end, bodyEnd);
      }
      this.#remaining[row] = head.length;
      this.#state[row] = LENGTH;
    } else {
      this.#state[row] = head.body === BODY_CHUNKED ? SIZE_FIRST : UNTIL_END;
    }
    return next;
  }

  /** The answer ends at `answerEnd`; bytes behind it answer nothing. */
  #finish(row: number, bytes: Uint8Array, keptStart: number, keptEnd: number, end: number, answerEnd = keptEnd): number {
    if (answerEnd < end) this.#mayStay[row] = 0;
    this.#complete(row, bytes, keptStart, this.#keep[row] === 0 ? keptStart : keptEnd);
    return -1;
  }

  #readBody(row: number, bytes: Uint8Array, start: number, end: number): number {
    const stop = Math.min(end, start + this.#remaining[row]!);
    this.#keepBytes(row, bytes, start, stop);
    this.#remaining[row]! -= stop - start;
    if (this.#remaining[row]! > 0) return stop;
    if (this.#state[row] === LENGTH) {
      if (stop < end) this.#mayStay[row] = 0;
      this.#complete(row, NOTHING, 0, 0);
      return -1;
    }
    this.#state[row] = DATA_CR;
    return stop;
  }

  /** One byte of what stands between the chunks (RFC 9112 section 7.1). */
  #readFraming(row: number, byte: number): void {
    const state = this.#state;
    switch (state[row]) {
      case SIZE_FIRST:
      case SIZE: {
        const digit = hexDigit(byte);
        if (digit >= 0) {
          if (state[row] === SIZE_FIRST) this.#remaining[row] = this.#digits[row] = 0;
          this.#remaining[row] = this.#remaining[row]! * 16 + digit;
          state[row] = SIZE;
          // Leading zeros count too: no size needs so many digits.
          if (++this.#digits[row]! > MOST_CHUNK_DIGITS) this.#garbage(row, 'the size of a chunk is too long');
        } else if (state[row] === SIZE_FIRST) this.#garbage(row, 'a chunk does not begin with its size');
        else if (byte === CR) state[row] = SIZE_LF;
        else if (byte === 0x3b || byte === 0x20 || byte === 0x09) state[row] = EXTENSION;
        else this.#garbage(row, 'the size of a chunk is malformed');
        return;
      }
      case EXTENSION:
        if (byte === CR) state[row] = SIZE_LF;
        else this.#countOverhead(row, byte);
        return;
      case SIZE_LF:
        if (byte !== LF) this.#garbage(row, 'the size of a chunk has no end of line');
        else state[row] = this.#remaining[row] === 0 ? TRAILER_FIRST : DATA;
        return;
      case DATA_CR:
        if (byte === CR) state[row] = DATA_LF;
        else this.#garbage(row, 'a chunk is longer than its size');
        return;
      case DATA_LF:
        if (byte === LF) state[row] = SIZE_FIRST;
        else this.#garbage(row, 'a chunk is longer than its size');
        return;
      case TRAILER_FIRST:
        if (byte === CR) state[row] = LAST_LF;
        else {
          state[row] = TRAILER;
          this.#countOverhead(row, byte);
        }
        return;
      case TRAILER:
        if (byte === CR) state[row] = TRAILER_LF;
        else this.#countOverhead(row, byte);
        return;
      case TRAILER_LF:
        if (byte === LF) state[row] = TRAILER_FIRST;
        else this.#garbage(row, 'a trailer has no end of line');
        return;
      case LAST_LF:
        if (byte === LF) this.#complete(row, NOTHING, 0, 0);
        else this.#garbage(row, 'the trailers have no end');
    }
  }

  #countOverhead(row: number, byte: number): void {
    if (byte === LF) this.#garbage(row, 'a line between the chunks is malformed');
    else if (++this.#overhead[row]! > MAX_RESPONSE_BYTES)
      this.#garbage(row, `between the chunks stand more than ${MAX_RESPONSE_BYTES} bytes`);
  }

  #keepBytes(row: number, bytes: Uint8Array, start: number, end: number): void {
    this.#bodyBytes[row]! += end - start;
    const most = this.#keep[row]!;
    if (most === 0) return;
    let body = this.#bodies.get(row);
    if (body === undefined) this.#bodies.set(row, (body = { bytes: new Uint8Array(FIRST_BUFFER_BYTES), length: 0 }));
    append(body, bytes, start, Math.min(end, start + most - body.length));
  }

  #complete(row: number, bytes: Uint8Array, start: number, end: number): void {
    const body = this.#bodies.get(row);
    const bodyBytes = this.#bodyBytes[row]!;
    this.#state[row] = IDLE;
    const status = this.#status[row]!;
    const mayStay = this.#mayStay[row] === 1;
    if (body === undefined) this.#handler.onResponse(row, status, bytes, start, end, bodyBytes, mayStay);
    else this.#handler.onResponse(row, status, body.bytes, 0, body.length, bodyBytes, mayStay);
    if (this.#state[row] === IDLE) this.#clear(row);
  }

  #garbage(row: number, reason: string): -1 {
    this.#clear(row);
    this.#state[row] = BROKEN;
    this.#handler.onGarbage(row, reason);
    return -1;
  }

  #clear(row: number): void {
    this.#bodyBytes[row] = 0;
    this.#overhead[row] = 0;
    if (this.#heads.size > 0) this.#heads.delete(row);
    if (this.#bodies.size > 0) this.#bodies.delete(row);
    if (this.#locations.size > 0) this.#locations.delete(row);
  }
}

const PREFIX = new Uint8Array(Buffer.from('HTTP/1.', 'latin1'));

function append(pieces: Pieces, bytes: Uint8Array, start: number, end: number): void {
  if (end <= start) return;
  const length = pieces.length + end - start;
  if (length > pieces.bytes.length) {
    const grown = new Uint8Array(Math.max(length, pieces.bytes.length * 2));
    grown.set(pieces.bytes.subarray(0, pieces.length));
    pieces.bytes = grown;
  }
  pieces.bytes.set(bytes.subarray(start, end), pieces.length);
  pieces.length = length;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
