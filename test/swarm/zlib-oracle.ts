/** Checksums as zlib computes them: they stand at the end of what it packs (RFC 1950 section 2.2, RFC 1952 section 2.3.1). */
import { deflateSync, gzipSync } from 'node:zlib';

export const crc32 = (bytes: Uint8Array): number => gzipSync(bytes).readUInt32LE(gzipSync(bytes).length - 8);
export const adler32 = (bytes: Uint8Array): number => deflateSync(bytes).readUInt32BE(deflateSync(bytes).length - 4);
