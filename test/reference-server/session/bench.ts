import assert from 'node:assert/strict';
import { Authenticator } from '../../../reference-server/auth/authenticator.js';
import { Counters } from '../../../reference-server/counters.js';
import { REFUSED } from '../../../reference-server/ring/control.js';
import type { LogicWorkerStart } from '../../../reference-server/rooms/logic-link.js';
import { createLogicMemory } from '../../../reference-server/rooms/logic-memory.js';
import { LogicWorker } from '../../../reference-server/rooms/logic-worker.js';
import { createRoomLimits } from '../../../reference-server/rooms/room-limits.js';
import { SessionMachine } from '../../../reference-server/session.js';
import { type AuditEvent, clockStep } from '../../../reference-server/session-audit.js';
import { SessionClock } from '../../../reference-server/session-clock.js';
import type { SessionOptions } from '../../../reference-server/session-options.js';
import { deriveMasterKeys } from '../../../src/protocol/keys.js';
import { LoginDesk } from '../login-desk.js';
import * as wire from '../reference-wire.js';
import { type Credential, type Keys, type Packet, TYPE } from '../reference-wire.js';
import { FakeGateway, ManualClock } from './fake-gateway.js';

export interface BenchSettings
  extends Partial<Pick<SessionOptions, 'rooms' | 'maxUnauthenticated' | 'macs' | 'heartbeatMs' | 'guards' | 'askRefresh'>> {
  readonly capacity?: number;
  /** Logic workers that own the rooms, in this thread and run by the bench; 0: rooms live in the session machine. */
  readonly workers?: number;
}

/** A session machine on a fake gateway with a clock that the test moves. */
export class Bench {
  readonly clock = new ManualClock();
  readonly gateway: FakeGateway;
  readonly desk = new LoginDesk(4_096);
  readonly counters = Counters.create();
  readonly audit: AuditEvent[] = [];
  readonly authenticator: Authenticator;
  readonly machine: SessionMachine;
  /** Only with `workers`. */
  readonly logic: readonly LogicWorker[];
  readonly logicStarts: readonly LogicWorkerStart[];
  readonly limits = createRoomLimits();
  /** While true the logic workers stand still. */
  areWorkersHeld = false;
  #slot = 0;

  constructor(settings: BenchSettings = {}) {
    const { capacity = 64, rooms = 10, heartbeatMs = 10_000, workers = 0, ...rest } = settings;
    this.gateway = new FakeGateway(capacity);
    const keys = deriveMasterKeys(this.desk.masterKey);
    const clock = new SessionClock(this.clock, (stepMs) => this.audit.push(clockStep(stepMs)));
    this.authenticator = new Authenticator({ keys, kid: this.desk.kid, table: this.desk.table, clock });
    const memory = createLogicMemory({
      workers,
      threads: 1,
      slotsPerThread: capacity,
      rooms,
      tickMs: 50,
      startUs: this.clock.us,
      sessions: 4_096,
      limits: this.limits,
    });
    this.logicStarts = memory.starts;
    this.logic = memory.starts.map((start) => new LogicWorker(start, (error) => assert.fail(error as Error)));
    this.machine = new SessionMachine({
      limits: this.limits,
      ...(workers === 0 ? {} : { logic: memory.links[0]! }),
      gateway: this.gateway,
      authenticator: this.authenticator,
      clock,
      counters: this.counters,
      audit: (event) => this.audit.push(event),
      heartbeatMs,
      rooms,
      roomTickMs: 50,
      ...rest,
    });
    this.tick();
  }

  /** A turn of the gateway's loop, and of everyone it waits for. */
  tick(): void {
    this.machine.onTick(this.clock.us);
    if (this.logic.length === 0 || this.areWorkersHeld) return;
    do {
      for (const worker of this.logic) worker.turn(this.clock.us);
      this.machine.onTick(this.clock.us);
    } while (this.logic.some((worker) => worker.hasWork));
  }

  /** Operations that found the queue of their worker full. */
  get refusedTasks(): number {
    return this.logicStarts.reduce((sum, { threads }) => sum + new Int32Array(threads[0]!.tasks)[REFUSED]!, 0);
  }

  get nowS(): number {
    return Math.floor(this.clock.wallMs / 1_000);
  }

  login(uid = 'player'): Credential {
    return this.desk.issue(uid, this.nowS + 900);
  }

  /** A connection that has read its HELLO. */
  connect(): Peer {
    while (this.gateway.isOpen(this.#slot)) this.#slot = (this.#slot + 1) % this.gateway.capacity;
    const peer = new Peer(this, this.#slot);
    this.#slot = (this.#slot + 1) % this.gateway.capacity;
    return peer;
  }

  /** A connection that is authenticated. */
  ready(credential: Credential = this.login()): Peer {
    const peer = this.connect();
    const answers = peer.send(peer.auth(credential));
    assert.deepEqual(types(answers), [[TYPE.AUTH_OK]]);
    return peer;
  }

  advanceMs(ms: number): void {
    this.clock.advanceMs(ms);
    this.tick();
  }

  /** The ROOM_STATE that a newcomer of this room gets. */
  fullState(room: number): Packet {
    const peer = this.ready(this.login('newcomer'));
    peer.send(peer.join(room));
    this.advanceMs(50);
    const state = peer.take().flat().at(-1)!;
    peer.end();
    return state;
  }

  /** Lets time pass in steps, as a server's loop would. */
  pass(ms: number, stepMs = 50): void {
    for (let left = ms; left > 0; left -= stepMs) this.advanceMs(Math.min(stepMs, left));
  }

  count(name: string): number {
    return this.counters.get(name);
  }
}

/** One client of the bench: numbers its packets, signs them, and reads what came back. */
export class Peer {
  readonly bench: Bench;
  readonly slot: number;
  readonly snonce: Buffer;
  readonly hello: Packet;
  readonly cnonce = wire.fresh(16);
  keys: Keys = { c2s: Buffer.alloc(32), s2c: Buffer.alloc(32) };
  seq = 0;
  heartbeat = 0;
  ops = 0;
  isEnded = false;

  constructor(bench: Bench, slot: number) {
    this.bench = bench;
    this.slot = slot;
    bench.gateway.open(bench.machine, slot, bench.clock.us);
    const first = bench.gateway.take(slot);
    this.hello = first[0]![0]!;
    this.snonce = Buffer.from(this.hello.body.subarray(24, 40));
  }

  get closeCode(): number {
    return this.bench.gateway.closeCodes[this.slot]!;
  }

  /** Sends one message of these packets and returns the messages that came since. */
  send(...packets: Uint8Array[]): Packet[][] {
    const { machine, clock } = this.bench;
    // With a margin on both sides, so that a machine which ignores start or end is found out.
    const message = Buffer.concat([Buffer.alloc(3, 0xee), ...packets, Buffer.alloc(5, 0xee)]);
    machine.onBinary(this.slot, message, 3, message.length - 5, clock.us);
    this.bench.tick();
    return this.take();
  }

  take(): Packet[][] {
    return this.bench.gateway.take(this.slot);
  }

  /** The network or the peer ends the connection. */
  end(code = 1006): void {
    this.isEnded = true;
    this.bench.gateway.end(this.bench.machine, this.slot, this.bench.clock.us, code);
  }

  auth(credential: Credential, changes: wire.AuthChanges = {}): Buffer {
    this.keys = wire.connectionKeys(credential.secret, this.snonce, this.cnonce);
    return wire.auth(this.keys, ++this.seq, credential, this.snonce, this.cnonce, changes);
  }

  ping(): Buffer {
    return wire.ping(this.keys, ++this.seq, ++this.heartbeat, this.ops);
  }

  op(opcode: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
    this.ops++;
    return wire.op(++this.seq, opcode, payload);
  }

  opSigned(opcode: number, payload: Uint8Array, nonce: Uint8Array = wire.fresh(8), skewMs = 0): Buffer {
    this.ops++;
    return wire.opSigned(this.keys, ++this.seq, opcode, this.bench.clock.wallMs + skewMs, nonce, payload);
  }

  join(room: number): Buffer {
    return wire.join(++this.seq, room);
  }

  leave(room: number): Buffer {
    return wire.leave(++this.seq, room);
  }

  disconnect(): Buffer {
    return wire.disconnect(++this.seq);
  }
}

/** The types of the packets, message by message. */
export const types = (messages: Packet[][]): number[][] => messages.map((packets) => packets.map(({ type }) => type));

/** Asserts that the last message is one ERROR with this code and that the close code belongs to it. */
export function assertFault(peer: Peer, messages: Packet[][], code: number, refType: number, refSeq: number, detail: number): void {
  const last = messages.at(-1);
  assert.equal(last?.length, 1, 'ERROR travels in a message of its own');
  const { type, seq, body } = last[0]!;
  const seen = {
    type,
    seq,
    code: body.readUInt16LE(0),
    refType: body.readUInt16LE(2),
    refSeq: body.readUInt32LE(4),
    detail: body.readUInt32LE(8),
  };
  assert.deepEqual(seen, { type: TYPE.ERROR, seq: refSeq, code, refType, refSeq, detail });
  assert.equal(peer.closeCode, 4_000 + 100 * (code >>> 8) + (code & 255));
}

export const ECHO = 1;
export const MOVE = 2;
export const TRADE = 3;

export const position = (x: number, y: number): Buffer => wire.fields([4, x], [4, y]);
