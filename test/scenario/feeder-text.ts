import type { FeederData, FeederPlan } from '../../src/scenario/feeder.js';
import { CsvReader, csvColumns } from '../../src/scenario/feeder-csv.js';
import { JsonLinesReader, jsonLinesColumns } from '../../src/scenario/feeder-jsonl.js';
import { FeederPacker } from '../../src/scenario/feeder-packer.js';

export interface Packed {
  readonly data: FeederData;
  readonly problems: readonly string[];
}

/** The rows of a feeder whose file holds `text`, read in chunks of `chunkBytes`. */
export function packText(plan: FeederPlan, text: string | Uint8Array, chunkBytes = 65_536): Packed {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const packer = new FeederPacker(plan, bytes.length);
  const reader =
    plan.format === 'csv' ? new CsvReader(packer, plan.delimiter, plan.columns.length) : new JsonLinesReader(packer, plan.columns);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const chunk = bytes.slice(at, at + chunkBytes);
    reader.push(chunk, chunk.length);
  }
  reader.finish();
  return { data: packer.finish(), problems: packer.problems.map(({ line, summary }) => `${line}: ${summary}`) };
}

/** A plan that keeps every column of a CSV text. */
export function planOfCsv(text: string, delimiter = ','): FeederPlan {
  return planWith('csv', csvColumns(text, delimiter), delimiter);
}

/** A plan that keeps every column of the first line of JSON lines. */
export function planOfJsonLines(text: string): FeederPlan {
  return planWith('jsonl', jsonLinesColumns(text.split('\n', 1)[0]!)!, ',');
}

function planWith(format: 'csv' | 'jsonl', columns: readonly string[], delimiter: string): FeederPlan {
  const where = { file: 'rows', path: '/rows', base: '/' };
  return { name: 'rows', ...where, format, delimiter, order: 'sequential', loop: false, columns, used: [...columns.keys()] };
}

/** Every kept value of every row. */
export function rowsOf({ bytes, starts, kept, rows }: FeederData): string[][] {
  const all = Buffer.from(bytes);
  const at = new Uint32Array(starts);
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: kept }, (_unused, field) => all.toString('utf8', at[row * kept + field], at[row * kept + field + 1])),
  );
}
