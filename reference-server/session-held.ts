import type { Gateway } from './gateway/gateway.js';

/** A message of which the packets from `at` on have not run; `packets` of it have. */
export interface HeldMessage {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly at: number;
  readonly end: number;
  readonly packets: number;
}

/**
 * What peers sent behind a room operation that a logic worker has not answered yet. While something is held the socket is not
 * read, so this is at most one message and what had been read with it.
 */
export class HeldMessages {
  readonly #gateway: Gateway;
  readonly #bySlot = new Map<number, HeldMessage[]>();

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  /** Slots with a held message. */
  get count(): number {
    return this.#bySlot.size;
  }

  /** Keeps a copy of the message bytes[start..end); one that has begun to run (packets > 0) stands before those that came later. */
  put(slot: number, bytes: Uint8Array, start: number, at: number, end: number, packets: number): void {
    const message = { bytes: bytes.slice(start, end), start: 0, at: at - start, end: end - start, packets };
    const held = this.#bySlot.get(slot);
    if (held === undefined) {
      this.#bySlot.set(slot, [message]);
      this.#gateway.pause(slot);
    } else if (packets > 0) held.unshift(message);
    else held.push(message);
  }

  /** Takes the next message of a slot; it is still held, in the gateway's eyes, until release(). */
  take(slot: number): HeldMessage | undefined {
    return this.#bySlot.size === 0 ? undefined : this.#bySlot.get(slot)?.shift();
  }

  /** All messages of a slot were taken: its socket is read again. */
  release(slot: number): void {
    if (this.#bySlot.size > 0 && this.#bySlot.delete(slot)) this.#gateway.resume(slot);
  }

  /** The connection is over. */
  forget(slot: number): void {
    if (this.#bySlot.size > 0) this.#bySlot.delete(slot);
  }
}
