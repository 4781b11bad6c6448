/**
 * P(|T| > |t|) of Student's distribution; `df` may be any number above 0. Through the regularised incomplete beta function, whose
 * continued fraction (Abramowitz and Stegun 1964, 26.5.8) is evaluated by Lentz's method: 1e-13 relative, in far tails too.
 */
export function studentTwoSided(t: number, df: number): number {
  if (Number.isNaN(t)) return 1;
  if (!Number.isFinite(t)) return Number.MIN_VALUE;
  const square = t * t;
  // x = df / (df + t^2), and 1 - x without cancellation.
  return regularisedBeta(df / (df + square), square / (df + square), df / 2, 0.5);
}

/** P(T > t). */
export function studentUpperTail(t: number, df: number): number {
  const half = studentTwoSided(t, df) / 2;
  return t >= 0 ? half : 1 - half;
}

/** I_x(a, b), with y = 1 - x given beside it. */
function regularisedBeta(x: number, y: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(y));
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(y, b, a)) / b;
}

const TINY = 1e-300;
const notZero = (value: number): number => (Math.abs(value) < TINY ? TINY : value);

function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / notZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 1000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / notZero(1 + even * d);
    c = notZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / notZero(1 + odd * d);
    c = notZero(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return fraction;
}

/** ln of the gamma function for x > 0: Stirling's series, shifted up to where it holds to the last digit. */
function logGamma(x: number): number {
  let shifted = x;
  let product = 1;
  for (; shifted < 16; shifted++) product *= shifted;
  const square = shifted * shifted;
  const series = (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square) / shifted;
  return (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}
