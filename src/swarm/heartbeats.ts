import type { Prng } from '../core/prng.js';
import { COUNTER, TREND } from '../measure/metric-names.js';
import { readU32, readU64 } from '../protocol/bytes.js';
import type { MacTable } from '../protocol/mac.js';
import * as W from '../protocol/packet.js';
import * as C from './client-table.js';
import type { ConnectionParts, Connections } from './connections.js';
import type { Flow } from './flow.js';
import { PAYLOAD_AT } from './sender.js';

/** A PING without its PONG after this time is a miss. */
export const PONG_WITHIN_US = 10_000_000;
/** So many misses in a row and the session is dead. */
export const MISSES_ALLOWED = 3;
/** How long a beat that waits for an operation gives it to be sent. */
const RIDE_GRACE_US = 100_000;

/**
 * Signed heartbeats beside the flow. A PING carries the time of its sending and its PONG brings it back, so nothing is
 * kept of them but how many are open.
 */
export class Heartbeats {
  readonly #parts: ConnectionParts;
  readonly #connections: Connections;
  readonly #macs: MacTable;
  readonly #prng: Prng;

  constructor(parts: ConnectionParts, connections: Connections, macs: MacTable, prng: Prng) {
    this.#parts = parts;
    this.#connections = connections;
    this.#macs = macs;
    this.#prng = prng;
  }

  /**
   * The heartbeat of that step of the flow begins, at a random phase of its period, so that many clients do not beat
   * together; or, where it may ride along, with the client's first planned operation, whose phases are spread already.
   */
  start(row: number, step: number, nowUs: number): void {
    const { heartbeatStep } = this.#parts.table;
    if (heartbeatStep[row] !== step) heartbeatStep[row] = step;
    const { periodUs } = this.#stepOf(row);
    const phase = this.#ridesAlong(row, periodUs) ? 1 : this.#prng.next();
    this.#parts.timers.setHeartbeat(row, nowUs + phase * periodUs);
  }

  /**
   * A planned operation of this row has just been queued. A beat that is due within its jitter of it goes out in the same
   * segment, and its answer comes back in one: with very many clients most of what a message costs is the way of two more
   * segments through a connection that no cache remembers.
   */
  rideAlong(row: number, nowUs: number): void {
    const { table, timers } = this.#parts;
    const dueUs = timers.heartbeatDueUs(row);
    if (dueUs === Number.POSITIVE_INFINITY || table.phase[row] !== C.READY || (table.flags[row]! & C.FLAG_PING_CHECK) !== 0) return;
    const { periodUs, jitter } = this.#stepOf(row);
    if (!this.#ridesAlong(row, periodUs) || (table.heartbeat[row] !== 0 && dueUs - nowUs > periodUs * jitter)) return;
    this.#send(row, nowUs);
    table.flags[row]! |= C.FLAG_PING_CHECK;
    timers.setHeartbeat(row, nowUs + PONG_WITHIN_US);
  }

  /** The heartbeat timer of this row has fired. */
  due(row: number, nowUs: number): void {
    const { table } = this.#parts;
    if (table.phase[row] !== C.READY) return;
    const { periodUs, jitter } = this.#stepOf(row);
    // Beats further apart than a PONG may take: the timer looks for the PONG in between. Else the next beat looks.
    const isSparse = periodUs > PONG_WITHIN_US;
    const isCheck = (table.flags[row]! & C.FLAG_PING_CHECK) !== 0;
    if (isCheck || !isSparse) {
      if (table.openPings[row]! * periodUs >= PONG_WITHIN_US && !this.#missed(row, nowUs)) return;
    }
    if (!isCheck && this.#waitsForOperation(row, periodUs, jitter, nowUs)) return;
    const variedUs = Math.max(isSparse ? PONG_WITHIN_US : 0, periodUs * (1 + jitter * (2 * this.#prng.next() - 1)));
    if (isCheck) {
      table.flags[row]! &= ~C.FLAG_PING_CHECK;
      this.#parts.timers.setHeartbeat(row, nowUs + variedUs - PONG_WITHIN_US);
      return;
    }
    this.#parts.recorder.record(TREND.pacing_lag, nowUs - this.#parts.timers.firingUs);
    this.#send(row, nowUs);
    if (isSparse) table.flags[row]! |= C.FLAG_PING_CHECK;
    this.#parts.timers.setHeartbeat(row, nowUs + (isSparse ? PONG_WITHIN_US : variedUs));
  }

  /** Beats that come seldom ride along with planned operations that come at least as often. */
  #ridesAlong(row: number, periodUs: number): boolean {
    return periodUs > PONG_WITHIN_US && this.#parts.flows[this.#parts.table.scenario[row]!]!.operationPeriodUs <= periodUs;
  }

  /** A beat whose client sends its next planned operation within the beat's jitter waits for it. */
  #waitsForOperation(row: number, periodUs: number, jitter: number, nowUs: number): boolean {
    const { table, timers } = this.#parts;
    if (table.waits[row] !== C.WAIT_TICK || !this.#ridesAlong(row, periodUs)) return false;
    const operationUs = table.intendedUs[row]!;
    if (operationUs <= nowUs || operationUs - nowUs > periodUs * jitter) return false;
    // A little behind it: when the operation is sent the beat goes with it and sets the timer anew.
    timers.setHeartbeat(row, operationUs + RIDE_GRACE_US);
    return true;
  }

  /** A PONG packet has come, of the right length. */
  onPong(row: number, bytes: Uint8Array, at: number, end: number, nowUs: number): void {
    const { table } = this.#parts;
    if (!W.verifyPacket(bytes, at, end, W.PONG_TAG, this.#macs, row * 2 + 1)) {
      this.#connections.fault(row, 'server.tag', 'the tag of a PONG does not hold', nowUs);
      return;
    }
    const expected = table.heartbeat[row]! - table.openPings[row]! + 1;
    if (table.openPings[row] === 0 || readU32(bytes, at + W.PONG_HB_NO) !== expected) {
      this.#connections.fault(row, 'server.replay', 'a PONG answers no open PING', nowUs);
      return;
    }
    // The server counts an operation when it has acknowledged it, and acknowledgements come before this PONG.
    if (readU32(bytes, at + W.PONG_OPS_SEEN) !== table.opsAcked[row]) this.#mismatch();
    this.#answered(row, nowUs - readU64(bytes, at + W.PONG_CLIENT_MONO_US));
  }

  #answered(row: number, tookUs: number): void {
    const { table, recorder } = this.#parts;
    table.openPings[row]! -= 1;
    if (table.missedPings[row] !== 0) table.missedPings[row] = 0;
    recorder.count(COUNTER.heartbeats_answered);
    recorder.record(TREND.ws_ping, tookUs);
  }

  #mismatch(): void {
    this.#parts.recorder.count(COUNTER.ledger_mismatches);
    this.#parts.errors.add('ledger.pong', 'a PONG counts other operations than were acknowledged');
  }

  /** Counts a miss; false when the session is dead of it. */
  #missed(row: number, nowUs: number): boolean {
    const { table, recorder } = this.#parts;
    recorder.count(COUNTER.heartbeats_missed);
    table.missedPings[row]! += 1;
    if (table.missedPings[row]! < MISSES_ALLOWED) return true;
    this.#connections.fault(row, 'timeout.heartbeat', `${MISSES_ALLOWED} heartbeats in a row were not answered`, nowUs);
    return false;
  }

  #send(row: number, nowUs: number): void {
    const { table, sender, recorder } = this.#parts;
    const number = table.heartbeat[row]! + 1;
    table.heartbeat[row] = number;
    table.openPings[row]! += 1;
    recorder.count(COUNTER.heartbeats_sent);
    const sequence = table.nextSequence(row);
    const end = W.writePing(sender.scratch, PAYLOAD_AT, sequence, number, table.opsSent[row]!, Math.floor(nowUs), this.#macs, row * 2);
    sender.sendBinary(row, end);
  }

  #stepOf(row: number): Flow['plan']['program']['heartbeats'][number] {
    const flow = this.#parts.flows[this.#parts.table.scenario[row]!]!;
    return flow.plan.program.heartbeats[this.#parts.table.heartbeatStep[row]!]!;
  }
}
