/** Players of one room on one transport: they log in, join, move once a period, and note when each state reaches them. */
import { randomBytes } from 'node:crypto';
import { systemClock } from '../../src/core/clock.js';
import type { Transport, TransportEvents } from '../../src/net/transport.js';
import { readU16, readU32, readU64 } from '../../src/protocol/bytes.js';
import { deriveConnectionKeys } from '../../src/protocol/keys.js';
import { createMacTable } from '../../src/protocol/mac.js';
import * as P from '../../src/protocol/packet.js';
import { KeyPool, UpgradeTemplate } from '../../src/protocol/websocket-client-handshake.js';
import { OPCODE_BINARY, writeFrame } from '../../src/protocol/websocket-frame.js';

export interface Credential {
  readonly access: string;
  readonly secret: string;
}

export interface CrowdOptions {
  readonly transport: Transport;
  readonly host: string;
  readonly credentials: readonly Credential[];
  /** 32 bytes: every player's device. */
  readonly dfp: Uint8Array;
  readonly moveEveryUs: number;
  /** So many of the players move, the others only hear. */
  readonly movers: number;
  /** How long all of them move, behind a second in which they settle. */
  readonly runUs: number;
}

export interface Delivery {
  /** Of one state at one player, from the moment at which its tick was due; microseconds. */
  readonly delaysUs: Float64Array;
  readonly stateBytes: number;
  readonly moves: number;
  readonly acks: number;
  /** Operations that were answered with another code than 0. */
  readonly refused: number;
}

/** Longer messages are states, of which only the head is looked at: a reader that put them together would cost more than the server. */
const LONGEST_WHOLE_BYTES = 1_024;
const HEAD_BYTES = P.ROOM_STATE_ROWS;

const SETTLE_US = 1_000_000;
const WAITS_FOR_UPGRADE = 0;
const WAITS_FOR_HELLO = 1;
const WAITS_FOR_AUTH_OK = 2;
const WAITS_FOR_JOINED = 3;
const IN_ROOM = 4;

export class RoomCrowd implements TransportEvents {
  readonly #options: CrowdOptions;
  readonly #size: number;
  readonly #states: Uint8Array;
  readonly #seqs: Uint32Array;
  readonly #macs;
  /** By player: bytes of a state that are still to come, its tick and the server's time in it. */
  readonly #left: Int32Array;
  readonly #tick: Uint32Array;
  readonly #sent: Float64Array;
  /** What came of a frame that is not there as far as it must be. */
  readonly #carried = new Map<number, Buffer>();
  readonly #keys = new KeyPool();
  readonly #upgrade: UpgradeTemplate;
  readonly #plain = new Uint8Array(2_048);
  readonly #frame = new Uint8Array(2_048);
  readonly #cnonce = new Uint8Array(randomBytes(16));
  /** By state that arrived: its tick, the server's time in it, and when it arrived. */
  readonly #ticks: number[] = [];
  readonly #sentUs: number[] = [];
  readonly #arrivedUs: number[] = [];
  #opened = 0;
  #inRoom = 0;
  #startUs = Infinity;
  #nextMoveUs = Infinity;
  #mover = 0;
  #moves = 0;
  #acks = 0;
  #refused = 0;
  #stateBytes = 0;
  #nowUs = 0;
  #fault: string | undefined;

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#size = options.credentials.length;
    this.#states = new Uint8Array(this.#size);
    this.#seqs = new Uint32Array(this.#size);
    this.#macs = createMacTable(2 * this.#size);
    this.#upgrade = new UpgradeTemplate({ host: options.host, path: '/v1/ws' });
    this.#left = new Int32Array(this.#size);
    this.#tick = new Uint32Array(this.#size);
    this.#sent = new Float64Array(this.#size);
  }

  /** Runs to the end; throws when a player is thrown out. */
  async run(): Promise<Delivery> {
    await this.#options.transport.run(this);
    if (this.#fault !== undefined) throw new Error(this.#fault);
    // Ticks are due at equal distances: the earliest of all states says when the first one was.
    const tickUs = this.#options.moveEveryUs;
    let base = Infinity;
    for (const [i, tick] of this.#ticks.entries()) base = Math.min(base, this.#sentUs[i]! - tick * tickUs);
    const delaysUs = Float64Array.from(this.#arrivedUs, (atUs, i) => atUs - base - this.#ticks[i]! * tickUs);
    return { delaysUs: delaysUs.sort(), stateBytes: this.#stateBytes, moves: this.#moves, acks: this.#acks, refused: this.#refused };
  }

  onConnected(): void {}

  onData(row: number, bytes: Uint8Array, start: number, end: number, nowUs: number): void {
    this.#nowUs = nowUs;
    let from = start;
    if (this.#states[row] === WAITS_FOR_UPGRADE) {
      const head = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).indexOf('\r\n\r\n');
      if (head < 0) return this.#fail('an upgrade answer in pieces');
      this.#states[row] = WAITS_FOR_HELLO;
      from = start + head + 4;
    }
    this.#read(row, bytes, from, end);
  }

  onClosed(row: number, errno: number): void {
    this.#fail(`player ${row} was closed, errno ${errno}`);
  }

  onTick(nowUs: number): number {
    this.#nowUs = nowUs;
    if (this.#fault !== undefined || nowUs >= this.#startUs + SETTLE_US + this.#options.runUs) return -1;
    // At most 64 on their way in, so that a whole room never knocks at once.
    while (this.#opened < this.#size && this.#opened - this.#inRoom < 64) this.#open(this.#opened++);
    if (this.#inRoom === this.#size && this.#startUs === Infinity) {
      this.#startUs = nowUs;
      this.#nextMoveUs = nowUs;
    }
    // Spread over the period: one player after the other.
    const stepUs = this.#options.moveEveryUs / this.#options.movers;
    for (; this.#nextMoveUs <= nowUs; this.#nextMoveUs += stepUs) this.#move();
    return Math.min(this.#nextMoveUs, nowUs + 10_000);
  }

  #open(row: number): void {
    const end = this.#upgrade.write(this.#frame, 0, this.#keys.keys[row % KeyPool.SIZE]!);
    this.#options.transport.connect(row, 0, -1, this.#frame, 0, end);
  }

  #move(): void {
    const row = this.#mover;
    this.#mover = (row + 1) % this.#options.movers;
    const payload = new Uint8Array(8);
    payload[0] = this.#moves;
    payload[4] = row;
    this.#moves++;
    this.#send(row, P.writeOp(this.#plain, 0, ++this.#seqs[row]!, P.OPCODE_MOVE, payload, 0, 8));
  }

  #send(row: number, end: number): void {
    const frameEnd = writeFrame(this.#frame, 0, OPCODE_BINARY, this.#plain, 0, end, true, 0x3d21fa37);
    this.#options.transport.send(row, this.#frame, 0, frameEnd);
  }

  #read(row: number, bytes: Uint8Array, start: number, end: number): void {
    const carried = this.#carried.get(row);
    if (carried !== undefined) {
      this.#carried.delete(row);
      const joined = Buffer.concat([carried, bytes.subarray(start, end)]);
      return this.#frames(row, joined, 0, joined.length);
    }
    this.#frames(row, bytes, start, end);
  }

  #frames(row: number, bytes: Uint8Array, start: number, end: number): void {
    let from = start;
    while (from < end) {
      const left = this.#left[row]!;
      if (left > 0) {
        const taken = Math.min(left, end - from);
        from += taken;
        this.#left[row] = left - taken;
        if (left === taken) this.#stateIsWhole(row);
        continue;
      }
      const size = end - from < 2 ? 0 : bytes[from + 1]!;
      const payload = from + (size === 127 ? 10 : size === 126 ? 4 : 2);
      const isKnown = end - from >= 2 && payload <= end;
      const length = !isKnown
        ? 0
        : size === 126
          ? (bytes[from + 2]! << 8) | bytes[from + 3]!
          : size < 126
            ? size
            : readBigLength(bytes, from);
      const needed = length > LONGEST_WHOLE_BYTES ? HEAD_BYTES : length;
      if (!isKnown || payload + needed > end) {
        this.#carried.set(row, Buffer.from(bytes.slice(from, end)));
        return;
      }
      if ((bytes[from]! & 15) === 8) return this.#fail(`player ${row} was closed`);
      if (length <= LONGEST_WHOLE_BYTES) this.#message(row, bytes, payload, payload + length);
      else this.#beginState(row, bytes, payload, length);
      from = payload + needed;
    }
  }

  #beginState(row: number, bytes: Uint8Array, at: number, length: number): void {
    if (P.packetType(bytes, at) !== P.ROOM_STATE) return this.#fail('a long message that is no state');
    this.#left[row] = length - HEAD_BYTES;
    this.#tick[row] = readU32(bytes, at + P.ROOM_STATE_TICK);
    this.#sent[row] = readU64(bytes, at + P.ROOM_STATE_SERVER_MONO_US);
    this.#stateBytes += length;
  }

  #stateIsWhole(row: number): void {
    if (this.#nowUs < this.#startUs + SETTLE_US) return;
    this.#ticks.push(this.#tick[row]!);
    this.#sentUs.push(this.#sent[row]!);
    this.#arrivedUs.push(systemClock.nowUs());
  }

  #message(row: number, bytes: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; at += P.HEADER_BYTES + P.packetBodyBytes(bytes, at)) this.#packet(row, bytes, at);
  }

  #packet(row: number, bytes: Uint8Array, at: number): void {
    switch (P.packetType(bytes, at)) {
      case P.HELLO:
        return this.#authenticate(row, bytes, at);
      case P.AUTH_OK:
        this.#states[row] = WAITS_FOR_JOINED;
        return this.#send(row, P.writeRoomJoin(this.#plain, 0, ++this.#seqs[row]!, 0));
      case P.JOINED:
        if (readU16(bytes, at + P.HEADER_BYTES + 14) !== P.CODE_OK) return this.#fail(`player ${row} found no seat`);
        this.#states[row] = IN_ROOM;
        this.#inRoom++;
        return;
      case P.OP_ACK:
        this.#acks++;
        if (readU16(bytes, at + P.HEADER_BYTES) !== P.CODE_OK) this.#refused++;
        return;
      case P.ROOM_STATE:
        this.#beginState(row, bytes, at, HEAD_BYTES + P.packetBodyBytes(bytes, at) - 24);
        this.#left[row] = 0;
        return this.#stateIsWhole(row);
      default:
        return this.#fail(`player ${row} got a packet of type ${P.packetType(bytes, at)}`);
    }
  }

  #authenticate(row: number, bytes: Uint8Array, at: number): void {
    const { access, secret } = this.#options.credentials[row]!;
    const snonceAt = at + P.HEADER_BYTES + 24;
    deriveConnectionKeys(Buffer.from(secret, 'base64url'), 0, bytes, snonceAt, this.#cnonce, 0, this.#macs, 2 * row, 2 * row + 1);
    const token = Buffer.from(access, 'latin1');
    const fields = {
      flags: 0,
      clientUnixMs: Date.now(),
      cnonce: this.#cnonce,
      cnonceAt: 0,
      dfp: this.#options.dfp,
      dfpAt: 0,
      lastAckNonce: null,
      lastAckNonceAt: 0,
      token,
      tokenStart: 0,
      tokenEnd: token.length,
      snonce: bytes,
      snonceAt,
    };
    this.#states[row] = WAITS_FOR_AUTH_OK;
    this.#seqs[row] = 1;
    this.#send(row, P.writeAuth(this.#plain, 0, 1, fields, this.#macs, 2 * row));
  }

  #fail(reason: string): void {
    this.#fault ??= reason;
  }
}

function readBigLength(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 6]! << 24) | (bytes[at + 7]! << 16) | (bytes[at + 8]! << 8) | bytes[at + 9]!) >>> 0;
}
