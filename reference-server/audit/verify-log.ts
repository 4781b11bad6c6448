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

/** Lines of a file, without their line feeds; the last one also when it has none, and then `isWhole` is false. */
export async function* readLines(path: string): AsyncGenerator<{ line: Buffer; isWhole: boolean }> {
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 262_144 }) as AsyncIterable<Buffer>) {
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

/**
 * Follows the chain through the files, oldest first, up to the first line that breaks it. `onFields` gets each good line.
 * Rejects when a file cannot be read.
 */
export async function verifyLog(
  paths: readonly string[],
  onFields: (fields: Readonly<Record<string, unknown>>) => void = () => {},
): Promise<Verification> {
  let prev: string | undefined;
  let lines = 0;
  let beginsLater = false;
  for (const file of paths) {
    let number = 0;
    for await (const { line, isWhole } of readLines(file)) {
      number++;
      const fault = faultOf(line, isWhole, prev, number);
      if (fault !== undefined) {
        return { files: paths.length, lines, head: prev, beginsLater, fault: { file, line: number, fault } };
      }
      const { fields, prev: said } = readLine(line) as Extract<ReturnType<typeof readLine>, { prev: string }>;
      beginsLater ||= prev === undefined && said !== FIRST_PREV;
      prev = lineHash(line);
      lines++;
      onFields(fields);
    }
  }
  return { files: paths.length, lines, head: prev, beginsLater, fault: undefined };
}

function faultOf(line: Buffer, isWhole: boolean, prev: string | undefined, number: number): string | undefined {
  const read = readLine(line);
  if ('fault' in read) return read.fault;
  if (!isWhole) return 'its line feed is missing';
  if (prev === undefined) {
    if (read.prev === FIRST_PREV || read.fields.ev === 'audit.rotate') return undefined;
    return `the chain begins with neither a first line nor an audit.rotate: lines before it were removed`;
  }
  if (read.prev === prev) return undefined;
  const before = number === 1 ? 'the last line of the file before' : `line ${number - 1}`;
  return `its prev is ${short(read.prev)}, ${before} has ${short(prev)}: that line was changed, or lines between them were removed or added`;
}

const short = (hash: string): string => `${hash.slice(0, 12)}…`;
