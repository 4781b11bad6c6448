import type { Prng } from '../core/prng.js';
import { maskWords } from '../core/words.js';
import { COUNTER } from '../measure/metric-names.js';
import type { Recorder } from '../measure/recorder.js';
import type { Transport } from '../net/transport.js';
import { copyBytes } from '../protocol/bytes.js';
import { frameHeaderBytes, OPCODE_BINARY, writeCloseFrame, writeFrameHeader } from '../protocol/websocket-frame.js';
import type { FramingTable } from './framing-table.js';

/** Where the payload of the next frame is written: the longest header fits in front of it. */
export const PAYLOAD_AT = 16;
/** Bytes that a peer may leave unread before its client sends nothing more. */
export const MAX_BUFFERED_BYTES = 262_144;
/** So long a client pauses whose peer does not read, or that would run for ever without waiting. */
export const PAUSE_US = 1_000;

/** Sends frames. The payload is written once, in place, then framed and masked where it stands. */
export class Sender {
  /** The payload goes to scratch[PAYLOAD_AT..]. */
  readonly scratch: Uint8Array;
  readonly #words: Int32Array;
  readonly #transport: Transport;
  readonly #recorder: Recorder;
  /** Masking keys: RFC 6455 wants them unpredictable to protect proxies from scripts of others; here the bytes are our own. */
  readonly #prng: Prng;
  /** Present where messages go into plain streams. */
  readonly #framings: FramingTable | undefined;
  /** No close frame says that a connection ends. */
  readonly #isStream: boolean;

  constructor(
    transport: Transport,
    recorder: Recorder,
    prng: Prng,
    payloadBytes: number,
    framings?: FramingTable,
    isStream = framings !== undefined,
  ) {
    this.#isStream = isStream;
    this.#framings = framings;
    this.#transport = transport;
    this.#recorder = recorder;
    this.#prng = prng;
    this.scratch = new Uint8Array((PAYLOAD_AT + payloadBytes + (framings?.longestSuffix ?? 0) + 3) & ~3);
    this.#words = new Int32Array(this.scratch.buffer);
  }

  /** Sends scratch[PAYLOAD_AT..end) as one message of the given opcode. */
  sendMessage(row: number, opcode: number, end: number): void {
    this.#recorder.count(COUNTER.ws_msgs_sent);
    const framings = this.#framings;
    if (framings === undefined) this.#sendFrame(row, opcode, end);
    else this.#send(row, PAYLOAD_AT - framings.prefixBytes(row), framings.wrap(row, this.scratch, PAYLOAD_AT, end));
  }

  /** Sends scratch[PAYLOAD_AT..end) as one binary message. */
  sendBinary(row: number, end: number): void {
    this.sendMessage(row, OPCODE_BINARY, end);
  }

  /** Sends a ping or pong frame around bytes[start..end), at most 125. */
  sendControl(row: number, opcode: number, bytes: Uint8Array, start: number, end: number): void {
    this.#sendFrame(row, opcode, copyBytes(bytes, start, end, this.scratch, PAYLOAD_AT));
  }

  /** Says that we end the connection: by a close frame, or by the end of our side of the stream. */
  sendClose(row: number, code: number): void {
    if (this.#isStream) {
      this.#transport.close(row);
      return;
    }
    const end = writeCloseFrame(this.scratch, 0, code, true, this.#prng.nextU32());
    this.#send(row, 0, end);
  }

  #sendFrame(row: number, opcode: number, end: number): void {
    const { scratch } = this;
    const bytes = end - PAYLOAD_AT;
    const start = PAYLOAD_AT - frameHeaderBytes(bytes, true);
    const mask = this.#prng.nextU32();
    writeFrameHeader(scratch, start, opcode, bytes, true, mask);
    maskWords(this.#words, PAYLOAD_AT, end, mask);
    this.#send(row, start, end);
  }

  #send(row: number, start: number, end: number): void {
    this.#recorder.count(COUNTER.data_sent, end - start);
    this.#transport.send(row, this.scratch, start, end);
  }
}
