/** How a chart's numbers are written: the script of the page knows the same words. */
export type Unit = 'count' | 'perSecond' | 'ms' | 'bytes' | 'bytesPerSecond' | 'cores' | 'share';

/** A colour of the page's palette by its role; page.css says which it is in light and in dark. */
export type Tone = 'blue' | 'teal' | 'amber' | 'red' | 'violet' | 'grey';

export interface Line {
  readonly label: string;
  readonly tone: Tone;
  readonly values: readonly (number | null)[];
  readonly dashed?: boolean;
  /** A baseline's line: thin and grey, behind the run's own. */
  readonly isBefore?: boolean;
}

/** One chart over time (or along percentiles), as it is drawn by the page's script and, without one, as SVG. */
export interface Chart {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly isLog?: boolean;
  /** Its lines are kinds of one sum, drawn on top of each other. */
  readonly isStacked?: boolean;
  /** What a reader should know to read it right. */
  readonly note?: string;
  readonly lines: readonly Line[];
}

/** Part of the time axis, seconds. */
export interface Phase {
  readonly name: string;
  readonly from: number;
  readonly until: number;
}

/** A chart that cannot be drawn, and why. */
export interface MissingChart {
  readonly title: string;
  readonly reason: string;
}

export function hasValues(values: readonly (number | null)[]): boolean {
  return values.some((value) => value !== null);
}
