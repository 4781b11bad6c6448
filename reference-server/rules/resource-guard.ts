import { type Breaker, REFUSED } from './breaker.js';
import type { FlowLimit } from './flow.js';

/** A call was refused by a breaker, or by a flow rule. */
export const REFUSED_BY_BREAKER = REFUSED;
export const REFUSED_BY_FLOW = -2;

/** What became of the calls of a resource, over all the rules it has had. */
export interface ResourceTally {
  passes: number;
  refusedByBreaker: number;
  refusedByFlow: number;
}

/** Calls in flight that a table has room for at first; it doubles when more are. */
const FIRST_ROWS = 64;

/**
 * All the rules of one resource, of one rule set: every one of them must let a call pass. Whoever entered by a guard leaves by
 * the same object, whatever rules came into force meanwhile.
 */
export class ResourceGuard {
  readonly resource: string;
  readonly breakers: readonly Breaker[];
  readonly flows: readonly FlowLimit[];
  readonly tally: ResourceTally;
  /** With several breakers a permit is a row of this table, which holds the permit of each. */
  #rows: Int32Array;
  #freeRows: number[] = [];
  #nextRow = 0;

  constructor(resource: string, breakers: readonly Breaker[], flows: readonly FlowLimit[], tally: ResourceTally) {
    this.resource = resource;
    this.breakers = breakers;
    this.flows = flows;
    this.tally = tally;
    this.#rows = new Int32Array(breakers.length > 1 ? FIRST_ROWS * breakers.length : 0);
  }

  /** A permit (>= 0) that leave() is owed, or REFUSED_BY_BREAKER or REFUSED_BY_FLOW. Refused calls are counted by no rule. */
  enter(nowMs: number): number {
    const { breakers, flows, tally } = this;
    // No rule may count a call that another one refuses: all are asked first, but one that is the last to be asked.
    const refusal = breakers.length === 1 ? this.#askFlows(nowMs) : this.ask(nowMs);
    if (refusal !== 0) return refusal;
    const permit = breakers.length === 1 ? breakers[0]!.tryPass(nowMs) : this.#enterAll(nowMs);
    if (permit === REFUSED) {
      tally.refusedByBreaker++;
      return REFUSED_BY_BREAKER;
    }
    for (let i = 0; i < flows.length; i++) flows[i]!.pass(nowMs);
    tally.passes++;
    return permit;
  }

  /** 0 when enter() would give a permit now; else its refusal, counted as one. For a call that others may refuse meanwhile. */
  ask(nowMs: number): number {
    const { breakers, tally } = this;
    const refusal = this.#askFlows(nowMs);
    if (refusal !== 0) return refusal;
    for (let i = 0; i < breakers.length; i++) {
      if (!breakers[i]!.wouldPass(nowMs)) {
        tally.refusedByBreaker++;
        return REFUSED_BY_BREAKER;
      }
    }
    return 0;
  }

  /** The call that entered with this permit has ended and took `rtMs`, whole milliseconds rounded up. */
  leave(permit: number, nowMs: number, rtMs: number, isError: boolean): void {
    const { breakers } = this;
    if (permit < 0 || breakers.length === 0) return;
    if (breakers.length === 1) return breakers[0]!.complete(permit, nowMs, rtMs, isError);
    const row = permit * breakers.length;
    for (let i = 0; i < breakers.length; i++) breakers[i]!.complete(this.#rows[row + i]!, nowMs, rtMs, isError);
    this.#freeRows.push(permit);
  }

  /** Whole seconds, at least 1, after which it is worth while to ask again: an HTTP Retry-After. */
  retryAfterS(nowMs: number): number {
    let waitMs = 0;
    for (const breaker of this.breakers) waitMs = Math.max(waitMs, breaker.retryAfterMs(nowMs));
    return Math.max(1, Math.ceil(waitMs / 1_000));
  }

  #askFlows(nowMs: number): number {
    const { flows } = this;
    for (let i = 0; i < flows.length; i++) {
      if (!flows[i]!.wouldPass(nowMs)) {
        this.tally.refusedByFlow++;
        return REFUSED_BY_FLOW;
      }
    }
    return 0;
  }

  #enterAll(nowMs: number): number {
    const { breakers } = this;
    if (breakers.length === 0) return 0;
    const permit = this.#freeRows.pop() ?? this.#nextRow++;
    const row = permit * breakers.length;
    if (row === this.#rows.length) {
      const rows = new Int32Array(2 * row);
      rows.set(this.#rows);
      this.#rows = rows;
    }
    for (let i = 0; i < breakers.length; i++) this.#rows[row + i] = breakers[i]!.tryPass(nowMs);
    return permit;
  }
}
