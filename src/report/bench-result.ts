/** One figure of a comparison table: what was measured here, beside what the article published. */
export interface BenchCell {
  /** A number with its unit, or a word ("refused"). Null: not measured, and `reason` says why. */
  readonly measured: number | string | null;
  readonly unit?: string;
  /** Lowest and highest of the repetitions; `measured` is their median. */
  readonly range?: readonly [number, number];
  /** As the article prints it: "38 ms". */
  readonly published?: string;
  readonly reason?: string;
}

export interface BenchRow {
  readonly label: string;
  /** One a column. */
  readonly cells: readonly BenchCell[];
}

/** One comparison table as it was measured: what is kept as JSON, and what every rendering is made of. */
export interface BenchResult {
  readonly schema: 'gwrk/bench/1';
  readonly name: string;
  readonly title: string;
  /** How it was measured, in two lines. */
  readonly how: readonly [string, string];
  /** The head of the column of labels, then of each cell. */
  readonly columns: readonly string[];
  readonly rows: readonly BenchRow[];
  /** What a reader has to know: honest counterparts, what could not be measured. */
  readonly notes: readonly string[];
  /** A table at small size shows that it works; its figures are worth nothing. */
  readonly small: boolean;
  readonly repetitions: number;
  readonly seed: number;
  /** Further flags of the command line that change what is measured: "--clients 300000". Without passwords. */
  readonly options?: readonly string[];
  readonly startedAt: string;
  readonly durationMs: number;
  readonly environment: Readonly<Record<string, string | number>>;
}

/** True for what `gwrk bench` wrote. */
export function isBenchResult(value: unknown): value is BenchResult {
  return typeof value === 'object' && value !== null && (value as { schema?: unknown }).schema === 'gwrk/bench/1';
}
