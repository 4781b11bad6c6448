import { normalQuantile } from './normal.js';

export interface SampleSizeQuestion {
  /** Standard deviation of the logs: of the runs' values (unpaired), or of the pairs' differences (paired). 0.05 is 5 %. */
  readonly sd: number;
  /** The change to be seen, as a share: 0.1 is +10 %. */
  readonly effect: number;
  /** One-sided level, for example 0.01. */
  readonly alpha: number;
  /** The chance to see it, for example 0.8. */
  readonly power: number;
}

/** Two more than the formula says: ranks come in steps, and few of them lose a little. */
const STEPS = 2;
/** The U test needs 1 / 0.955 as many runs as a t test of normal values (Lehmann 1975). */
const U_TEST = 1.05;

/** Runs needed on each side for the U test, 1.05 * 2 (z_alpha + z_beta)^2 sd^2 / ln(1 + effect)^2 and two more (Noether 1987). */
export function runsNeeded(question: SampleSizeQuestion): number {
  const byNoise = Math.ceil(U_TEST * 2 * noise(question)) + STEPS;
  return Math.max(byNoise, fewestRuns(question.alpha));
}

/** Pairs needed for the signed-rank test: (z_alpha + z_beta)^2 sd^2 / ln(1 + effect)^2 and two more. */
export function pairsNeeded(question: SampleSizeQuestion): number {
  return Math.max(Math.ceil(noise(question)) + STEPS, fewestPairs(question.alpha));
}

/** The fewest runs on each side whose smallest possible p, 1 / C(2n, n), lies below alpha: 5 for 0.01. */
export function fewestRuns(alpha: number): number {
  let n = 1;
  for (let p = 1 / 2; p >= alpha; n++) p *= (n + 1) / (2 * (2 * n + 1));
  return n;
}

/** The fewest pairs whose smallest possible p, 2^-n, lies below alpha: 7 for 0.01. */
export function fewestPairs(alpha: number): number {
  let n = 1;
  while (2 ** -n >= alpha) n++;
  return n;
}

function noise({ sd, effect, alpha, power }: SampleSizeQuestion): number {
  if (!(sd >= 0 && effect > 0)) throw new RangeError(`a number of runs needs sd >= 0 and an effect above 0, not ${sd} and ${effect}`);
  const z = normalQuantile(1 - alpha) + normalQuantile(power);
  return (z * z * sd * sd) / Math.log1p(effect) ** 2;
}
