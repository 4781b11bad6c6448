import type { Gateway } from './gateway/gateway.js';
import type { ThreadHandler } from './gateway-thread-handler.js';

const GOING_AWAY = 1001;

/** Sends every message back as it came, text as text: `gwrk serve --echo`, for conformance tests and baselines. */
export class EchoHandler implements ThreadHandler {
  readonly #gateway: Gateway;
  /** 1 for each slot that is open. */
  readonly #open: Uint8Array;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
    this.#open = new Uint8Array(gateway.capacity);
  }

  onOpen(slot: number): void {
    this.#open[slot] = 1;
  }

  onBinary(slot: number, bytes: Uint8Array, start: number, end: number): void {
    this.#gateway.send(slot, bytes, start, end);
  }

  onText(slot: number, bytes: Uint8Array, start: number, end: number): void {
    this.#gateway.send(slot, bytes, start, end, true);
  }

  onClose(slot: number): void {
    this.#open[slot] = 0;
  }

  onTick(): number {
    return Infinity;
  }

  drain(): void {
    for (let slot = 0; slot < this.#open.length; slot++) if (this.#open[slot] === 1) this.#gateway.close(slot, GOING_AWAY);
  }

  /** An echo server has no sessions that could be revoked. */
  receive(): void {}
}
