export interface Moments {
  readonly n: number;
  readonly mean: number;
  /** Sum of squared distances from the mean. */
  readonly squares: number;
}

/** Mean and squared distances, in two passes so that large means cost no digits. */
export function moments(values: readonly number[]): Moments {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { n: values.length, mean, squares: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) };
}

/** The standard deviation of a sample (n - 1 in the denominator); NaN of fewer than two values. */
export function sampleDeviation(values: readonly number[]): number {
  const { n, squares } = moments(values);
  return n < 2 ? Number.NaN : Math.sqrt(squares / (n - 1));
}
