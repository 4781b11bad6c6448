import * as crypto from 'node:crypto';

/** `prev` of the very first line: there is no line before it. */
export const FIRST_PREV = '0'.repeat(64);

/** crypto.hash, where this Node has it (20.12), takes half the time of createHash. */
const { hash } = crypto as { hash?: (algorithm: string, data: Buffer | string, encoding: 'hex') => string };

/** SHA-256 of a line without its line feed, 64 hex digits: the `prev` of the line behind it. */
export const lineHash: (line: Buffer | string) => string =
  hash === undefined
    ? (line) => crypto.createHash('sha256').update(line).digest('hex')
    : // node throws for an empty name only; the call is the same function for every line
      (line) => hash('sha256', line, 'hex');

const table = new Uint32Array(256);
for (let n = 0; n < 256; n++) {
  let crc = n;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  table[n] = crc >>> 0;
}

/** CRC-32 (ISO-HDLC, as in zip) of bytes[0..end), 8 hex digits. It finds every change of a single byte. */
export function crcOf(bytes: Uint8Array, end: number): string {
  let crc = 0xffffffff;
  for (let i = 0; i < end; i++) crc = table[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return ((crc ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}

/** Bytes of `,"crc":"01234567"}`, with which every line ends. */
const CRC_BYTES = 18;

/**
 * A line of JSON with its checksum as the last member. The chain finds what was changed in a line by the line behind it; the
 * last line has none, so each carries the checksum of its own bytes as well.
 */
export function withCrc(json: string): Buffer {
  const body = Buffer.from(json.slice(0, -1));
  const line = Buffer.allocUnsafe(body.length + CRC_BYTES);
  body.copy(line);
  line.write(`,"crc":"${crcOf(body, body.length)}"}`, body.length, 'latin1');
  return line;
}

/** What a line of the log says, or what is wrong with its bytes. */
export type ReadLine = { readonly fields: Readonly<Record<string, unknown>>; readonly prev: string } | { readonly fault: string };

/** Reads a line without its line feed. */
export function readLine(line: Buffer): ReadLine {
  const bodyEnd = line.length - CRC_BYTES;
  const crc = /^,"crc":"([0-9a-f]{8})"\}$/u.exec(line.toString('latin1', Math.max(0, bodyEnd)));
  if (bodyEnd < 2 || crc === null) return { fault: 'it does not end with a checksum (cut off, or not a line of the audit log)' };
  const expected = crcOf(line, bodyEnd);
  if (crc[1] !== expected) return { fault: `its checksum says ${crc[1]}, its bytes give ${expected}` };
  let fields: unknown;
  try {
    fields = JSON.parse(line.toString('utf8'));
  } catch {
    return { fault: 'it is not JSON' };
  }
  const { ev, prev } = fields as Record<string, unknown>;
  if (typeof ev !== 'string' || typeof prev !== 'string' || !/^[0-9a-f]{64}$/u.test(prev)) return { fault: 'it has no ev or no prev' };
  return { fields: fields as Record<string, unknown>, prev };
}
