import { Prng } from '../core/prng.js';

export type Side = 'a' | 'b';

/** One run of a series: which side, and which pair (or repetition) it belongs to, from 1. */
export interface Slot {
  readonly side: Side;
  readonly number: number;
}

/**
 * The order of `pairs` interleaved pairs: AB BA AB BA ..., or all the other way round, as a coin falls that `seed` throws.
 * So a machine that slowly gets faster or slower helps each side as often as it harms it.
 */
export function abbaOrder(pairs: number, seed: number): Slot[] {
  const aFirst = new Prng(seed).nextU32() % 2 === 0;
  return Array.from({ length: pairs }, (_, index): Slot[] => {
    const sides: readonly Side[] = (index % 2 === 0) === aFirst ? ['a', 'b'] : ['b', 'a'];
    return sides.map((side) => ({ side, number: index + 1 }));
  }).flat();
}
