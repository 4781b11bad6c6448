import { readU16, readU32 } from '../src/protocol/bytes.js';
import { createMacTable } from '../src/protocol/mac.js';
import * as P from '../src/protocol/packet.js';
import {
  BYTES_IN,
  CLOSED as CLOSED_COUNT,
  CONNECTIONS_UNAUTHENTICATED,
  closeCounter,
  HANDSHAKES,
  MESSAGES_IN,
  PACKETS_IN,
  TIMERS,
} from './counters.js';
import type { ToGatewayThread } from './gateway-messages.js';
import type { ThreadHandler } from './gateway-thread-handler.js';
import { Operations } from './operations.js';
import { OperationPackets } from './operations-packets.js';
import { createRooms } from './rooms/create-rooms.js';
import { LaterAnswers, type MessageRunner } from './rooms/later-answers.js';
import { RoomPackets } from './rooms/packets.js';
import type { RoomHost } from './rooms/room-host.js';
import { AuthPackets } from './session-auth.js';
import { ClosingPackets } from './session-closing.js';
import { SessionCore } from './session-core.js';
import { SessionEndings } from './session-endings.js';
import { HeartbeatPackets } from './session-heartbeat.js';
import { type HeldMessage, HeldMessages } from './session-held.js';
import { SessionIndex } from './session-index.js';
import { ServerNonces } from './session-nonces.js';
import {
  AUTH_DEADLINE_US,
  BYTES_PER_SECOND,
  defaultMaxUnauthenticated,
  PACKETS_PER_SECOND,
  type SessionOptions,
  silenceUs,
} from './session-options.js';
import { RefreshPackets } from './session-refresh.js';
import { SigningMemory } from './session-signing.js';
import { FINE, SKIP, SlowPeers } from './session-slow.js';
import { FREE, GREETED, LEGAL_STATES, READY } from './session-states.js';
import { StoreQuestions } from './store-questions.js';
import type { SessionTakeovers } from './threads/session-takeovers.js';
import { TimingWheel } from './timing-wheel.js';
import { TokenBuckets } from './token-bucket.js';

const WHEEL_TICK_US = 100_000;
/** One turn is 27 minutes, more than an access token lives. */
const WHEEL_BUCKETS = 16_384;
const SWEEP_EVERY_US = 1_000_000;
const CLOSE_UNSUPPORTED = 1003;

/**
 * The session of every connection of one gateway: greets it, authenticates it, runs its packets in order and ends it
 * (docs/protocol.md). State lives in columns by slot; a message allocates nothing.
 */
export class SessionMachine implements ThreadHandler, MessageRunner {
  readonly #core: SessionCore;
  readonly #buckets: TokenBuckets;
  readonly #index: SessionIndex;
  readonly #signing: SigningMemory;
  readonly #takeovers: SessionTakeovers | undefined;
  readonly #slowPeers: SlowPeers;
  readonly #rooms: RoomHost;
  readonly #held: HeldMessages;
  readonly #auth: AuthPackets;
  readonly #heartbeats: HeartbeatPackets;
  readonly #operations: OperationPackets;
  readonly #roomPackets: RoomPackets;
  readonly #closing: ClosingPackets;
  readonly #refreshes: RefreshPackets;
  readonly #endings: SessionEndings;
  readonly #questions: StoreQuestions | undefined;
  readonly #nonces = new ServerNonces();
  readonly #heartbeatMs: number;
  readonly #maxUnauthenticated: number;
  readonly #hello = new Uint8Array(P.HEADER_BYTES + 40);
  #nextSweepUs: number;
  #type = 0;
  #seq = 0;

  constructor(options: SessionOptions) {
    const { gateway, clock, counters, audit, trail, heartbeatMs } = options;
    const startUs = clock.nowUs();
    this.#heartbeatMs = heartbeatMs;
    this.#maxUnauthenticated = options.maxUnauthenticated ?? defaultMaxUnauthenticated(gateway.capacity);
    this.#nextSweepUs = startUs;
    const core = new SessionCore({
      gateway,
      counters,
      audit,
      trail,
      macs: options.macs ?? createMacTable(2 * gateway.capacity),
      clock,
      wheel: new TimingWheel(gateway.capacity, WHEEL_TICK_US, WHEEL_BUCKETS, startUs),
    });
    this.#core = core;
    this.#buckets = new TokenBuckets(gateway.capacity, { packetsPerSecond: PACKETS_PER_SECOND, bytesPerSecond: BYTES_PER_SECOND });
    this.#index = new SessionIndex(core.columns.identity);
    this.#signing = options.signing ?? new SigningMemory(SigningMemory.allocate(gateway.capacity), counters);
    this.#takeovers = options.takeovers;
    this.#slowPeers = new SlowPeers(gateway, core.columns);
    this.#held = new HeldMessages(gateway);
    const later = new LaterAnswers(core, this.#held, this);
    this.#rooms = createRooms(options, core, this.#slowPeers, later, startUs);
    const questions = options.askStore && new StoreQuestions(core, later, this, options.askStore);
    const silence = silenceUs(heartbeatMs);
    this.#auth = new AuthPackets(
      core,
      options.authenticator,
      this.#index,
      this.#signing,
      this.#takeovers,
      this.#rooms,
      heartbeatMs,
      silence,
      questions,
    );
    this.#heartbeats = new HeartbeatPackets(core, this.#buckets, silence);
    this.#operations = new OperationPackets(core, this.#buckets, this.#signing, new Operations(this.#rooms), this.#rooms, options.guards);
    this.#roomPackets = new RoomPackets(core, this.#buckets, this.#rooms);
    later.operations = this.#operations;
    later.roomPackets = this.#roomPackets;
    this.#closing = new ClosingPackets(core, this.#buckets);
    this.#endings = new SessionEndings(core, this.#index, this.#signing, this.#takeovers);
    this.#questions = questions;
    if (questions !== undefined) {
      questions.auth = this.#auth;
      questions.operations = this.#operations;
      this.#operations.questions = questions;
    }
    this.#refreshes = new RefreshPackets(core, this.#buckets, options.authenticator, options.askRefresh);
  }

  onOpen(slot: number, nowUs: number): void {
    const core = this.#core;
    const { values } = core.counters;
    values[HANDSHAKES]!++;
    core.columns.reset(slot);
    this.#buckets.reset(slot);
    const isFull = values[CONNECTIONS_UNAUTHENTICATED]! >= this.#maxUnauthenticated;
    core.enter(slot, GREETED);
    this.beginPacket(0, 0);
    try {
      if (isFull) core.fault(slot, P.CODE_FULL, 0, 0, 0);
      else this.#greet(slot, nowUs);
    } catch (error) {
      this.contain(slot, error);
    }
  }

  onBinary(slot: number, bytes: Uint8Array, start: number, end: number, nowUs: number): void {
    const core = this.#core;
    if (core.isOver(slot)) return;
    const { values } = core.counters;
    values[MESSAGES_IN]!++;
    values[BYTES_IN]! += end - start;
    if (core.columns.waiting[slot] !== 0) return this.#held.put(slot, bytes, start, start, end, 0);
    core.replies.begin(slot);
    this.beginPacket(0, 0);
    try {
      if (this.#runMessage(slot, bytes, start, start, end, 0, nowUs)) this.sendAnswers(slot, nowUs);
    } catch (error) {
      this.contain(slot, error);
    }
  }

  onText(slot: number): void {
    const core = this.#core;
    if (core.isOver(slot)) return;
    core.audit('text', slot, P.CODE_TEXT, '');
    core.close(slot, CLOSE_UNSUPPORTED);
  }

  onClose(slot: number, code: number, nowUs: number): void {
    const core = this.#core;
    const { columns } = core;
    if (columns.state[slot] === FREE) throw new Error(`slot ${slot} was closed twice`);
    core.counters.values[CLOSED_COUNT]!++;
    core.counters.values[closeCounter(code)]!++;
    // Its time of expiry says that a connection was authenticated.
    if (columns.expiresUs[slot] !== 0) core.trail?.closed(columns.identity, slot * 16, code, columns.lastSeq[slot]!, nowUs);
    core.wheel.cancel(slot);
    this.#rooms.gone(slot);
    this.#held.forget(slot);
    if (this.#index.holds(slot)) this.#index.remove(slot);
    this.#takeovers?.release(slot);
    this.#refreshes.forget(slot);
    this.#questions?.forget(slot);
    core.macs.clear(2 * slot);
    core.macs.clear(2 * slot + 1);
    core.enter(slot, FREE);
  }

  onTick(nowUs: number): number {
    const { wheel, clock, counters } = this.#core;
    wheel.advance(nowUs, this);
    if (nowUs >= this.#nextSweepUs) {
      this.#nextSweepUs = nowUs + SWEEP_EVERY_US;
      clock.check(nowUs);
      this.#signing.sweep(nowUs);
    }
    const nextTickUs = this.#rooms.turn(nowUs);
    counters.values[TIMERS] = wheel.count;
    if (this.#takeovers?.turn()) return nowUs;
    return Math.min(nextTickUs, wheel.nextTickUs());
  }

  /** Called by the wheel. */
  onDeadline(slot: number, nowUs: number): void {
    this.beginPacket(0, 0);
    try {
      this.#expire(slot, nowUs);
    } catch (error) {
      this.contain(slot, error);
    }
  }

  drain(nowUs: number): void {
    const core = this.#core;
    for (let slot = 0; slot < core.columns.capacity; slot++) {
      const state = core.columns.state[slot];
      if (state === READY) this.#closing.ask(slot, nowUs);
      else if (state === GREETED) core.fault(slot, P.CODE_DRAINING, 0, 0, 0);
    }
  }

  receive(message: ToGatewayThread, nowUs: number): void {
    if (message.type === 'revoke') this.#endings.revoke(message);
    else if (message.type === 'replaced') this.#endings.replace(message);
    else if (message.type === 'answer') this.#questions?.receive(message, nowUs);
    else if (message.type === 'refreshed') this.#refreshes.receive(message);
  }

  #greet(slot: number, nowUs: number): void {
    const core = this.#core;
    core.setDeadline(slot, nowUs + AUTH_DEADLINE_US);
    this.#nonces.draw(core.columns.identity, slot * 16);
    const end = P.writeHello(this.#hello, 0, 0, this.#heartbeatMs, core.clock.unixMs(nowUs), core.columns.identity, slot * 16);
    core.sendAlone(slot, this.#hello, end, P.HELLO);
  }

  /** The peer did not do in time what its state asks of it. A deadline may have moved meanwhile: then the wheel waits on. */
  #expire(slot: number, nowUs: number): void {
    const { columns, wheel } = this.#core;
    const state = columns.state[slot]!;
    const deadlineUs = state === READY ? Math.min(columns.deadlineUs[slot]!, columns.expiresUs[slot]!) : columns.deadlineUs[slot]!;
    if (deadlineUs > nowUs) wheel.set(slot, deadlineUs);
    else if (state === GREETED) this.#auth.refuseWith(slot, 0, P.CODE_AUTH_TIMEOUT, 'timeout');
    else if (state !== READY) this.#closing.expire(slot);
    else if (columns.expiresUs[slot]! <= nowUs) this.#refreshes.expire(slot, nowUs);
    else this.#core.fault(slot, P.CODE_DEAD, 0, 0, 0);
  }

  /** Called when a room operation is answered, with what the peer sent behind it. */
  runHeld(slot: number, { bytes, start, at, end, packets }: HeldMessage, nowUs: number): boolean {
    return this.#runMessage(slot, bytes, start, at, end, packets, nowUs);
  }

  /**
   * Runs the packets of one message in order (ruling 17), those from `from` on: `ran` have run. False when the connection is being
   * closed.
   */
  #runMessage(slot: number, bytes: Uint8Array, start: number, from: number, end: number, ran: number, nowUs: number): boolean {
    const core = this.#core;
    const { columns } = core;
    const { values } = core.counters;
    let at = from;
    for (let packets = ran; at < end || packets === 0; packets++) {
      if (end - at < P.HEADER_BYTES) return core.fault(slot, P.CODE_LENGTH, 0, 0, at - start);
      const type = readU16(bytes, at);
      const seq = readU32(bytes, at + 2);
      const packetEnd = at + P.HEADER_BYTES + readU16(bytes, at + 6);
      this.beginPacket(type, seq);
      if (packets === P.MAX_CLIENT_BUNDLE) return core.fault(slot, P.CODE_BUNDLE, type, seq, at - start);
      if (packetEnd > end) return core.fault(slot, P.CODE_LENGTH, type, seq, at + 6 - start);
      const malformed = P.bodyFault(type, packetEnd - at - P.HEADER_BYTES);
      if (malformed !== P.CODE_OK) return core.fault(slot, malformed, type, seq, at - start + (malformed === P.CODE_TYPE ? 0 : 6));
      if ((LEGAL_STATES[type]! & (1 << columns.state[slot]!)) === 0) return core.fault(slot, P.CODE_STATE, type, seq, at - start);
      if (seq !== columns.lastSeq[slot]! + 1) return core.fault(slot, P.CODE_SEQ, type, seq, at + 2 - start);
      columns.lastSeq[slot] = seq;
      values[PACKETS_IN[type]!]!++;
      if (!this.#runPacket(slot, type, bytes, start, at, packetEnd, nowUs)) return false;
      at = packetEnd;
      if (columns.waiting[slot] !== 0 && at < end) {
        this.#held.put(slot, bytes, start, at, end, packets + 1);
        return true;
      }
    }
    return true;
  }

  #runPacket(slot: number, type: number, bytes: Uint8Array, start: number, at: number, end: number, nowUs: number): boolean {
    if (type !== P.AUTH && this.#buckets.isFlood(slot, end - at, nowUs)) {
      return this.#core.fault(slot, P.CODE_RATE, type, this.#seq, at - start);
    }
    switch (type) {
      case P.PING:
        return this.#heartbeats.run(slot, bytes, start, at, end, nowUs);
      case P.OP:
        return this.#operations.runPlain(slot, bytes, start, at, end, nowUs);
      case P.OP_SIGNED:
        return this.#operations.runSigned(slot, bytes, start, at, end, nowUs);
      case P.AUTH:
        return this.#auth.run(slot, bytes, start, at, end, nowUs);
      case P.ROOM_JOIN:
        return this.#roomPackets.runJoin(slot, bytes, start, at, end, nowUs);
      case P.ROOM_LEAVE:
        return this.#roomPackets.runLeave(slot, bytes, at, end, nowUs);
      case P.REFRESH:
        return this.#refreshes.run(slot, bytes, start, at, end, nowUs);
      case P.DISCONNECT:
        return this.#closing.runDisconnect(slot, bytes, start, at, end, nowUs);
      case P.ACK_CLOSE:
        return this.#closing.runAckClose(slot, bytes, start, at, end, nowUs);
      default:
        throw new Error(`packet type ${type} is legal and has no handler`);
    }
  }

  /** Sends the answers to a message, unless the peer has long stopped reading what it asked for. */
  sendAnswers(slot: number, nowUs: number): void {
    const verdict = this.#slowPeers.judge(slot, nowUs);
    if (verdict === FINE || verdict === SKIP) this.#core.replies.flush();
    else this.#core.fault(slot, P.CODE_SLOW_CONSUMER, this.#type, this.#seq, 0);
  }

  /** Notes the header that runs now, 0 and 0 for none, for the answer to a fault of our own. */
  beginPacket(type: number, seq: number): void {
    this.#type = type;
    this.#seq = seq;
  }

  /** A fault of our own ends the connection at which it happened, and nothing else (S17). */
  contain(slot: number, error: unknown): void {
    const core = this.#core;
    core.noteFault(slot, error);
    try {
      core.fault(slot, P.CODE_INTERNAL, this.#type, this.#seq, 0);
    } catch {
      // What failed is the sending itself: the peer hears the close code at most.
      core.close(slot, P.closeCodeOf(P.CODE_INTERNAL));
    }
  }
}
