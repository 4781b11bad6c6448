import type { MacTable } from '../src/protocol/mac.js';
import { CODE_INTERNAL, closeCodeOf, ERROR, writeError } from '../src/protocol/packet.js';
import type { SessionTrail } from './audit/session-trail.js';
import { BYTES_OUT, type Counters, HANDLER_FAULTS, MESSAGES_OUT, PACKETS_OUT } from './counters.js';
import type { Gateway } from './gateway/gateway.js';
import type { AuditSink } from './session-audit.js';
import type { SessionClock } from './session-clock.js';
import { SessionColumns } from './session-columns.js';
import { SessionReplies } from './session-replies.js';
import { CLOSED, FREE, GREETED, STATE_GAUGES } from './session-states.js';
import type { TimingWheel } from './timing-wheel.js';

export interface SessionCoreParts {
  readonly gateway: Gateway;
  readonly macs: MacTable;
  readonly clock: SessionClock;
  readonly wheel: TimingWheel;
  readonly counters: Counters;
  readonly audit: AuditSink;
  /** Absent without --audit. */
  readonly trail?: SessionTrail | undefined;
}

/** What every part of the session machine works on: the columns, the answers, and the one way in which a connection is ended. */
export class SessionCore {
  readonly gateway: Gateway;
  /** Row 2 * slot is the client's key (c2s), 2 * slot + 1 the server's (s2c). */
  readonly macs: MacTable;
  readonly clock: SessionClock;
  readonly wheel: TimingWheel;
  readonly columns: SessionColumns;
  readonly replies: SessionReplies;
  readonly counters: Counters;
  /** What every connection has is told here, and only with --audit. */
  readonly trail: SessionTrail | undefined;
  readonly #audit: AuditSink;
  readonly #error = new Uint8Array(32);

  constructor(parts: SessionCoreParts) {
    this.gateway = parts.gateway;
    this.macs = parts.macs;
    this.clock = parts.clock;
    this.wheel = parts.wheel;
    this.counters = parts.counters;
    this.#audit = parts.audit;
    this.trail = parts.trail;
    this.columns = new SessionColumns(parts.gateway.capacity);
    this.replies = new SessionReplies(parts.gateway, parts.counters);
  }

  /** Moves a connection to a state and keeps the gauges. */
  enter(slot: number, state: number): void {
    const { values } = this.counters;
    const from = STATE_GAUGES[this.columns.state[slot]!]!;
    const to = STATE_GAUGES[state]!;
    if (from >= 0) values[from]!--;
    if (to >= 0) values[to]!++;
    this.columns.state[slot] = state;
  }

  /** Sets by when the peer must act; the wheel looks at the slot then. */
  setDeadline(slot: number, deadlineUs: number): void {
    this.columns.deadlineUs[slot] = deadlineUs;
    this.wheel.set(slot, deadlineUs);
  }

  /**
   * Ends a connection for a reason: what was answered so far, one ERROR in a message of its own, the close frame (ruling 10).
   * `detail` is the offset of the fault in the message. Returns false: no later packet of the message runs.
   */
  fault(slot: number, code: number, refType: number, refSeq: number, detail: number): false {
    const end = writeError(this.#error, 0, code, refType, refSeq, detail);
    this.farewell(slot, this.#error, end, ERROR, closeCodeOf(code));
    return false;
  }

  /** Ends a connection with one last packet, bytes[0..end) of this type, and a close code. */
  farewell(slot: number, bytes: Uint8Array, end: number, type: number, closeCode: number): void {
    if (this.isOver(slot)) return;
    this.replies.flush();
    this.sendAlone(slot, bytes, end, type);
    this.close(slot, closeCode);
  }

  /** Sends one packet, bytes[0..end) of this type, as a message of its own. */
  sendAlone(slot: number, bytes: Uint8Array, end: number, type: number): void {
    const { values } = this.counters;
    values[PACKETS_OUT[type]!]!++;
    values[MESSAGES_OUT]!++;
    values[BYTES_OUT]! += end;
    this.gateway.send(slot, bytes, 0, end);
  }

  close(slot: number, closeCode: number): void {
    if (this.isOver(slot)) return;
    this.enter(slot, CLOSED);
    this.wheel.cancel(slot);
    this.gateway.close(slot, closeCode);
  }

  isOver(slot: number): boolean {
    const state = this.columns.state[slot]!;
    return state === FREE || state === CLOSED;
  }

  /** Tells of a fault of our own; slot -1 when it concerns no single connection. */
  noteFault(slot: number, error: unknown): void {
    this.counters.values[HANDLER_FAULTS]!++;
    this.audit('handler.fault', slot, CODE_INTERNAL, error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  audit(event: string, slot: number, code: number, detail: string): void {
    if (slot < 0) return this.#audit({ event, slot, code, detail });
    const hasSid = this.columns.state[slot] !== GREETED;
    const identity = this.columns.identity;
    const sid = hasSid ? { sid: Buffer.from(identity.subarray(slot * 16, slot * 16 + 16)).toString('base64url') } : {};
    this.#audit({ event, slot, code, detail, peer: this.gateway.peer(slot), ...sid });
  }
}
