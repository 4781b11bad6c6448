/** JSON lines: an object a line. Its members are the columns, as the first line has them. */
import { GrowingBytes } from '../protocol/growing-bytes.js';
import { FeederPacker } from './feeder-packer.js';

const LF = 0x0a;
const FIRST_LINE_BYTES = 4096;

type Row = Readonly<Record<string, unknown>>;

/** Reads the rows of a file of JSON lines chunk by chunk into a packer; only one line at a time is ever an object. */
export class JsonLinesReader {
  readonly #packer: FeederPacker;
  /** Names of the kept columns. */
  readonly #names: readonly string[];
  readonly #partial = new GrowingBytes(FIRST_LINE_BYTES);
  readonly #encoder = new TextEncoder();
  #line = 0;

  constructor(packer: FeederPacker, columns: readonly string[]) {
    this.#packer = packer;
    this.#names = columns.filter((_, index) => packer.keptAs[index]! >= 0);
  }

  /** The next bytes of the file. The first chunk has no byte order mark any more. */
  push(bytes: Uint8Array, length: number): void {
    let start = 0;
    for (let end = bytes.indexOf(LF); end >= 0 && end < length; end = bytes.indexOf(LF, start)) {
      this.#partial.append(bytes, start, end);
      this.#takeLine();
      start = end + 1;
    }
    this.#partial.append(bytes, start, length);
  }

  /** The file is over; its last line need not have an end. */
  finish(): void {
    this.#takeLine();
  }

  #takeLine(): void {
    const text = Buffer.from(this.#partial.bytes.buffer, 0, this.#partial.length).toString('utf8');
    this.#partial.length = 0;
    this.#line++;
    if (text.trim() === '') return;
    const packer = this.#packer;
    packer.beginRow();
    const row = rowOf(text);
    const fault = row === undefined ? 'this line is not a JSON object' : this.#pack(row);
    if (fault === undefined) packer.endRow(this.#line);
    else packer.refuseRow(this.#line, fault);
  }

  /** Packs the kept members; says what is wrong with one. */
  #pack(row: Row): string | undefined {
    const packer = this.#packer;
    for (const [index, name] of this.#names.entries()) {
      const value = Object.hasOwn(row, name) ? row[name] : undefined;
      if (value === undefined) return `this line has no ${name}`;
      packer.beginValue();
      const isText = typeof value === 'string';
      const text = isText ? value : JSON.stringify(value);
      const bytes = Buffer.byteLength(text);
      const fault = FeederPacker.faultOf(bytes);
      if (fault !== undefined) return fault;
      if (packer.length + bytes > packer.bytes.length)
        return 'the values of this file take more than the file itself: numbers too short to be written out';
      const target = packer.bytes.subarray(packer.length, packer.length + bytes);
      target.set(this.#encoder.encode(text));
      packer.length += bytes;
      if (isText) packer.isBare[index] = 0;
    }
    return undefined;
  }
}

/** The names of the members of the first line; undefined when it is no object. */
export function jsonLinesColumns(line: string): string[] | undefined {
  const row = rowOf(line);
  return row && Object.keys(row);
}

function rowOf(text: string): Row | undefined {
  try {
    const row: unknown = JSON.parse(text);
    return row !== null && typeof row === 'object' && !Array.isArray(row) ? (row as Row) : undefined;
  } catch {
    return undefined;
  }
}
