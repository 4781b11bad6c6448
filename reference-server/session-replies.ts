import { MAX_CLIENT_MESSAGE } from '../src/protocol/packet.js';
import { BYTES_OUT, type Counters, MESSAGES_OUT } from './counters.js';
import type { Gateway } from './gateway/gateway.js';

/**
 * The largest answer to one message: 16 echoes carry no more payload than the message did; each of 16 answers is at most
 * 48 bytes longer than its question.
 */
const CAPACITY_BYTES = MAX_CLIENT_MESSAGE + 16 * 64;

/** The answers to one incoming message, written one behind the other and sent as one outgoing message. They have one owner at a time. */
export class SessionReplies {
  readonly bytes = new Uint8Array(CAPACITY_BYTES);
  /** Where the next packet goes. A writer moves it only when its packet is whole. */
  end = 0;
  #owner = 0;
  readonly #gateway: Gateway;
  readonly #values: Float64Array;

  constructor(gateway: Gateway, counters: Counters) {
    this.#gateway = gateway;
    this.#values = counters.values;
  }

  /** From now on answers are written for this slot. */
  begin(slot: number): void {
    this.#owner = slot;
    this.end = 0;
  }

  /** Sends what was written to its owner; nothing when nothing was. */
  flush(): void {
    const end = this.end;
    if (end === 0) return;
    this.end = 0;
    this.#values[MESSAGES_OUT]!++;
    this.#values[BYTES_OUT]! += end;
    this.#gateway.send(this.#owner, this.bytes, 0, end);
  }
}
