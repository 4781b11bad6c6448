/**
 * p values adjusted for being looked at together (Holm 1979): the chance of even one false alarm among all stays below the level
 * they are compared with. In the order given; never smaller than before, at most 1.
 */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, index) => index).sort((a, b) => ps[a]! - ps[b]!);
  const adjusted = new Array<number>(ps.length);
  let largest = 0;
  order.forEach((index, place) => {
    largest = Math.max(largest, Math.min(1, (ps.length - place) * ps[index]!));
    adjusted[index] = largest;
  });
  return adjusted;
}
