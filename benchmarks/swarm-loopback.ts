/**
 * A transport without a network, for measuring the swarm alone: what a client sends comes back in the next turn of the
 * loop, answered by a server that does as little as a server can.
 */
import { systemClock } from '../src/core/clock.js';
import type { Transport, TransportEvents } from '../src/net/transport.js';
import { copyBytes } from '../src/protocol/bytes.js';
import { deriveConnectionKeys } from '../src/protocol/keys.js';
import { createMacTable, type MacTable } from '../src/protocol/mac.js';
import * as W from '../src/protocol/packet.js';
import { maskBytes, writeFrame } from '../src/protocol/websocket-frame.js';
import { UPGRADE_RESPONSE_BYTES, writeUpgradeResponse } from '../src/protocol/websocket-handshake.js';

const SLOT_BYTES = 160;
const SLOTS = 4096;

/** One answer a slot, in a ring: bytes, row, and what kind of event it is. */
export class LoopbackTransport implements Transport {
  readonly kind = 'node';
  readonly rings = 0;
  readonly capacity: number;
  messages = 0;
  stopped = false;
  readonly #bytes = new Uint8Array(SLOT_BYTES * SLOTS);
  readonly #ends = new Uint16Array(SLOTS);
  readonly #rows = new Uint32Array(SLOTS);
  readonly #kinds = new Uint8Array(SLOTS);
  #first = 0;
  #size = 0;
  readonly #scratch = new Uint8Array(2048);
  readonly #plain = new Uint8Array(2048);
  readonly #upgraded: Uint8Array;
  readonly #macs: MacTable | undefined;
  readonly #opsSeen: Uint32Array;
  readonly #secret = new Uint8Array(32);
  readonly #snonce = new Uint8Array(16);

  constructor(capacity: number, isReference: boolean) {
    this.capacity = capacity;
    this.#upgraded = new Uint8Array(capacity);
    this.#macs = isReference ? createMacTable(capacity * 2) : undefined;
    this.#opsSeen = new Uint32Array(isReference ? capacity : 0);
  }

  connect(row: number, _target: number, _source: number, bytes: Uint8Array, start: number, end: number): void {
    this.#upgraded[row] = 0;
    const keyStart = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).indexOf('Sec-WebSocket-Key: ') + start + 19;
    const at = this.#take(row, 1);
    this.#give(at, writeUpgradeResponse(bytes, keyStart, '', this.#bytes, at));
    if (this.#macs === undefined) return;
    const helloEnd = W.writeHello(this.#plain, 0, 0, 10_000, Date.now(), this.#snonce, 0);
    this.#sendFrame(row, helloEnd);
  }

  send(row: number, bytes: Uint8Array, start: number, end: number): void {
    this.messages++;
    const opcode = bytes[start]! & 15;
    const short = bytes[start + 1]! & 127;
    const maskAt = start + (short < 126 ? 2 : 4);
    const mask = bytes[maskAt]! | (bytes[maskAt + 1]! << 8) | (bytes[maskAt + 2]! << 16) | (bytes[maskAt + 3]! << 24);
    const plainEnd = copyBytes(bytes, maskAt + 4, end, this.#plain, 0);
    maskBytes(this.#plain, 0, plainEnd, mask);
    if (opcode === 8) this.#take(row, 2);
    else if (this.#macs === undefined) this.#sendFrame(row, plainEnd);
    else this.#answer(row, this.#macs);
  }

  bufferedBytes(): number {
    return 0;
  }

  close(row: number): void {
    this.#take(row, 2);
  }

  abort(row: number): void {
    this.#take(row, 2);
  }

  async run(events: TransportEvents): Promise<void> {
    while (!this.stopped) {
      if (events.onTick(systemClock.nowUs()) < 0) return;
      const nowUs = systemClock.nowUs();
      for (let left = this.#size; left > 0; left--) {
        const slot = this.#first;
        this.#first = (slot + 1) % SLOTS;
        this.#size--;
        const row = this.#rows[slot]!;
        const kind = this.#kinds[slot]!;
        if (kind === 2) {
          events.onClosed(row, 0, nowUs);
          continue;
        }
        if (kind === 1) events.onConnected(row, nowUs);
        events.onData(row, this.#bytes, slot * SLOT_BYTES, slot * SLOT_BYTES + this.#ends[slot]!, nowUs);
      }
    }
  }

  #answer(row: number, macs: MacTable): void {
    const plain = this.#plain;
    const out = this.#scratch;
    const type = W.packetType(plain, 0);
    const sequence = W.packetSeq(plain, 0);
    let end = 0;
    if (type === W.AUTH) {
      deriveConnectionKeys(this.#secret, 0, this.#snonce, 0, plain, W.AUTH_CNONCE, macs, row * 2, row * 2 + 1);
      end = W.writeAuthOk(out, 0, sequence, this.#secret, 0, 0, 10_000, 0, macs, row * 2 + 1);
    } else if (type === W.PING) {
      end = W.writePong(out, 0, plain, 0, this.#opsSeen[row]!, 0, macs, row * 2 + 1);
    } else if (type === W.OP) {
      this.#opsSeen[row]! += 1;
      end = W.writeOpAck(out, 0, sequence, 0, 0, 0, 0, out, 0, 0);
    } else return;
    copyBytes(out, 0, end, plain, 0);
    this.#sendFrame(row, end);
  }

  /** Sends plain[0..end). */
  #sendFrame(row: number, end: number): void {
    const at = this.#take(row, 0);
    this.#give(at, writeFrame(this.#bytes, at, 2, this.#plain, 0, end, false, 0));
  }

  #take(row: number, kind: number): number {
    if (this.#size === SLOTS) throw new Error('more answers than the ring holds');
    const slot = (this.#first + this.#size) % SLOTS;
    this.#size++;
    this.#rows[slot] = row;
    this.#kinds[slot] = kind;
    return slot * SLOT_BYTES;
  }

  #give(at: number, end: number): void {
    this.#ends[at / SLOT_BYTES] = end - at;
  }
}

if (UPGRADE_RESPONSE_BYTES > SLOT_BYTES) throw new Error('the answer to an upgrade does not fit a slot');
