import { deflateSync } from 'node:zlib';
import { BUCKETS, HIGHEST_US } from './recorder.js';

/** Marks of the format: version 2, counts as varints. */
const COOKIE = 0x1c849313;
const COMPRESSED_COOKIE = 0x1c849314;
const DIGITS = 3;
const HEADER_BYTES = 40;
/** A count is below 2^53; with its sign that is eight groups of seven bits. */
const MOST_COUNT_BYTES = 8;

const scratch = Buffer.alloc(HEADER_BYTES + BUCKETS * MOST_COUNT_BYTES);

/**
 * Counts by bucket in HdrHistogram's V2 format, compressed, base64. Not written by hdr-histogram-js: its way is through a
 * histogram of its own and takes four to ten times as long, which counts where a run encodes a dozen of them a second; and
 * it puts 1 for the normalizing offset and the bits of the integer 1 for the conversion ratio, where 0 and the double 1.0
 * belong. Its own reader skips both, others do not.
 */
export function encodeV2(counts: Float64Array): string {
  scratch.writeUInt32BE(COOKIE, 0);
  scratch.writeInt32BE(0, 8);
  scratch.writeInt32BE(DIGITS, 12);
  scratch.writeBigInt64BE(1n, 16);
  scratch.writeBigInt64BE(BigInt(HIGHEST_US), 24);
  scratch.writeDoubleBE(1, 32);
  const end = writeCounts(counts);
  scratch.writeInt32BE(end - HEADER_BYTES, 4);
  const deflated = deflateSync(scratch.subarray(0, end));
  const head = Buffer.alloc(8);
  head.writeUInt32BE(COMPRESSED_COOKIE, 0);
  head.writeInt32BE(deflated.length, 4);
  return Buffer.concat([head, deflated]).toString('base64');
}

/** Up to the last bucket in use: a count each, and a negative number for so many empty ones in a row. */
function writeCounts(counts: Float64Array): number {
  let limit = BUCKETS;
  while (limit > 1 && counts[limit - 1] === 0) limit--;
  let at = HEADER_BYTES;
  for (let bucket = 0; bucket < limit; bucket++) {
    const count = counts[bucket]!;
    if (count !== 0) {
      at = writeVarint(2 * count, at);
      continue;
    }
    const first = bucket;
    while (bucket + 1 < limit && counts[bucket + 1] === 0) bucket++;
    const empty = bucket - first + 1;
    at = writeVarint(empty === 1 ? 0 : 2 * empty - 1, at);
  }
  return at;
}

function writeVarint(value: number, at: number): number {
  let rest = value;
  while (rest >= 128) {
    scratch[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  scratch[at++] = rest;
  return at;
}
