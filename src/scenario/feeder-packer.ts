import { isUtf8 } from 'node:buffer';
import { type FeederData, type FeederPlan, MAX_VALUE_BYTES, type RowProblem } from './feeder.js';

const STARTS_A_CHUNK = 65_536;
/** Bad rows that are told one by one. */
export const MAX_ROW_PROBLEMS = 10;

/** Collects the values of used columns back to back: a million rows are two typed arrays and no object. */
export class FeederPacker {
  /** A row that is being read: where its next byte goes. */
  length = 0;
  rows = 0;
  readonly problems: RowProblem[] = [];
  problemCount = 0;
  readonly bytes: Uint8Array;
  readonly kept: number;
  readonly keptAs: Int16Array;
  readonly isBare: Uint8Array;
  readonly #plan: FeederPlan;
  readonly #memory: SharedArrayBuffer;
  /** Starts of fields, in chunks, so that nothing is copied while they grow. */
  readonly #chunks: Uint32Array[] = [];
  #starts = 0;
  /** Where the row that is being read begins. */
  #rowStart = 0;
  #rowStarts = 0;

  /** `fileBytes` is the most that the values can take together. */
  constructor(plan: FeederPlan, fileBytes: number) {
    this.#plan = plan;
    this.#memory = new SharedArrayBuffer(Math.max(1, fileBytes));
    this.bytes = new Uint8Array(this.#memory);
    this.kept = plan.used.length;
    this.keptAs = new Int16Array(plan.columns.length).fill(-1);
    for (const [index, column] of plan.used.entries()) this.keptAs[column] = index;
    // CSV knows nothing but text; JSON lines say otherwise where they meet some.
    this.isBare = new Uint8Array(this.kept).fill(plan.format === 'jsonl' ? 1 : 0);
  }

  /** Whether reading on makes sense: after that many faults the file is not what it is taken for. */
  get isHopeless(): boolean {
    return this.problemCount >= MAX_ROW_PROBLEMS;
  }

  beginRow(): void {
    this.#rowStart = this.length;
    this.#rowStarts = this.#starts;
  }

  /** The next kept value of the row begins here. */
  beginValue(): void {
    const at = this.#starts++;
    const chunk = Math.floor(at / STARTS_A_CHUNK);
    this.#chunks[chunk] ??= new Uint32Array(STARTS_A_CHUNK);
    this.#chunks[chunk][at % STARTS_A_CHUNK] = this.length;
  }

  /** The row is whole. */
  endRow(line: number): void {
    const from = this.#rowStart;
    if (this.length > from && !isUtf8(Buffer.from(this.bytes.subarray(from, this.length)))) this.refuseRow(line, 'this row is not UTF-8');
    else this.rows++;
  }

  /** The row is none: what was kept of it is forgotten. */
  refuseRow(line: number, summary: string): void {
    this.length = this.#rowStart;
    this.#starts = this.#rowStarts;
    this.problemCount++;
    if (this.problems.length < MAX_ROW_PROBLEMS) this.problems.push({ line, summary });
  }

  /** What is wrong with a value of that many bytes; undefined: nothing. */
  static faultOf(bytes: number): string | undefined {
    return bytes > MAX_VALUE_BYTES ? `a value has ${bytes} bytes; at most ${MAX_VALUE_BYTES} are allowed` : undefined;
  }

  finish(): FeederData {
    const starts = new SharedArrayBuffer((this.#starts + 1) * Uint32Array.BYTES_PER_ELEMENT);
    const all = new Uint32Array(starts);
    for (const [index, chunk] of this.#chunks.entries()) {
      const from = index * STARTS_A_CHUNK;
      all.set(chunk.subarray(0, Math.max(0, Math.min(STARTS_A_CHUNK, this.#starts - from))), Math.min(from, this.#starts));
    }
    all[this.#starts] = this.length;
    const { name, order, loop } = this.#plan;
    const { rows, keptAs, kept, isBare } = this;
    return { name, order, loop, rows, keptAs, kept, isBare, bytes: this.#memory, starts };
  }
}
