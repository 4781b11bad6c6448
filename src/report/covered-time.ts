/** Intervals on one line, as far as they are covered: each piece counts once, for the first that takes it. */
export class CoveredTime {
  totalUs = 0;
  /** Disjoint, in order. */
  #pieces: (readonly [number, number])[] = [];

  /** Covers [fromUs, toUs] and returns how much of it was not covered before. */
  take(fromUs: number, toUs: number): number {
    if (!(toUs > fromUs)) return 0;
    const touching = this.#pieces.filter(([from, to]) => to >= fromUs && from <= toUs);
    const before = touching.reduce((sum, [from, to]) => sum + Math.min(to, toUs) - Math.max(from, fromUs), 0);
    const joined: readonly [number, number] = [
      Math.min(fromUs, ...touching.map(([from]) => from)),
      Math.max(toUs, ...touching.map(([, to]) => to)),
    ];
    this.#pieces = [...this.#pieces.filter((piece) => !touching.includes(piece)), joined].sort((a, b) => a[0] - b[0]);
    const taken = toUs - fromUs - before;
    this.totalUs += taken;
    return taken;
  }
}
