/** WebSocket frames (RFC 6455, section 5), written and masked. Reading is in websocket-reader.ts. */
import { copyBytes } from './bytes.js';

export const OPCODE_CONTINUATION = 0;
export const OPCODE_TEXT = 1;
export const OPCODE_BINARY = 2;
export const OPCODE_CLOSE = 8;
export const OPCODE_PING = 9;
export const OPCODE_PONG = 10;
/** Longest payload of a control frame. */
export const MAX_CONTROL_BYTES = 125;

/** Bytes of the header in front of a payload. */
export function frameHeaderBytes(payloadBytes: number, masked: boolean): number {
  return (payloadBytes < 126 ? 2 : payloadBytes < 65536 ? 4 : 10) + (masked ? 4 : 0);
}

/**
 * Writes the header of a whole frame (FIN set) and returns where the payload goes. `mask` is the masking key as a 32-bit
 * integer whose lowest byte is the first on the wire; the payload must then be masked with maskBytes().
 */
export function writeFrameHeader(out: Uint8Array, at: number, opcode: number, payloadBytes: number, masked: boolean, mask: number): number {
  const maskBit = masked ? 0x80 : 0;
  out[at] = 0x80 | opcode;
  let to = at + 2;
  if (payloadBytes < 126) {
    out[at + 1] = maskBit | payloadBytes;
  } else if (payloadBytes < 65536) {
    out[at + 1] = maskBit | 126;
    out[at + 2] = payloadBytes >>> 8;
    out[at + 3] = payloadBytes;
    to = at + 4;
  } else {
    out[at + 1] = maskBit | 127;
    const high = Math.floor(payloadBytes / 4294967296);
    writeU32BigEndian(out, at + 2, high);
    writeU32BigEndian(out, at + 6, payloadBytes - high * 4294967296);
    to = at + 10;
  }
  if (!masked) return to;
  out[to] = mask;
  out[to + 1] = mask >>> 8;
  out[to + 2] = mask >>> 16;
  out[to + 3] = mask >>> 24;
  return to + 4;
}

function writeU32BigEndian(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}

/** Below this many bytes a plain loop wins over the two views that 32-bit access needs. */
const WORD_MASKING_FROM_BYTES = 512;

/** XORs bytes[start..end) with the masking key, in place; masking and unmasking are the same. */
export function maskBytes(bytes: Uint8Array, start: number, end: number, mask: number): void {
  if (mask === 0) return;
  let at = start;
  let key = mask;
  if (end - start >= WORD_MASKING_FROM_BYTES) {
    const misaligned = (bytes.byteOffset + start) & 3;
    if (misaligned !== 0) {
      const head = start + 4 - misaligned;
      for (; at < head; at++) {
        bytes[at] = bytes[at]! ^ key;
        key = (key >>> 8) | (key << 24);
      }
    }
    const wordCount = (end - at) >>> 2;
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, wordCount);
    for (let i = 0; i < wordCount; i++) words[i] = words[i]! ^ key;
    at += wordCount * 4;
  }
  const m0 = key;
  const m1 = key >>> 8;
  const m2 = key >>> 16;
  const m3 = key >>> 24;
  for (const whole = end - 3; at < whole; at += 4) {
    bytes[at] = bytes[at]! ^ m0;
    bytes[at + 1] = bytes[at + 1]! ^ m1;
    bytes[at + 2] = bytes[at + 2]! ^ m2;
    bytes[at + 3] = bytes[at + 3]! ^ m3;
  }
  if (at < end) bytes[at] = bytes[at++]! ^ m0;
  if (at < end) bytes[at] = bytes[at++]! ^ m1;
  if (at < end) bytes[at] = bytes[at]! ^ m2;
}

/** Writes a whole frame around bytes[start..end), which are not changed, and returns its end. */
export function writeFrame(
  out: Uint8Array,
  at: number,
  opcode: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  masked: boolean,
  mask: number,
): number {
  const payloadAt = writeFrameHeader(out, at, opcode, end - start, masked, mask);
  const frameEnd = copyBytes(bytes, start, end, out, payloadAt);
  if (masked) maskBytes(out, payloadAt, frameEnd, mask);
  return frameEnd;
}

/** Writes a close frame with `code` and no reason, or an empty one for code 1005, and returns its end. */
export function writeCloseFrame(out: Uint8Array, at: number, code: number, masked: boolean, mask: number): number {
  const payloadBytes = code === 1005 ? 0 : 2;
  const payloadAt = writeFrameHeader(out, at, OPCODE_CLOSE, payloadBytes, masked, mask);
  if (payloadBytes === 0) return payloadAt;
  out[payloadAt] = code >>> 8;
  out[payloadAt + 1] = code;
  if (masked) maskBytes(out, payloadAt, payloadAt + 2, mask);
  return payloadAt + 2;
}

/** True for a close code that may stand in a close frame (RFC 6455, section 7.4, and the IANA registry's 1012 to 1014). */
export function isCloseCode(code: number): boolean {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}
