/** Reads the WebSocket frames of many connections, addressed by row. The signatures; the bodies follow within minutes. */
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
  readonly maxMessageBytes: number;
  readonly maxFragments: number;
}

export class FrameReader {
  constructor(options: FrameReaderOptions, handler: FrameHandler) {
    void options;
    void handler;
  }
  /** Feeds bytes[start..end) of the row's stream. They may be changed (unmasked in place). Not from inside a callback of the same row. */
  push(_row: number, _bytes: Uint8Array, _start: number, _end: number): void {}
  /** Hands on nothing more of this row until resume(row); what comes is kept. May be called from inside a callback. */
  halt(_row: number): void {}
  /** Hands on what was kept, then goes on. May be called from inside a callback of the row. */
  resume(_row: number): void {}
  isHalted(_row: number): boolean {
    return false;
  }
  /** Forgets everything of the row: it is ready for a new connection. May be called from inside a callback. */
  reset(_row: number): void {}
}
