/**
 * P(X = k) of n trials that succeed with probability p, to about 1e-14 relative also where n is a million, by the deviance form
 * (Loader 2000, "Fast and accurate computation of binomial probabilities").
 */
export function binomialProbability(n: number, k: number, p: number): number {
  if (k < 0 || k > n) return 0;
  if (p <= 0) return k === 0 ? 1 : 0;
  if (p >= 1) return k === n ? 1 : 0;
  if (k === 0) return Math.exp(n * Math.log1p(-p));
  if (k === n) return Math.exp(n * Math.log(p));
  const exponent = stirlingError(n) - stirlingError(k) - stirlingError(n - k) - deviance(k, n * p) - deviance(n - k, n * (1 - p));
  return Math.exp(exponent) * Math.sqrt(n / (2 * Math.PI * k * (n - k)));
}

/** P(X <= k), summed from the largest term outwards until nothing more is added. */
export function binomialCumulative(n: number, k: number, p: number): number {
  if (k < 0) return 0;
  if (k >= n) return 1;
  const mean = n * p;
  return k <= mean ? sumDown(n, k, p) : 1 - sumUp(n, k + 1, p);
}

function sumDown(n: number, from: number, p: number): number {
  let term = binomialProbability(n, from, p);
  let sum = term;
  for (let k = from; k > 0 && term > sum * 1e-18; k--) {
    term *= (k * (1 - p)) / ((n - k + 1) * p);
    sum += term;
  }
  return Math.min(1, sum);
}

function sumUp(n: number, from: number, p: number): number {
  let term = binomialProbability(n, from, p);
  let sum = term;
  for (let k = from; k < n && term > sum * 1e-18; k++) {
    term *= ((n - k) * p) / ((k + 1) * (1 - p));
    sum += term;
  }
  return Math.min(1, sum);
}

/** ln(n!) - ln(sqrt(2 pi n) (n/e)^n): what Stirling's formula leaves out. */
function stirlingError(n: number): number {
  if (n < 16) {
    let logFactorial = 0;
    for (let i = 2; i <= n; i++) logFactorial += Math.log(i);
    return logFactorial - (0.5 * Math.log(2 * Math.PI * n) + n * Math.log(n) - n);
  }
  const square = n * n;
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square) / n;
}

/** x ln(x / mean) + mean - x without the cancellation where both are close. */
function deviance(x: number, mean: number): number {
  if (Math.abs(x - mean) >= 0.1 * (x + mean)) return x * Math.log(x / mean) + mean - x;
  const ratio = (x - mean) / (x + mean);
  let sum = (x - mean) * ratio;
  let term = 2 * x * ratio;
  for (let j = 1; j < 1000; j++) {
    term *= ratio * ratio;
    const next = sum + term / (2 * j + 1);
    if (next === sum) break;
    sum = next;
  }
  return sum;
}
