/** The file /tmp/perf-PID.map that a runtime writes for perf: "start size name" a line, both numbers hexadecimal. */
export class PerfMap {
  readonly #starts: readonly bigint[];
  readonly #ends: readonly bigint[];
  readonly #names: readonly string[];

  constructor(text: string) {
    const rows = text.split('\n').flatMap((line) => {
      const match = /^(?:0x)?([0-9a-f]+) (?:0x)?([0-9a-f]+) (.+)$/iu.exec(line);
      return match ? [{ start: BigInt(`0x${match[1]}`), size: BigInt(`0x${match[2]}`), name: match[3]! }] : [];
    });
    // Code moves, and its place is used again: of two rows with one start the later one holds.
    const latest = new Map(rows.map((row) => [row.start, row]));
    const sorted = [...latest.values()].sort((a, b) => (a.start < b.start ? -1 : 1));
    this.#starts = sorted.map(({ start }) => start);
    this.#ends = sorted.map(({ start, size }) => start + size);
    this.#names = sorted.map(({ name }) => name);
  }

  /** The name of the code at an address; undefined where there is none. */
  find(address: bigint): string | undefined {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    const at = low - 1;
    return at >= 0 && address < this.#ends[at]! ? this.#names[at] : undefined;
  }
}
