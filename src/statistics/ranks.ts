/** Ranks of values and what ties do to them. */
export interface Ranks {
  /** Twice the midrank of each value, in the order given: an integer, since tied values share the mean of their ranks. */
  readonly doubled: readonly number[];
  /** Sum of t^3 - t over all groups of t equal values; 0 without ties. */
  readonly tieSum: number;
}

/** Midranks, doubled so that they stay integers: the smallest of different values gets 2, the next 4. */
export function rank(values: readonly number[]): Ranks {
  const order = values.map((_, index) => index).sort((a, b) => values[a]! - values[b]!);
  const doubled = new Array<number>(values.length);
  let tieSum = 0;
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    // Ranks from + 1 .. to have the mean (from + 1 + to) / 2.
    for (let at = from; at < to; at++) doubled[order[at]!] = from + 1 + to;
    const size = to - from;
    tieSum += size ** 3 - size;
    from = to;
  }
  return { doubled, tieSum };
}
