/**
 * Reads the WebSocket frames (RFC 6455, section 5) of many connections, addressed by row. A row costs one byte; only a row
 * with half a frame, a half-assembled message or a halt has more, in a map. Whole frames inside a chunk are unmasked and
 * handed on in place.
 */

import { maskWords, WordView } from '../core/words.js';
import { GrowingBytes } from './growing-bytes.js';
import { UTF8_INVALID, UTF8_START, validateUtf8 } from './utf8.js';
import {
  isCloseCode,
  MAX_CONTROL_BYTES,
  maskBytes,
  OPCODE_BINARY,
  OPCODE_CLOSE,
  OPCODE_CONTINUATION,
  OPCODE_PING,
  OPCODE_PONG,
  OPCODE_TEXT,
} from './websocket-frame.js';

/** What a reader hands on. A handler must not throw: the rest of the row's stream would be lost. */
export interface FrameHandler {
  /** A whole message, opcode 1 (text, checked to be UTF-8) or 2: bytes[start..end), unmasked, valid during the call only. */
  onMessage(row: number, opcode: number, bytes: Uint8Array, start: number, end: number): void;
  onPing(row: number, bytes: Uint8Array, start: number, end: number): void;
  onPong(row: number, bytes: Uint8Array, start: number, end: number): void;
  /** The peer's close frame; code 1005 when it held none. Further bytes of the row are ignored until reset(row). */
  onCloseFrame(row: number, code: number, bytes: Uint8Array, reasonStart: number, reasonEnd: number): void;
  /** The peer broke the protocol: answer with this close code. Further bytes of the row are ignored until reset(row). */
  onProtocolError(row: number, closeCode: number, reason: string): void;
}

export interface FrameReaderOptions {
  readonly capacity: number;
  /** A server requires masked frames, a client forbids them. */
  readonly role: 'server' | 'client';
  /** Longest message, over all its fragments. */
  readonly maxMessageBytes: number;
  /** Most frames of one message. */
  readonly maxFragments: number;
  /** Most bytes kept behind a halt, beside one message; default 256 KiB. More is closed 1008. */
  readonly maxHaltedBytes?: number;
}

// Bits of a row's state.
const HALTED = 1;
/** A close frame or a fault ended the stream. */
const ENDED = 2;
const CARRYING = 4;
const ASSEMBLING = 8;
/** A callback of this row may be running; reset() clears it, which tells the loop that its stream is gone. */
const DELIVERING = 16;

const MAX_HEADER_BYTES = 14;
const FIRST_CARRY_BYTES = 64;
const DEFAULT_HALTED_BYTES = 256 * 1024;

/** A fragmented message so far. */
interface Assembly {
  readonly opcode: number;
  readonly payload: GrowingBytes;
  fragments: number;
  utf8: number;
}

export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #maskBit: number;
  readonly #maxMessageBytes: number;
  readonly #maxFragments: number;
  readonly #maxHaltedBytes: number;
  readonly #states: Uint8Array;
  /** Of the array that bytes come in: over io_uring always the same one. */
  readonly #view = new WordView();
  readonly #carries = new Map<number, GrowingBytes>();
  readonly #assemblies = new Map<number, Assembly>();

  constructor(options: FrameReaderOptions, handler: FrameHandler) {
    this.#handler = handler;
    this.#maskBit = options.role === 'server' ? 0x80 : 0;
    this.#maxMessageBytes = options.maxMessageBytes;
    this.#maxFragments = options.maxFragments;
    this.#maxHaltedBytes = (options.maxHaltedBytes ?? DEFAULT_HALTED_BYTES) + options.maxMessageBytes + MAX_HEADER_BYTES;
    this.#states = new Uint8Array(options.capacity);
  }

  /**
   * Feeds bytes[start..end) of the row's stream; they may be changed, because frames are unmasked in place. Throws when
   * called from inside a callback of the same row.
   */
  push(row: number, bytes: Uint8Array, start: number, end: number): void {
    const state = this.#states[row]!;
    if ((state & DELIVERING) !== 0) throw new Error('FrameReader.push() from inside a callback of the same row');
    if ((state & ENDED) !== 0) return;
    if ((state & HALTED) !== 0) {
      if ((this.#carries.get(row)?.length ?? 0) + end - start > this.#maxHaltedBytes)
        this.#refuse(row, 1008, 'too many bytes behind a halt');
      else this.#carry(row, bytes, start, end);
      return;
    }
    const from = (state & CARRYING) === 0 ? start : this.#fillCarry(row, bytes, start, end);
    if (from < end) this.#decode(row, bytes, from, end);
  }

  /** Hands on nothing more of this row until resume(row); what comes is kept. May be called from inside a callback. */
  halt(row: number): void {
    this.#states[row] = this.#states[row]! | HALTED;
  }

  /** Hands on what was kept, then goes on as before. May be called from inside a callback of the row. */
  resume(row: number): void {
    const state = this.#states[row]!;
    if ((state & HALTED) === 0) return;
    this.#states[row] = state & ~HALTED;
    if ((state & (DELIVERING | CARRYING)) !== CARRYING) return;
    const carry = this.#takeCarry(row);
    this.#decode(row, carry.bytes, 0, carry.length);
  }

  isHalted(row: number): boolean {
    return (this.#states[row]! & HALTED) !== 0;
  }

  /** Forgets everything of the row: it is ready for a new connection. May be called from inside a callback. */
  reset(row: number): void {
    this.#dropLeftovers(row);
    this.#states[row] = 0;
  }

  /** Rows that hold more than their byte of state: half a frame, a half-assembled message, bytes behind a halt. */
  get rowsWithLeftovers(): number {
    return this.#carries.size + this.#assemblies.size;
  }

  /** Hands on the whole frames of bytes[start..end) and keeps what is left. Returns false when the stream ended or was reset. */
  #decode(row: number, bytes: Uint8Array, start: number, end: number): boolean {
    const states = this.#states;
    states[row] = states[row]! | DELIVERING;
    let at = start;
    while (at < end && (states[row]! & HALTED) === 0) {
      const needed = this.#measure(row, bytes, at, end);
      if (needed > end - at) break;
      if (needed > 0) this.#deliver(row, bytes, at, at + needed);
      if ((states[row]! & (DELIVERING | ENDED)) !== DELIVERING) {
        states[row] = states[row]! & ~DELIVERING;
        return false;
      }
      at += needed;
    }
    states[row] = states[row]! & ~DELIVERING;
    if (at < end) this.#carry(row, bytes, at, end);
    return true;
  }

  /** Completes the carried frame from the chunk; returns where the chunk goes on, `end` when nothing is left to do. */
  #fillCarry(row: number, bytes: Uint8Array, start: number, end: number): number {
    const carry = this.#carries.get(row)!;
    let at = start;
    for (;;) {
      const needed = this.#measure(row, carry.bytes, 0, carry.length);
      if (needed < 0) return end;
      if (needed <= carry.length) break;
      if (at === end) return end;
      const take = Math.min(needed - carry.length, end - at);
      carry.append(bytes, at, at + take);
      at += take;
    }
    this.#takeCarry(row);
    if (!this.#decode(row, carry.bytes, 0, carry.length)) return end;
    if ((this.#states[row]! & HALTED) === 0) return at;
    if (at < end) this.#carry(row, bytes, at, end);
    return end;
  }

  /**
   * Bytes of the frame at bytes[at..]; while its header is not whole, the bytes the header needs (more than there are).
   * -1 when the header breaks a rule: the row is then ended.
   */
  #measure(row: number, bytes: Uint8Array, at: number, end: number): number {
    const available = end - at;
    if (available < 2) return 2;
    const first = bytes[at]!;
    const second = bytes[at + 1]!;
    const opcode = first & 0x0f;
    const length7 = second & 0x7f;
    if ((first & 0x70) !== 0) return this.#refuse(row, 1002, 'reserved bits are set');
    if ((second & 0x80) !== this.#maskBit) {
      return this.#refuse(row, 1002, this.#maskBit === 0 ? 'a frame from a server is masked' : 'a frame from a client is not masked');
    }
    if (opcode >= OPCODE_CLOSE) {
      if (opcode > OPCODE_PONG) return this.#refuse(row, 1002, 'unknown opcode');
      if ((first & 0x80) === 0) return this.#refuse(row, 1002, 'a control frame is fragmented');
      if (length7 > MAX_CONTROL_BYTES) return this.#refuse(row, 1002, 'a control frame is longer than 125 bytes');
      return 2 + (this.#maskBit >> 5) + length7;
    }
    const assembly = (this.#states[row]! & ASSEMBLING) === 0 ? undefined : this.#assemblies.get(row);
    if (opcode > OPCODE_BINARY) return this.#refuse(row, 1002, 'unknown opcode');
    if (opcode === OPCODE_CONTINUATION && assembly === undefined) return this.#refuse(row, 1002, 'a continuation without a beginning');
    if (opcode !== OPCODE_CONTINUATION && assembly !== undefined) return this.#refuse(row, 1002, 'a new message inside a fragmented one');
    const headerBytes = (length7 < 126 ? 2 : length7 === 126 ? 4 : 10) + (this.#maskBit >> 5);
    const fragments = assembly === undefined ? 1 : assembly.fragments + 1;
    if (fragments > this.#maxFragments || (fragments === this.#maxFragments && (first & 0x80) === 0)) {
      return this.#refuse(row, 1008, 'too many fragments');
    }
    if (available < headerBytes) {
      // The length is judged as soon as it is there, before the mask.
      if (length7 < 126 || available < headerBytes - (this.#maskBit >> 5)) return headerBytes;
    }
    let payloadBytes = length7;
    if (length7 === 126) payloadBytes = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    else if (length7 === 127) {
      if (bytes[at + 2]! >= 0x80) return this.#refuse(row, 1002, 'a length above 2^63');
      payloadBytes = 0;
      for (let i = 2; i < 10; i++) payloadBytes = payloadBytes * 256 + bytes[at + i]!;
    }
    if (payloadBytes + (assembly === undefined ? 0 : assembly.payload.length) > this.#maxMessageBytes) {
      return this.#refuse(row, 1009, 'a message is too long');
    }
    return headerBytes + payloadBytes;
  }

  /** Unmasks the whole frame bytes[at..end), checked by #measure, and hands it on. */
  #deliver(row: number, bytes: Uint8Array, at: number, end: number): void {
    const first = bytes[at]!;
    const length7 = bytes[at + 1]! & 0x7f;
    let start = at + (length7 < 126 ? 2 : length7 === 126 ? 4 : 10);
    if (this.#maskBit !== 0) {
      const mask = bytes[start]! | (bytes[start + 1]! << 8) | (bytes[start + 2]! << 16) | (bytes[start + 3]! << 24);
      start += 4;
      const words = this.#view.of(bytes);
      if (words === undefined) maskBytes(bytes, start, end, mask);
      else maskWords(words, start, end, mask);
    }
    const opcode = first & 0x0f;
    if (first === (0x80 | OPCODE_BINARY)) this.#handler.onMessage(row, OPCODE_BINARY, bytes, start, end);
    else if (first === (0x80 | OPCODE_TEXT)) {
      if (validateUtf8(bytes, start, end, UTF8_START) === UTF8_START) this.#handler.onMessage(row, OPCODE_TEXT, bytes, start, end);
      else this.#refuse(row, 1007, 'a text is not UTF-8');
    } else if (opcode === OPCODE_PING) this.#handler.onPing(row, bytes, start, end);
    else if (opcode === OPCODE_PONG) this.#handler.onPong(row, bytes, start, end);
    else if (opcode === OPCODE_CLOSE) this.#deliverClose(row, bytes, start, end);
    else this.#assemble(row, opcode, (first & 0x80) !== 0, bytes, start, end);
  }

  #deliverClose(row: number, bytes: Uint8Array, start: number, end: number): void {
    if (end - start === 1) {
      this.#refuse(row, 1002, 'a close frame with half a code');
      return;
    }
    const code = start === end ? 1005 : (bytes[start]! << 8) | bytes[start + 1]!;
    const reasonStart = Math.min(start + 2, end);
    if (code !== 1005 ? !isCloseCode(code) : start !== end) {
      this.#refuse(row, 1002, 'a close code that may not be sent');
    } else if (validateUtf8(bytes, reasonStart, end, UTF8_START) !== UTF8_START) {
      this.#refuse(row, 1007, 'a close reason is not UTF-8');
    } else {
      this.#end(row);
      this.#handler.onCloseFrame(row, code, bytes, reasonStart, end);
    }
  }

  /** Adds a fragment; hands the message on with its last one. */
  #assemble(row: number, opcode: number, last: boolean, bytes: Uint8Array, start: number, end: number): void {
    let assembly = this.#assemblies.get(row);
    if (assembly === undefined) {
      assembly = { opcode, payload: new GrowingBytes(FIRST_CARRY_BYTES), fragments: 0, utf8: UTF8_START };
      this.#assemblies.set(row, assembly);
      this.#states[row] = this.#states[row]! | ASSEMBLING;
    }
    assembly.fragments++;
    assembly.payload.append(bytes, start, end);
    if (assembly.opcode === OPCODE_TEXT) {
      assembly.utf8 = validateUtf8(bytes, start, end, assembly.utf8);
      if (assembly.utf8 === UTF8_INVALID || (last && assembly.utf8 !== UTF8_START)) {
        this.#refuse(row, 1007, 'a text is not UTF-8');
        return;
      }
    }
    if (!last) return;
    this.#assemblies.delete(row);
    this.#states[row] = this.#states[row]! & ~ASSEMBLING;
    this.#handler.onMessage(row, assembly.opcode, assembly.payload.bytes, 0, assembly.payload.length);
  }

  /** Ends the row's stream and tells the handler; returns -1. */
  #refuse(row: number, closeCode: number, reason: string): number {
    this.#end(row);
    this.#handler.onProtocolError(row, closeCode, reason);
    return -1;
  }

  #end(row: number): void {
    this.#dropLeftovers(row);
    this.#states[row] = (this.#states[row]! & DELIVERING) | ENDED;
  }

  #carry(row: number, bytes: Uint8Array, start: number, end: number): void {
    let carry = this.#carries.get(row);
    if (carry === undefined) {
      carry = new GrowingBytes(FIRST_CARRY_BYTES);
      this.#carries.set(row, carry);
      this.#states[row] = this.#states[row]! | CARRYING;
    }
    carry.append(bytes, start, end);
  }

  #takeCarry(row: number): GrowingBytes {
    const carry = this.#carries.get(row)!;
    this.#carries.delete(row);
    this.#states[row] = this.#states[row]! & ~CARRYING;
    return carry;
  }

  #dropLeftovers(row: number): void {
    const state = this.#states[row]!;
    if ((state & CARRYING) !== 0) this.#carries.delete(row);
    if ((state & ASSEMBLING) !== 0) this.#assemblies.delete(row);
  }
}
