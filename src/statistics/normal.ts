const SQRT_2 = Math.SQRT2;

/**
 * P(Z > z) of the standard normal distribution, to about 1e-14 relative. By the series of erf below 2 and the continued fraction of
 * erfc above (Abramowitz and Stegun 1964, 7.1.6 and 7.1.14).
 */
export function normalUpperTail(z: number): number {
  return z < 0 ? 1 - erfc(-z / SQRT_2) / 2 : erfc(z / SQRT_2) / 2;
}

/** The complementary error function for x >= 0. */
function erfc(x: number): number {
  return x < 2 ? 1 - erfSeries(x) : erfcFraction(x);
}

function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

function erfcFraction(x: number): number {
  // x + (1/2)/(x + (2/2)/(x + (3/2)/(x + ...))), from its far end.
  let fraction = x;
  for (let n = 120; n >= 1; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}

/** The z with P(Z <= z) = p, for p strictly between 0 and 1: bisection over the tail, to the last digits of a double. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`a quantile needs 0 < p < 1, not ${p}`);
  if (p > 0.5) return -normalQuantile(1 - p);
  let low = -39;
  let high = 0;
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2;
    if (normalUpperTail(-middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
