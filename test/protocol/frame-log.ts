/** A FrameReader whose callbacks are written down, and frames built by hand, apart from the code under test. */
import { type FrameHandler, FrameReader, type FrameReaderOptions } from '../../src/protocol/websocket-reader.js';
import { hexOf } from './random-bytes.js';

export type Logged = readonly [what: string, ...rest: (number | string)[]];

export interface LoggingReader {
  readonly reader: FrameReader;
  readonly log: Logged[];
}

export const LIMITS: FrameReaderOptions = { capacity: 8, role: 'server', maxMessageBytes: 4104, maxFragments: 4 };

/** `onEach` runs inside every callback, behind the note of it. */
export function loggingReader(options: Partial<FrameReaderOptions> = {}, onEach?: (row: number, what: string) => void): LoggingReader {
  const log: Logged[] = [];
  const note = (row: number, what: string, ...rest: (number | string)[]): void => {
    log.push([what, row, ...rest]);
    onEach?.(row, what);
  };
  const handler: FrameHandler = {
    onMessage: (row, opcode, bytes, start, end) => note(row, 'message', opcode, hexOf(bytes, start, end)),
    onPing: (row, bytes, start, end) => note(row, 'ping', hexOf(bytes, start, end)),
    onPong: (row, bytes, start, end) => note(row, 'pong', hexOf(bytes, start, end)),
    onCloseFrame: (row, code, bytes, start, end) => note(row, 'close', code, hexOf(bytes, start, end)),
    onProtocolError: (row, closeCode) => note(row, 'error', closeCode),
  };
  return { reader: new FrameReader({ ...LIMITS, ...options }, handler), log };
}

/** One frame by the letter of RFC 6455, section 5.2; `mask` of four bytes masks it. */
export function frame(first: number, payload: Uint8Array | string, mask: readonly number[] | null = [0x37, 0xfa, 0x21, 0x3d]): Uint8Array {
  const body = Buffer.from(payload as string);
  const header = body.length < 126 ? Buffer.alloc(2) : body.length < 65536 ? Buffer.alloc(4) : Buffer.alloc(10);
  header[0] = first;
  header[1] = (mask === null ? 0 : 0x80) | (header.length === 2 ? body.length : header.length === 4 ? 126 : 127);
  if (header.length === 4) header.writeUInt16BE(body.length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(body.length), 2);
  if (mask === null) return new Uint8Array(Buffer.concat([header, body]));
  const masked = body.map((byte, i) => byte ^ mask[i % 4]!);
  return new Uint8Array(Buffer.concat([header, Buffer.from(mask), masked]));
}

export const join = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** Feeds a copy, because a reader unmasks in place. */
export function feed(reader: FrameReader, row: number, bytes: Uint8Array, start = 0, end = bytes.length): void {
  reader.push(row, bytes.slice(start, end), 0, end - start);
}
