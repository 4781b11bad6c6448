import type { SessionCore } from '../session-core.js';
import type { StateDelivery } from './state-delivery.js';

const FINE = 0;
/** Does not read: gets no states. */
const SLOW = 1;
/** Reads again, and waits for a full state: no change stands on anything that it has. */
const WAITS_FOR_FULL = 2;

/** Connections that missed a state of their room, because they did not read (S11): the next one they get must be full. */
export class SkippedPeers {
  readonly #core: SessionCore;
  readonly #delivery: StateDelivery;
  readonly #lookEveryUs: number;
  readonly #state: Uint8Array;
  /** Slots that are SLOW, and some that were. */
  #slow: number[] = [];
  #nextLookUs = 0;

  constructor(core: SessionCore, delivery: StateDelivery, slots: number, lookEveryUs: number) {
    this.#core = core;
    this.#delivery = delivery;
    this.#lookEveryUs = lookEveryUs;
    this.#state = new Uint8Array(slots);
  }

  /** False when this connection does not get this state. */
  canTake(slot: number, isFull: boolean, nowUs: number): boolean {
    if (this.#state[slot] === SLOW || (this.#state[slot] === WAITS_FOR_FULL && !isFull)) return false;
    if (this.#delivery.canTake(slot, nowUs)) {
      if (this.#state[slot] !== FINE) this.#state[slot] = FINE;
      return true;
    }
    if (this.#core.isOver(slot)) return false;
    this.#state[slot] = SLOW;
    this.#slow.push(slot);
    if (this.#slow.length === 1) this.#nextLookUs = nowUs + this.#lookEveryUs;
    return false;
  }

  /** Looks once a tick who reads again, and asks for a full state for each. Returns when it wants to be called next, or Infinity. */
  turn(nowUs: number, askForFull: (slot: number) => void): number {
    if (this.#slow.length === 0) return Infinity;
    if (nowUs < this.#nextLookUs) return this.#nextLookUs;
    this.#nextLookUs = nowUs + this.#lookEveryUs;
    const still: number[] = [];
    for (const slot of this.#slow) {
      if (this.#state[slot] !== SLOW || this.#core.isOver(slot)) continue;
      if (!this.#delivery.canTake(slot, nowUs)) {
        if (!this.#core.isOver(slot)) still.push(slot);
        continue;
      }
      this.#state[slot] = WAITS_FOR_FULL;
      askForFull(slot);
    }
    this.#slow = still;
    return still.length === 0 ? Infinity : this.#nextLookUs;
  }

  /** The connection is over, or begins anew in a room. */
  forget(slot: number): void {
    if (this.#state[slot] !== FINE) this.#state[slot] = FINE;
  }
}
