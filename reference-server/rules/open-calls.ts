import type { ResourceGuard } from './resource-guard.js';

/** In place of a call's number: no rule is concerned. */
export const NO_CALL = -1;
const FIRST_ROWS = 64;

/** Guarded calls that have not ended, each under a small number that can travel through a queue. */
export class OpenCalls {
  readonly #guards: (ResourceGuard | undefined)[] = [];
  #permits = new Int32Array(FIRST_ROWS);
  #startsUs = new Float64Array(FIRST_ROWS);
  readonly #free: number[] = [];

  /** Calls that are open. */
  get count(): number {
    return this.#guards.length - this.#free.length;
  }

  /** The number of a call that entered by this guard. */
  add(guard: ResourceGuard, permit: number, startUs: number): number {
    const call = this.#free.pop() ?? this.#guards.length;
    if (call === this.#permits.length) this.#grow();
    this.#guards[call] = guard;
    this.#permits[call] = permit;
    this.#startsUs[call] = startUs;
    return call;
  }

  /** The call leaves by the guard by which it entered; a number that is not open does nothing. */
  end(call: number, nowUs: number, isError: boolean): void {
    const guard = this.#guards[call];
    if (guard === undefined) return;
    this.#guards[call] = undefined;
    this.#free.push(call);
    guard.leave(this.#permits[call]!, wholeMs(nowUs), responseTimeMs(this.#startsUs[call]!, nowUs), isError);
  }

  /** The call's end will not be known; breakers find that out themselves. */
  forget(call: number): void {
    if (this.#guards[call] === undefined) return;
    this.#guards[call] = undefined;
    this.#free.push(call);
  }

  #grow(): void {
    const permits = new Int32Array(2 * this.#permits.length);
    const startsUs = new Float64Array(2 * this.#startsUs.length);
    permits.set(this.#permits);
    startsUs.set(this.#startsUs);
    this.#permits = permits;
    this.#startsUs = startsUs;
  }
}

/** Rules count in whole milliseconds. */
export function wholeMs(us: number): number {
  return Math.floor(us / 1_000);
}

/** A response time in the whole milliseconds that rules compare: one that is longer than theirs by a microsecond is longer. */
export function responseTimeMs(startUs: number, endUs: number): number {
  return Math.max(0, Math.ceil((endUs - startUs) / 1_000));
}
