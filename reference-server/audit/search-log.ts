import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { type IndexedField, LogIndex, lineAt } from './log-index.js';
import { readLines } from './verify-log.js';

/** What is looked for: lines whose field has this value. */
export interface LogQuery {
  readonly field: IndexedField;
  readonly value: string;
}

/** How the log names a user: the start of the uid's SHA-256. */
export function uidQuery(uid: string): LogQuery {
  return { field: 'uidHash', value: createHash('sha256').update(uid).digest().subarray(0, 16).toString('base64url') };
}

/**
 * Lines of a file that the query holds for, in their order, without their line feeds: by its index as far as there is one, then line by line.
 * The chain is not checked. Rejects when the file cannot be read.
 */
export async function* searchLog(path: string, query: LogQuery): AsyncGenerator<Buffer> {
  const log = await open(path, 'r');
  try {
    const index = await LogIndex.open(path, log);
    if (index !== undefined) {
      try {
        for (const place of await index.places(query.value)) {
          const line = await lineAt(log, place);
          if (holds(line, query)) yield line;
        }
      } finally {
        await index.close();
      }
    }
    for await (const { line } of readLines(path, index?.logBytes)) if (holds(line, query)) yield line;
  } finally {
    await log.close();
  }
}

function holds(line: Buffer, { field, value }: LogQuery): boolean {
  if (!line.includes(value)) return false;
  try {
    return (JSON.parse(line.toString('utf8')) as Readonly<Record<string, unknown>>)[field] === value;
  } catch {
    return false; // cut off, or not of this log: `gwrk audit verify` says so
  }
}
