import { bestSplit, type Split } from './best-split.js';
import { student } from './t-test.js';

export interface ChangePointOptions {
  /** Values looked at together; windows overlap by half. 50 by default, at least 2. */
  readonly window?: number;
  /** The largest p of a change. 0.001 by default. */
  readonly maxP?: number;
  /** The smallest change of the mean that counts, as a share: 0.05 by default. */
  readonly minMagnitude?: number;
}

export interface ChangePoint {
  /** Index of the first value after the change. */
  readonly index: number;
  /** Mean of the values since the change before this one. */
  readonly before: number;
  /** Mean of the values until the next change. */
  readonly after: number;
  /** (after - before) / before; infinite after a mean of zero. */
  readonly change: number;
  /** Two-sided p of Student's t test between both stretches. The split was chosen first: it looks clearer than it is. */
  readonly p: number;
}

/**
 * Where the mean of a series changed for good, oldest first: E-divisive (Matteson and James 2014) in overlapping windows, splits kept
 * by t test first at ten times maxP and then, weakest first, at maxP and minMagnitude (Fleming et al. 2023, "Hunter"). An alarm about
 * history, not a verdict on a change: pure noise gives one in 1.5 to 9 % of series. Throws RangeError for a value that is no number.
 */
export function changePoints(series: readonly number[], options: ChangePointOptions = {}): ChangePoint[] {
  const { window = 50, maxP = 0.001, minMagnitude = 0.05 } = options;
  if (!series.every(Number.isFinite)) throw new RangeError('a change point needs finite numbers');
  if (!(window >= 2)) throw new RangeError(`a window needs two values, not ${window}`);
  return withoutWeak(series, splitInWindows(series, window, looser(maxP)), maxP, minMagnitude);
}

/** The first pass keeps more than is asked for, since a split that looks weak beside another change may be a clear one in the end. */
const looser = (maxP: number): number => Math.min(0.5, maxP * 10);

/** Indexes of splits, ascending. */
function splitInWindows(series: readonly number[], window: number, maxP: number): number[] {
  const found = new Set<number>();
  const step = Math.floor(window / 2);
  for (let start = 0; start < series.length; ) {
    const splits = splitWindow(series, start, Math.min(start + window, series.length), maxP);
    for (const at of splits) found.add(at);
    // What follows the last change is looked at from its beginning.
    start = Math.max(start + step, ...splits);
  }
  return [...found].sort((a, b) => a - b);
}

/** Splits the clearest piece again and again, until its best split is not significant. */
function splitWindow(series: readonly number[], from: number, to: number, maxP: number): number[] {
  const bounds = [from, to];
  const known = new Map<string, Split | undefined>();
  for (;;) {
    let best: (Split & { place: number }) | undefined;
    for (let place = 0; place + 1 < bounds.length; place++) {
      const key = `${bounds[place]}-${bounds[place + 1]}`;
      if (!known.has(key)) known.set(key, bestSplit(series, bounds[place]!, bounds[place + 1]!));
      const split = known.get(key);
      if (split && split.qHat > (best?.qHat ?? Number.NEGATIVE_INFINITY)) best = { ...split, place };
    }
    if (best === undefined || !(describe(series, bounds[best.place]!, best.at, bounds[best.place + 1]!).p <= maxP))
      return bounds.slice(1, -1);
    bounds.splice(best.place + 1, 0, best.at);
  }
}

/** Takes the weakest change out until all are strong enough: first by p, then by size. Neighbours are judged anew each time. */
function withoutWeak(series: readonly number[], indexes: readonly number[], maxP: number, minMagnitude: number): ChangePoint[] {
  let kept = [...indexes];
  for (;;) {
    const points = kept.map((at, place) => describe(series, kept[place - 1] ?? 0, at, kept[place + 1] ?? series.length));
    const weakest =
      extreme(points, ({ p }) => (p < maxP ? Number.NEGATIVE_INFINITY : p)) ??
      extreme(points, ({ change }) => (Math.abs(change) > minMagnitude ? Number.NEGATIVE_INFINITY : -Math.abs(change)));
    if (weakest === undefined) return points;
    kept = kept.filter((at) => at !== weakest.index);
  }
}

/** The point with the largest measure; undefined when no measure is above minus infinity. */
function extreme(points: readonly ChangePoint[], measure: (point: ChangePoint) => number): ChangePoint | undefined {
  let found: ChangePoint | undefined;
  let largest = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    if (!(measure(point) > largest)) continue;
    largest = measure(point);
    found = point;
  }
  return found;
}

function describe(series: readonly number[], from: number, at: number, to: number): ChangePoint {
  const left = series.slice(from, at);
  const right = series.slice(at, to);
  const [before, after] = [mean(left), mean(right)];
  const p = left.length + right.length < 3 ? 1 : student(left, right).pTwoSided;
  return { index: at, before, after, change: before === after ? 0 : (after - before) / Math.abs(before), p };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
