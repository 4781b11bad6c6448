/** The files of feeders: only what lies beside the scenario or below the working directory is read, once, for all workers. */
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { sep } from 'node:path';
import { GwrkError } from '../core/errors.js';
import { type FeederData, type FeederFile, type FeederPlan, MAX_FEEDER_BYTES } from '../scenario/feeder.js';
import { CsvReader, csvColumns } from '../scenario/feeder-csv.js';
import { JsonLinesReader, jsonLinesColumns } from '../scenario/feeder-jsonl.js';
import { FeederPacker, MAX_ROW_PROBLEMS } from '../scenario/feeder-packer.js';
import { ScenarioProblems } from '../scenario/problems.js';

const CHUNK_BYTES = 1_048_576;
/** The line that names the columns must end within so many bytes. */
const FIRST_LINE_BYTES = 65_536;
const MAX_COLUMNS = 1_000;

/** The names of the columns of a feeder's file. Throws GWRK_FEEDER_INVALID. */
export function readFeederColumns(feeder: FeederFile): readonly string[] {
  const file = open(feeder);
  try {
    const bytes = Buffer.alloc(FIRST_LINE_BYTES);
    const text = withoutMark(bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0))).toString('utf8');
    if (text.trim() === '') throw invalid(feeder, 'this file is empty');
    const columns = feeder.format === 'csv' ? csvColumns(text, feeder.delimiter) : jsonLinesColumns(firstLine(text));
    if (columns === undefined) throw invalid(feeder, 'line 1 of this file is not a JSON object');
    if (columns.length > MAX_COLUMNS) throw invalid(feeder, `this file has ${columns.length} columns`, `at most ${MAX_COLUMNS}`);
    const twice = columns.find((name, index) => columns.indexOf(name) !== index);
    if (twice !== undefined) throw invalid(feeder, `line 1 of this file names ${twice === '' ? 'two columns nothing' : `${twice} twice`}`);
    return columns;
  } finally {
    closeSync(file);
  }
}

/** The rows of every feeder of a plan. Throws ScenarioProblems with every bad row, or GWRK_FEEDER_INVALID. */
export function loadFeeders(feeders: readonly FeederPlan[]): FeederData[] {
  const problems: GwrkError[] = [];
  const loaded = feeders.map((feeder) => loadFeeder(feeder, problems));
  if (problems.length > 0) throw new ScenarioProblems(problems);
  return loaded;
}

function loadFeeder(feeder: FeederPlan, problems: GwrkError[]): FeederData {
  const file = open(feeder);
  try {
    const packer = new FeederPacker(feeder, fstatSync(file).size);
    const reader =
      feeder.format === 'csv'
        ? new CsvReader(packer, feeder.delimiter, feeder.columns.length)
        : new JsonLinesReader(packer, feeder.columns);
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let at = 0; !packer.isHopeless; ) {
      const read = readSync(file, chunk, 0, chunk.length, at);
      if (read === 0) break;
      const bytes = at === 0 ? withoutMark(chunk.subarray(0, read)) : chunk.subarray(0, read);
      reader.push(bytes, bytes.length);
      at += read;
    }
    if (!packer.isHopeless) reader.finish();
    for (const { line, summary } of packer.problems)
      problems.push(new GwrkError('GWRK_FEEDER_INVALID', summary, { where: `${feeder.file}:${line}` }));
    if (packer.isHopeless) problems.push(invalid(feeder, `${MAX_ROW_PROBLEMS} rows of this file are wrong; it was not read any further`));
    else if (packer.rows === 0 && packer.problemCount === 0) throw invalid(feeder, 'this file has no rows');
    return packer.finish();
  } finally {
    closeSync(file);
  }
}

/** A descriptor of a regular file that a scenario may read. */
function open(feeder: FeederFile): number {
  const { path, base } = feeder;
  let file: number;
  try {
    const real = realpathSync(path);
    const isInside = [base, process.cwd()].some((directory) => real.startsWith(withSeparator(realpathSync(directory))));
    if (!isInside)
      throw invalid(feeder, 'a feeder may not read this file', 'a file in the directory of the scenario, or below the working directory');
    // Not blocking: opening a pipe would wait for its writer.
    file = openSync(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    if (error instanceof GwrkError) throw error;
    const reason = error instanceof Error ? error.message.replace(/, .*$/su, '') : String(error);
    throw invalid(feeder, `this file cannot be read: ${reason}`);
  }
  const stat = fstatSync(file);
  if (stat.isFile() && stat.size <= MAX_FEEDER_BYTES) return file;
  closeSync(file);
  throw stat.isFile()
    ? invalid(feeder, `this file has ${stat.size} bytes`, `at most ${MAX_FEEDER_BYTES}`)
    : invalid(feeder, 'this is not a regular file');
}

const withSeparator = (directory: string): string => (directory.endsWith(sep) ? directory : directory + sep);

function invalid({ path }: FeederFile, summary: string, allowed?: string): GwrkError {
  return new GwrkError('GWRK_FEEDER_INVALID', summary, { where: path, given: path, ...(allowed !== undefined && { allowed }) });
}

/** Without the byte order mark that some programs put in front of UTF-8. */
function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

const firstLine = (text: string): string => text.trimStart().split('\n', 1)[0] ?? '';
