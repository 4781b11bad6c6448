import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { GwrkError } from '../core/errors.js';
import type { SlowOperation, SlowOperations, Stall } from '../measure/slow-operation.js';
import { isCause, type RunCauses, serverFacts } from './causes.js';
import { writeOutput } from './write.js';

/** What a run keeps beside its report about its slow operations. */
export interface SlowRecord {
  readonly operations: SlowOperations;
  /** "ip:port" of the target, one for each of its addresses. */
  readonly targets: readonly string[];
  readonly causes: RunCauses;
}

const OPERATIONS_FILE = 'slow-ops.jsonl';
const CAUSES_FILE = 'causes.jsonl';

/** Writes slow-ops.jsonl and causes.jsonl: a line of facts, then a line an entry. Throws GWRK_OUTPUT_UNWRITABLE. */
export async function writeSlowRecord(directory: string, { operations, targets, causes }: SlowRecord): Promise<void> {
  const { kept, ...facts } = operations;
  await writeOutput(join(directory, OPERATIONS_FILE), lines([{ schema: 'gwrk/slow-ops/1', ...facts, targets }, ...kept]));
  if ('unknown' in causes) {
    await writeOutput(join(directory, CAUSES_FILE), lines([{ schema: 'gwrk/causes/1', ...causes }]));
    return;
  }
  const { causes: entries, ...server } = causes;
  await writeOutput(join(directory, CAUSES_FILE), lines([{ schema: 'gwrk/causes/1', ...server }, ...entries]));
}

const lines = (values: readonly object[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');

/** What the directory of a run holds of its slow operations. Throws GWRK_REPORT_UNREADABLE. */
export async function readSlowRecord(directory: string): Promise<SlowRecord> {
  const [facts, ...kept] = await readLines(join(directory, OPERATIONS_FILE));
  const [server, ...entries] = await readLines(join(directory, CAUSES_FILE));
  if (!isOperationFacts(facts) || !kept.every(isOperation)) throw unreadable(join(directory, OPERATIONS_FILE));
  const { thresholdUs, total, targets, stalls } = facts;
  return { operations: { thresholdUs, total, kept, stalls }, targets, causes: runCauses(server, entries, join(directory, CAUSES_FILE)) };
}

function runCauses(server: unknown, entries: readonly unknown[], path: string): RunCauses {
  const { unknown, clockErrorUs } = Object(server) as { readonly unknown?: unknown; readonly clockErrorUs?: unknown };
  if (typeof unknown === 'string') return { unknown };
  const facts = serverFacts(server);
  if (facts === undefined) throw unreadable(path);
  return { ...facts, clockErrorUs: typeof clockErrorUs === 'number' ? clockErrorUs : 0, causes: entries.filter(isCause) };
}

async function readLines(path: string): Promise<unknown[]> {
  const values: unknown[] = [];
  try {
    for await (const line of createInterface({ input: createReadStream(path) })) if (line !== '') values.push(JSON.parse(line));
  } catch (error) {
    throw unreadable(path, error);
  }
  return values;
}

function unreadable(where: string, cause?: unknown): GwrkError {
  const isAbsent = (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
  const summary = isAbsent
    ? 'there is no such file'
    : cause instanceof Error
      ? cause.message
      : 'this is not what gwrk run wrote about slow operations';
  return new GwrkError('GWRK_REPORT_UNREADABLE', summary, {
    where,
    hint: 'give the directory of a run that gwrk run wrote',
    ...(cause === undefined ? {} : { cause }),
  });
}

function isStall(value: unknown): value is Stall {
  const { worker, startUs, endUs } = Object(value) as Record<string, unknown>;
  return [worker, startUs, endUs].every(Number.isFinite);
}

function isOperationFacts(value: unknown): value is Omit<SlowOperations, 'kept'> & { readonly targets: string[] } {
  const { thresholdUs, total, targets, stalls } = Object(value) as Record<string, unknown>;
  if (!Array.isArray(stalls) || !stalls.every(isStall)) return false;
  const isList = Array.isArray(targets) && targets.every((target) => typeof target === 'string');
  return typeof thresholdUs === 'number' && typeof total === 'number' && isList;
}

function isOperation(value: unknown): value is SlowOperation {
  const operation = Object(value) as Record<string, unknown>;
  const areNumbers = ['worker', 'row', 'intendedUs', 'sentUs', 'doneUs'].every((key) => Number.isFinite(operation[key]));
  const isEnd = ['ok', 'fail', 'timeout'].includes(operation.outcome as string);
  const hasAddress = operation.local === undefined || typeof operation.local === 'string';
  return areNumbers && isEnd && hasAddress && typeof operation.name === 'string' && typeof operation.signed === 'boolean';
}
