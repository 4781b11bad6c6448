import type { Gateway, GatewayHandler } from '../../../reference-server/gateway/gateway.js';
import type { Clock } from '../../../src/core/clock.js';
import { type Packet, parse } from '../reference-wire.js';

/** A clock that stands still until it is told. */
export class ManualClock implements Clock {
  us = 50_000_000;
  wallMs = 1_800_000_000_000;

  nowUs(): number {
    return this.us;
  }

  unixMs(): number {
    return this.wallMs;
  }

  advanceMs(ms: number): void {
    this.us += ms * 1_000;
    this.wallMs += ms;
  }
}

/** The gateway's interface without sockets: what is sent is kept, a slot is closed when the test says so. */
export class FakeGateway implements Gateway {
  readonly kind = 'ws';
  readonly capacity: number;
  readonly sent: Buffer[][];
  /** The code given to close(), 0 before. */
  readonly closeCodes: number[];
  readonly buffered: number[];
  readonly #open: boolean[];
  openCount = 0;
  /** When set, send() to this slot throws. */
  brokenSlot = -1;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.sent = Array.from({ length: capacity }, () => []);
    this.closeCodes = new Array(capacity).fill(0);
    this.buffered = new Array(capacity).fill(0);
    this.#open = new Array(capacity).fill(false);
  }

  /** A connection on a free slot. */
  open(handler: GatewayHandler, slot: number, nowUs: number): void {
    if (this.#open[slot]) throw new Error(`slot ${slot} is taken`);
    this.#open[slot] = true;
    this.openCount++;
    this.sent[slot] = [];
    this.closeCodes[slot] = 0;
    this.buffered[slot] = 0;
    handler.onOpen(slot, nowUs);
  }

  /** The connection is over, as the peer or the network ended it. */
  end(handler: GatewayHandler, slot: number, nowUs: number, code = 1006): void {
    this.#open[slot] = false;
    this.openCount--;
    handler.onClose(slot, this.closeCodes[slot] || code, nowUs);
  }

  isOpen(slot: number): boolean {
    return this.#open[slot]!;
  }

  /** Takes what was sent to a slot since the last call, message by message. */
  take(slot: number): Packet[][] {
    return this.sent[slot]!.splice(0).map(parse);
  }

  send(slot: number, bytes: Uint8Array, start: number, end: number): void {
    if (slot === this.brokenSlot) throw new Error('injected: send');
    if (!this.#open[slot] || this.closeCodes[slot] !== 0) throw new Error(`sent to slot ${slot}, which is closed`);
    if (end <= start) throw new Error('an empty message was sent');
    this.sent[slot]!.push(Buffer.from(bytes.subarray(start, end)));
  }

  sendMany(slots: Int32Array, count: number, bytes: Uint8Array, start: number, end: number): void {
    for (let i = 0; i < count; i++) this.send(slots[i]!, bytes, start, end);
  }

  close(slot: number, code: number): void {
    if (this.closeCodes[slot] !== 0) throw new Error(`slot ${slot} was closed twice`);
    this.closeCodes[slot] = code;
  }

  bufferedBytes(slot: number): number {
    return this.buffered[slot]!;
  }

  peer(slot: number): string {
    return `192.0.2.1:${slot}`;
  }

  async listen(): Promise<number> {
    return 0;
  }

  async run(): Promise<void> {}
  pause(): void {}
  resume(): void {}
  wakeDescriptor(): number {
    return -1;
  }
  requestTick(): void {}
  stopAccepting(): void {}
  stop(): void {}
}
