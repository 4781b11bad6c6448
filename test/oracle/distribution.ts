import { decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js';
import type { Report } from '../../src/report/report.js';

/** A trend of a run as any other program reads it: from the V2 histogram in report.json. */
export class Distribution {
  readonly #histogram: Histogram;

  private constructor(histogram: Histogram) {
    this.#histogram = histogram;
  }

  /** Throws when the trend has no samples. */
  static of(report: Report, name: string): Distribution {
    const text = report.histograms[name];
    if (text === undefined) throw new Error(`${name} has no samples`);
    return new Distribution(decodeFromCompressedBase64(text, 64) as Histogram);
  }

  get count(): number {
    return this.#histogram.totalCount;
  }

  get meanMs(): number {
    return this.#histogram.mean / 1000;
  }

  get maxMs(): number {
    return this.atMs(100);
  }

  /** `percent` 0 .. 100. */
  atMs(percent: number): number {
    return this.#histogram.getValueAtPercentile(percent) / 1000;
  }

  /** How many took longer: by halving, because values ascend with their rank. */
  beyond(ms: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const rank = (low + high + 1) >> 1;
      if (this.atMs(((rank - 0.5) / this.count) * 100) <= ms) low = rank;
      else high = rank - 1;
    }
    return this.count - low;
  }

  /** What a closed loop of this cycle would have seen, had it not waited: HdrHistogram's estimate. */
  corrected(cycleMs: number): Distribution {
    return new Distribution(this.#histogram.copyCorrectedForCoordinatedOmission(cycleMs * 1000));
  }
}
