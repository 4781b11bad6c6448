import { createReadStream } from 'node:fs';
import { FIRST_PREV, lineHash, readLine } from './audit-line.js';

export interface AuditFault {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** What differs, a sentence. */
  readonly fault: string;
}

export interface Verification {
  readonly files: number;
  readonly lines: number;
  /** SHA-256 of the last line: kept elsewhere, it shows later that nothing was rewritten or cut off. */
  readonly head: string | undefined;
  /** The chain begins in a file that was not given (rotated away). */
  readonly beginsLater: boolean;
  /** The first line at which the chain breaks. */
  readonly fault: AuditFault | undefined;
}

/** Lines of a file from byte `start` on, without their line feeds; the last one also when it has none, and then `isWhole` is false. */
export async function* readLines(path: string, start = 0): AsyncGenerator<{ line: Buffer; isWhole: boolean }> {
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { start, highWaterMark: 262_144 }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const line = rest.length === 0 ? chunk.subarray(from, end) : Buffer.concat([rest, chunk.subarray(from, end)]);
      rest = Buffer.alloc(0);
      from = end + 1;
      yield { line, isWhole: true };
    }
    if (from < chunk.length) rest = Buffer.concat([rest, chunk.subarray(from)]);
  }
  if (rest.length > 0) yield { line: rest, isWhole: false };
}

/** Follows the chain from line to line. */
export class ChainReader {
  /** Hash of the last good line. */
  head: string | undefined;
  beginsLater = false;

  /** The fields of the next line, or what is wrong with it; `number` is its place in its file, from 1. After a fault nothing counts. */
  next(
    line: Buffer,
    isWhole: boolean,
    number: number,
  ): { readonly fields: Readonly<Record<string, unknown>> } | { readonly fault: string } {
    const read = readLine(line);
    if ('fault' in read) return read;
    if (!isWhole) return { fault: 'its line feed is missing' };
    if (this.head === undefined) {
      this.beginsLater = read.prev !== FIRST_PREV;
      if (this.beginsLater && read.fields.ev !== 'audit.rotate') {
        return { fault: 'the chain begins with neither a first line nor an audit.rotate: lines before it were removed' };
      }
    } else if (read.prev !== this.head) {
      const before = number === 1 ? 'the last line of the file before' : `line ${number - 1}`;
      const hashes = `its prev is ${short(read.prev)}, ${before} has ${short(this.head)}`;
      return { fault: `${hashes}: that line was changed, or lines between them were removed or added` };
    }
    this.head = lineHash(line);
    return { fields: read.fields };
  }
}

const short = (hash: string): string => `${hash.slice(0, 12)}…`;

/**
 * Follows the chain through the files, oldest first, up to the first line that breaks it. `onFields` gets each good line.
 * Rejects when a file cannot be read.
 */
export async function verifyLog(
  paths: readonly string[],
  onFields: (fields: Readonly<Record<string, unknown>>) => void = () => {},
): Promise<Verification> {
  const chain = new ChainReader();
  let lines = 0;
  let fault: AuditFault | undefined;
  for (const file of paths) {
    let number = 0;
    for await (const { line, isWhole } of readLines(file)) {
      const read = chain.next(line, isWhole, ++number);
      if ('fault' in read) {
        fault = { file, line: number, fault: read.fault };
        break;
      }
      lines++;
      onFields(read.fields);
    }
    if (fault !== undefined) break;
  }
  return { files: paths.length, lines, head: chain.head, beginsLater: chain.beginsLater, fault };
}
