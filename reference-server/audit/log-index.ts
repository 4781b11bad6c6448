import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, writeFile } from 'node:fs/promises';
import { endianness } from 'node:os';

/**
 * An index of a file of the log, beside it as FILE.index: for each sid and each uidHash of a line the place of that line, sorted by a hash
 * of the value. A look-up reads a few words of it and the lines themselves. The log goes on behind what was indexed; that part is read
 * line by line.
 *
 * Form: 64 bytes of head (magic, bytes indexed, entries, the first bytes of the log), then entries of u64, little-endian: a hash of
 * 24 bits above, a place of 40 bits below.
 */

/** What lines can be found by. */
export const INDEXED_FIELDS = ['sid', 'uidHash'] as const;
export type IndexedField = (typeof INDEXED_FIELDS)[number];

const MAGIC = 'gwrkidx1';
const HEAD_BYTES = 64;
const FIRST_BYTES_AT = 24;
/** As long as an entry's value: base64url of 16 bytes. */
const VALUE_BYTES = 22;
const MARKS = INDEXED_FIELDS.map((field) => Buffer.from(`"${field}":"`));
const PLACE_BITS = 40n;
/** Longer than any line of the log. */
const LINE_ROOM = 16_384;

export const indexPath = (path: string): string => `${path}.index`;

/** FNV-1a of a value, 24 bits. Two values may share one: lines are compared before they are believed. */
function hashOf(bytes: Uint8Array, start: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < start + VALUE_BYTES; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return (hash ^ (hash >>> 24)) & 0xffffff;
}

/** Entries as they are found, two 32-bit words each; memory is doubled when it is full. */
class Entries {
  #words = new Uint32Array(65_536);
  count = 0;

  add(hash: number, place: number): void {
    if (2 * this.count === this.#words.length) {
      const larger = new Uint32Array(2 * this.#words.length);
      larger.set(this.#words);
      this.#words = larger;
    }
    this.#words[2 * this.count] = place >>> 0;
    this.#words[2 * this.count + 1] = hash * 256 + Math.floor(place / 2 ** 32);
    this.count++;
  }

  /** By hash, then by place. */
  sorted(): BigUint64Array {
    return new BigUint64Array(this.#words.buffer, 0, this.count).sort();
  }
}

export interface IndexFacts {
  readonly entries: number;
  /** Whole lines that the index knows, in bytes. */
  readonly logBytes: number;
}

/** Writes FILE.index anew. Rejects when the log cannot be read or the index not be written. */
export async function indexLog(path: string): Promise<IndexFacts> {
  if (endianness() !== 'LE') throw new Error('an index is made on little-endian machines only');
  const entries = new Entries();
  const first = Buffer.alloc(HEAD_BYTES - FIRST_BYTES_AT);
  let rest: Buffer = Buffer.alloc(0);
  let restAt = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1_048_576 }) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (restAt === 0) bytes.copy(first);
    const end = bytes.lastIndexOf(10) + 1;
    addEntries(entries, bytes, end, restAt);
    rest = bytes.subarray(end);
    restAt += end;
  }
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(MAGIC, 'latin1');
  head.writeBigUInt64LE(BigInt(restAt), 8);
  head.writeBigUInt64LE(BigInt(entries.count), 16);
  first.copy(head, FIRST_BYTES_AT);
  const sorted = entries.sorted();
  const all = Buffer.concat([head, Buffer.from(sorted.buffer, sorted.byteOffset, sorted.byteLength)]);
  // As a whole or not at all: a search may be reading the old one.
  await writeFile(`${indexPath(path)}~`, all, { mode: 0o600 });
  await rename(`${indexPath(path)}~`, indexPath(path));
  return { entries: entries.count, logBytes: restAt };
}

/** Of all lines in bytes[0..end), which stand at `place` in the file. A quote inside a text is escaped, so a mark is only where it should be. */
function addEntries(entries: Entries, bytes: Buffer, end: number, place: number): void {
  for (const mark of MARKS) {
    let lineAt = 0;
    for (let at = bytes.indexOf(mark); at >= 0 && at < end; at = bytes.indexOf(mark, at + mark.length)) {
      for (let next = bytes.indexOf(10, lineAt); next >= 0 && next < at; next = bytes.indexOf(10, lineAt)) lineAt = next + 1;
      const valueAt = at + mark.length;
      if (bytes[valueAt + VALUE_BYTES] === 0x22) entries.add(hashOf(bytes, valueAt), place + lineAt);
    }
  }
}

/** The index of a log as it is on disk. */
export class LogIndex {
  readonly #handle: FileHandle;
  readonly #count: number;
  /** From here on the log is not indexed. */
  readonly logBytes: number;

  /** Undefined when there is none, or none of this file: one that was rotated away left its index behind. */
  static async open(path: string, log: FileHandle): Promise<LogIndex | undefined> {
    const handle = await open(indexPath(path), 'r').catch(() => undefined);
    if (handle === undefined) return undefined;
    const head = Buffer.alloc(HEAD_BYTES);
    const first = Buffer.alloc(HEAD_BYTES - FIRST_BYTES_AT);
    const { bytesRead } = await handle.read(head, 0, HEAD_BYTES, 0);
    await log.read(first, 0, first.length, 0);
    const { size } = await log.stat();
    const { size: indexSize } = await handle.stat();
    const isWhole = bytesRead === HEAD_BYTES && head.toString('latin1', 0, 8) === MAGIC;
    const [logBytes, count] = [Number(head.readBigUInt64LE(8)), Number(head.readBigUInt64LE(16))];
    if (isWhole && head.subarray(FIRST_BYTES_AT).equals(first) && logBytes <= size && indexSize === HEAD_BYTES + 8 * count) {
      return new LogIndex(handle, count, logBytes);
    }
    await handle.close();
    return undefined;
  }

  private constructor(handle: FileHandle, count: number, logBytes: number) {
    this.#handle = handle;
    this.#count = count;
    this.logBytes = logBytes;
  }

  /** Places of lines that may hold the value, in their order. */
  async places(value: string): Promise<number[]> {
    const hash = BigInt(hashOf(Buffer.from(value, 'latin1'), 0));
    let [low, high] = [0, this.#count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((await this.#entry(middle)) >> PLACE_BITS < hash) low = middle + 1;
      else high = middle;
    }
    const places: number[] = [];
    for (; low < this.#count; low++) {
      const entry = await this.#entry(low);
      if (entry >> PLACE_BITS !== hash) break;
      const place = Number(entry & ((1n << PLACE_BITS) - 1n));
      // A line stands here twice when both its fields have this hash.
      if (place !== places.at(-1)) places.push(place);
    }
    return places;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #entry(number: number): Promise<bigint> {
    const word = Buffer.alloc(8);
    await this.#handle.read(word, 0, 8, HEAD_BYTES + 8 * number);
    return word.readBigUInt64LE();
  }
}

/** The line that begins at this place, without its line feed. */
export async function lineAt(log: FileHandle, place: number): Promise<Buffer> {
  const room = Buffer.alloc(LINE_ROOM);
  const { bytesRead } = await log.read(room, 0, LINE_ROOM, place);
  const end = room.indexOf(10);
  return room.subarray(0, end < 0 ? bytesRead : end);
}
