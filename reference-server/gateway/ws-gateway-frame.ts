const BINARY_FIN = 0x82;
const TEXT_FIN = 0x81;

/** One unmasked server frame (RFC 6455 section 5.2) that holds the whole message bytes[start..end), in a buffer of its own. */
export function frameMessage(bytes: Uint8Array, start: number, end: number, text: boolean): Buffer {
  const length = end - start;
  const headerBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerBytes + length);
  frame[0] = text ? TEXT_FIN : BINARY_FIN;
  if (headerBytes === 2) {
    frame[1] = length;
  } else if (headerBytes === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeUInt32BE(0, 2);
    frame.writeUInt32BE(length, 6);
  }
  frame.set(bytes.subarray(start, end), headerBytes);
  return frame;
}
