/** Checksums of packets: CRC-32 (ISO 3309, as in zlib and PNG), Adler-32 (RFC 1950), and the sum of bytes modulo 256. */

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  return crc >>> 0;
});
const ADLER_PRIME = 65_521;

/** Of bytes[start..end); those from `zeroFrom` to before `zeroTo` count as zeros. */
export type Checksum = (bytes: Uint8Array, start: number, end: number, zeroFrom: number, zeroTo: number) => number;

export const crc32: Checksum = (bytes, start, end, zeroFrom, zeroTo) => {
  let crc = 0xffffffff;
  for (let at = start; at < end; at++) {
    const byte = at >= zeroFrom && at < zeroTo ? 0 : bytes[at]!;
    crc = CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  }
  return ~crc >>> 0;
};

export const adler32: Checksum = (bytes, start, end, zeroFrom, zeroTo) => {
  let low = 1;
  let high = 0;
  for (let at = start; at < end; at++) {
    if (at < zeroFrom || at >= zeroTo) low = (low + bytes[at]!) % ADLER_PRIME;
    high = (high + low) % ADLER_PRIME;
  }
  return ((high << 16) | low) >>> 0;
};

export const sum8: Checksum = (bytes, start, end, zeroFrom, zeroTo) => {
  let sum = 0;
  for (let at = start; at < end; at++) if (at < zeroFrom || at >= zeroTo) sum += bytes[at]!;
  return sum & 0xff;
};
