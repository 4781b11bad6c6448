import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { GwrkError } from '../../core/errors.js';
import { printable } from '../printable.js';

/** One line of history.jsonl: what one run, or the median of several, measured. */
export interface HistoryEntry {
  readonly schema: 'gwrk/history/1';
  /** ISO 8601. */
  readonly at: string;
  readonly scenario: string;
  /** Of the scenario: values of different hashes are of different things. */
  readonly hash: string;
  readonly commit?: string | null;
  /** "session_ready.p99": milliseconds, and the like. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly environment?: Readonly<Record<string, string | number>>;
}

const MAX_BYTES = 64 * 1024 * 1024;

/** Reads a history. Throws GWRK_HISTORY_UNREADABLE, with the line. */
export async function loadHistory(path: string): Promise<HistoryEntry[]> {
  let text: string;
  try {
    // Non-blocking, so that a pipe of that name cannot hold us.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const { size } = await file.stat();
      if (size > MAX_BYTES) throw new Error(`the file has ${size} bytes, at most ${MAX_BYTES} are read`);
      text = await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^[A-Z]+: |, .*$/gu, '') : String(error);
    throw new GwrkError('GWRK_HISTORY_UNREADABLE', `the history cannot be read: ${reason}`, { where: path, cause: error });
  }
  return parseHistory(text, path);
}

/** The entries of a history's text, oldest first. `where` names the file in errors. */
export function parseHistory(text: string, where: string): HistoryEntry[] {
  const entries = text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [parseLine(line, `${where}:${index + 1}`)]));
  // A stable sort: what was written later stands later.
  return entries.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** One entry as a line of the file, its line break included. */
export function historyLine(entry: HistoryEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

function parseLine(line: string, where: string): HistoryEntry {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new GwrkError('GWRK_HISTORY_UNREADABLE', 'this line is not JSON', { where, given: printable(line, 80), cause: error });
  }
  const fault = faultOf(value);
  if (fault !== undefined) throw new GwrkError('GWRK_HISTORY_UNREADABLE', fault, { where, given: printable(line, 80) });
  return value as HistoryEntry;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function faultOf(value: unknown): string | undefined {
  if (!isObject(value)) return 'this line is not an object';
  if (value.schema !== 'gwrk/history/1') return 'schema is not gwrk/history/1';
  if (typeof value.at !== 'string' || Number.isNaN(Date.parse(value.at))) return 'at is not a time';
  for (const key of ['scenario', 'hash']) if (typeof value[key] !== 'string') return `${key} is not a text`;
  if (value.commit !== undefined && value.commit !== null && typeof value.commit !== 'string') return 'commit is not a text';
  if (!isObject(value.metrics)) return 'metrics is not an object';
  const odd = Object.entries(value.metrics).find(([, one]) => typeof one !== 'number' || !Number.isFinite(one));
  if (odd) return `metrics.${printable(odd[0], 60)} is not a number`;
  if (value.environment !== undefined && !isObject(value.environment)) return 'environment is not an object';
  return undefined;
}
