/** Feeders: files whose rows give clients their values. Here are the parts that both the plan and the workers know; all of it is plain data. */

/** Longest value of a feeder or a capture, bytes. Longer ones are refused, so that what a step may write is known beforehand. */
export const MAX_VALUE_BYTES = 8_192;
/** Largest file of a feeder. */
export const MAX_FEEDER_BYTES = 1_073_741_824;

export type FeederOrder = 'unique' | 'sequential' | 'random';

/** A feeder of the file, resolved. */
export interface FeederPlan {
  readonly name: string;
  /** As written, and where that is: relative files are looked for beside the scenario file. */
  readonly file: string;
  readonly path: string;
  /** Directory of the scenario file. */
  readonly base: string;
  readonly format: 'csv' | 'jsonl';
  /** One letter, for csv. */
  readonly delimiter: string;
  readonly order: FeederOrder;
  readonly loop: boolean;
  /** Every column of the file, in its order. */
  readonly columns: readonly string[];
  /** Indexes in columns that some step uses, ascending; the rest of the file is not kept. */
  readonly used: readonly number[];
}

/** What a feeder's file is read as before it is known which columns are used. */
export type FeederFile = Pick<FeederPlan, 'name' | 'path' | 'base' | 'format' | 'delimiter'>;

/** The rows of a feeder, once in memory for all workers. Field f of row r is bytes[starts[r * used + f] .. starts[r * used + f + 1]). */
export interface FeederData {
  readonly name: string;
  readonly order: FeederOrder;
  readonly loop: boolean;
  readonly rows: number;
  /** By index of a column in the file: its index among those that are kept; -1 when it is not. */
  readonly keptAs: Int16Array;
  readonly kept: number;
  /** By index among the kept: 1 when its values are JSON as they stand (numbers, true), 0 for text. */
  readonly isBare: Uint8Array;
  readonly bytes: SharedArrayBuffer;
  /** Uint32. */
  readonly starts: SharedArrayBuffer;
}

/** "players.csv:17" and what is wrong there. */
export interface RowProblem {
  readonly line: number;
  readonly summary: string;
}
