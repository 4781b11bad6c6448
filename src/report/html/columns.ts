import type { TimelineRecord } from '../../measure/timeline.js';

/** The run ends within a step: what happens in a small part of one, such as all connections closing, is no rate a second. */
const LEAST_SHARE = 0.5;

type Values = readonly (number | null)[];

/**
 * The columns of a timeline, read with care: a report may be of an older gwrk, or have been changed by hand. A step that a busy
 * machine missed becomes a step without values, so that a gap is seen as a gap.
 */
export class Columns {
  /** Ends of the steps, seconds since the start. */
  readonly seconds: readonly number[];
  readonly names: readonly string[];
  readonly #timeline: TimelineRecord;
  /** For each step its index in the timeline, or -1 where one is missing. */
  readonly #source: readonly number[];
  /** Length of each step, seconds. */
  readonly #lengths: readonly number[];

  constructor(timeline: TimelineRecord) {
    this.#timeline = timeline;
    this.names = Object.keys(timeline).filter((name) => Array.isArray(timeline[name]));
    const stepSeconds = timeline.stepMs > 0 ? timeline.stepMs / 1000 : 1;
    const steps = Math.max(0, ...this.names.map((name) => (timeline[name] as Values).length));
    const ends = numbers(timeline.elapsedMs);
    const seconds: number[] = [];
    const source: number[] = [];
    const lengths: number[] = [];
    let last = 0;
    for (let step = 0; step < steps; step++) {
      const end = (ends[step] ?? (step + 1) * stepSeconds * 1000) / 1000;
      if (!(end > last)) continue;
      if (step > 0 && end - last > 1.6 * stepSeconds) {
        seconds.push(tenths(last + stepSeconds));
        source.push(-1);
        lengths.push(stepSeconds);
      }
      seconds.push(tenths(end));
      source.push(step);
      lengths.push(end - last);
      last = end;
    }
    this.seconds = seconds;
    this.#source = source;
    this.#lengths = lengths;
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }

  /** The values of a column; null where there is none. */
  get(name: string): (number | null)[] {
    const values = numbers(this.#timeline[name]);
    return this.#source.map((step) => (step < 0 ? null : (values[step] ?? null)));
  }

  /** A counter's growth as a rate; null for the rest of a step that is too short for one. */
  perSecond(name: string): (number | null)[] {
    const least = (this.#timeline.stepMs / 1000) * LEAST_SHARE;
    return this.get(name).map((value, index) => (value === null || this.#lengths[index]! < least ? null : value / this.#lengths[index]!));
  }

  /** A counter's growth added up from the start. */
  total(name: string): (number | null)[] {
    let sum = 0;
    return this.get(name).map((value) => (value === null ? null : (sum += value)));
  }
}

/** The values of another run at the seconds of this one: those of its step that ends nearest, null beyond its end. */
export function alignedTo(seconds: readonly number[], other: readonly number[], values: Values): (number | null)[] {
  const reach = seconds.length > 1 ? (seconds.at(-1)! - seconds[0]!) / (seconds.length - 1) : 1;
  let at = 0;
  return seconds.map((second) => {
    while (at + 1 < other.length && Math.abs(other[at + 1]! - second) <= Math.abs(other[at]! - second)) at++;
    return at < other.length && Math.abs(other[at]! - second) <= reach ? (values[at] ?? null) : null;
  });
}

function numbers(value: unknown): (number | null)[] {
  return Array.isArray(value) ? value.map((one) => (typeof one === 'number' && Number.isFinite(one) ? one : null)) : [];
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
