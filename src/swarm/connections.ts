import { COUNTER, TREND } from '../measure/metric-names.js';
import type { Recorder } from '../measure/recorder.js';
import type { ScenarioRecorder } from '../measure/scenario-recorder.js';
import { errnoName, errnoText } from '../net/errno.js';
import type { Transport } from '../net/transport.js';
import type { Answers } from './answers.js';
import type { Beside } from './beside.js';
import * as C from './client-table.js';
import type { ClientValues } from './client-values.js';
import type { Credentials } from './credentials.js';
import type { Deliveries } from './deliveries.js';
import type { Drivers } from './drivers.js';
import type { ErrorCounts } from './error-counts.js';
import type { Flow } from './flow.js';
import type { HttpSteps } from './http-steps.js';
import type { Reconnects } from './reconnects.js';
import type { Sender } from './sender.js';
import type { Timers } from './timers.js';
import type { Wakes } from './wakes.js';

/** How long a close frame or the end of the stream may stay unanswered. */
export const CLOSE_TIMEOUT_US = 5_000_000;

/** What every part of a worker that deals with connections needs. */
export interface ConnectionParts {
  readonly table: C.ClientTable;
  readonly flows: readonly Flow[];
  readonly transport: Transport;
  readonly sender: Sender;
  readonly recorder: Recorder;
  /** The recorder once more where there are several scenarios: that of a client is selected before it is recorded for. */
  readonly byScenario?: ScenarioRecorder | undefined;
  readonly errors: ErrorCounts;
  readonly wakes: Wakes;
  readonly timers: Timers;
  readonly answers: Answers;
  readonly credentials: Credentials;
  /** Present when some scenario has a driver. */
  drivers?: Drivers;
  /** Present when some send step has `broadcast`. */
  deliveries?: Deliveries;
  /** Present when some flow uses feeders or captures. */
  values?: ClientValues;
  /** Present when some flow has every steps. */
  beside?: Beside;
  /** Present when some flow has a reconnect step. */
  reconnects?: Reconnects;
  /** Present when some flow has http steps. */
  http?: HttpSteps;
  /** With them, by client: since when nothing but its plan keeps it from its next request, us. */
  freeUs?: Float64Array;
}

/**
 * How connections stand and how they end: who wished it, what it is counted as, and that the client's flow hears of it
 * exactly once, when the row is free.
 */
export class Connections {
  /** Rows of which the connection stands and is upgraded, and rows that are ready. */
  openCount = 0;
  readyCount = 0;
  peakOpen = 0;
  /** Connections being opened: from connect() until the session is ready, or the flow goes on without authentication. */
  slotsTaken = 0;
  /** Connections that we are ending. */
  closingCount = 0;
  readonly #parts: ConnectionParts;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  takeSlot(row: number): void {
    this.#parts.table.flags[row]! |= C.FLAG_SLOT;
    this.slotsTaken++;
  }

  releaseSlot(row: number): void {
    const { flags } = this.#parts.table;
    if ((flags[row]! & C.FLAG_SLOT) === 0) return;
    flags[row]! &= ~C.FLAG_SLOT;
    this.slotsTaken--;
  }

  /** The upgrade is done, or the stream stands that needs none. Without authentication in its flow the session is ready with it. */
  upgraded(row: number, nowUs: number): void {
    const { table, recorder } = this.#parts;
    const totalUs = table.sinceUs(row, nowUs);
    if (!this.#flowOf(row).isStream) {
      recorder.record(TREND.ws_connecting, totalUs);
      recorder.record(TREND.ws_upgrading, totalUs - table.tcpUs[row]!);
    }
    recorder.count(COUNTER.connects_established);
    if (!this.#flowOf(row).isHttp) recorder.count(COUNTER.ws_sessions);
    table.phase[row] = C.OPEN;
    this.openCount++;
    if (this.openCount > this.peakOpen) this.peakOpen = this.openCount;
    this.#parts.deliveries?.opened(this.#flowOf(row));
    if (!this.#flowOf(row).isReference) this.#countReady(row, totalUs, nowUs);
  }

  /** The server proved that it knows the session. */
  authenticated(row: number, nowUs: number): void {
    const { table } = this.#parts;
    table.phase[row] = C.READY;
    // From connect() to AUTH, and since.
    this.#countReady(row, table.tcpUs[row]! + table.sinceUs(row, nowUs), nowUs);
  }

  /** Sends a close frame because we want the connection to end. */
  closeInOrder(row: number, code: number, nowUs: number): void {
    this.wishClosed(row);
    this.#parts.sender.sendClose(row, code);
    this.awaitEnd(row, nowUs);
  }

  /** Notes that from now on the end of this connection is no loss. */
  wishClosed(row: number): void {
    const { flags } = this.#parts.table;
    if ((flags[row]! & C.FLAG_CLOSE_WANTED) !== 0) return;
    flags[row]! |= C.FLAG_CLOSE_WANTED;
    this.closingCount++;
  }

  /** Nothing is left to do but to wait until the stream has ended. */
  awaitEnd(row: number, nowUs: number): void {
    const { table, timers } = this.#parts;
    this.#leaveOpenPhases(row, C.CLOSING);
    table.phase[row] = C.CLOSING;
    timers.cancelHeartbeat(row);
    this.#parts.beside?.stop(row, nowUs);
    this.#parts.drivers?.stop(row, nowUs);
    timers.setFlow(row, nowUs + CLOSE_TIMEOUT_US);
  }

  /** The exchange that ends a session has begun. */
  beginDraining(row: number): void {
    this.#leaveOpenPhases(row, C.DRAINING);
    this.#parts.table.phase[row] = C.DRAINING;
    this.#parts.timers.cancelHeartbeat(row);
  }

  /** The stream has not ended by itself within its time. */
  endOverdue(row: number): void {
    this.#parts.errors.add('timeout.close', 'the server did not end the connection after we had ended our side of it');
    this.#parts.transport.abort(row);
  }

  /**
   * The connection cannot be used any more through no wish of ours: a time-out, a broken protocol, an error that the
   * server announced. It is counted here, and what the transport says later adds nothing.
   */
  fault(row: number, code: string, text: string, nowUs: number): void {
    const { phase } = this.#parts.table;
    if (phase[row] === C.IDLE || phase[row] === C.CLOSING) return;
    this.#parts.errors.add(code, text);
    this.countLoss(row);
    this.awaitEnd(row, nowUs);
    this.#parts.transport.abort(row);
  }

  /** Counts the loss of a session that was ready, unless we wanted it to end. Call it before the phase changes. */
  countLoss(row: number): void {
    const { table, recorder } = this.#parts;
    if ((table.flags[row]! & C.FLAG_CLOSE_WANTED) !== 0) return;
    const isReady = table.phase[row] === C.READY || (table.phase[row] === C.OPEN && !this.#flowOf(row).isReference);
    if (isReady) recorder.count(COUNTER.connections_lost);
  }

  /** The transport says that the connection is over. */
  closed(row: number, errno: number, nowUs: number): void {
    const { table, timers, answers, wakes, credentials } = this.#parts;
    const phase = table.phase[row]!;
    const isWanted = (table.flags[row]! & C.FLAG_CLOSE_WANTED) !== 0;
    // A server may end a connection of HTTP between two requests, and the next one opens another.
    const isHttp = this.#flowOf(row).isHttp && phase >= C.OPEN && (isWanted || phase === C.OPEN);
    if (isHttp) this.#parts.http!.closed(row, errno, nowUs);
    else this.#parts.http?.abandon(row, nowUs);
    if (!isWanted && !isHttp && phase !== C.CLOSING) {
      this.#countEnd(row, phase, errno);
      this.countLoss(row);
    }
    this.#leaveOpenPhases(row, C.IDLE);
    this.releaseSlot(row);
    if (isWanted) this.closingCount--;
    table.phase[row] = C.IDLE;
    table.flags[row]! &= ~(C.FLAG_CLOSE_WANTED | C.FLAG_PING_CHECK);
    table.resetConnection(row);
    if (!isHttp || isWanted) timers.cancelFlow(row);
    timers.cancelHeartbeat(row);
    this.#parts.beside?.stop(row, nowUs);
    this.#parts.drivers?.stop(row, nowUs);
    answers.abandon(row, isWanted, nowUs);
    credentials.forgetNonce(row);
    if (isWanted) this.#parts.reconnects?.endedInOrder(row);
    if (isHttp) wakes.satisfyNow(row, C.WAIT_CLOSED, nowUs);
    else if (!isWanted) wakes.fail(row);
    else if (!wakes.satisfyNow(row, C.WAIT_CLOSED, nowUs)) wakes.fail(row);
  }

  #countEnd(row: number, phase: number, errno: number): void {
    const { errors, transport } = this.#parts;
    const text = transport.lastErrorText?.(row);
    if (errno !== 0) errors.add(errnoName(errno), errnoText(errno) ?? text ?? `the connection ended with ${errnoName(errno)}`);
    else if (phase === C.CONNECTING) errors.add('closed.connecting', 'the connection ended before it stood');
    else if (phase === C.UPGRADING) errors.add('upgrade.closed', 'the server ended the connection before it answered the upgrade');
    else if (this.#flowOf(row).isStream) errors.add('closed.stream', 'the server ended the connection');
    else errors.add('closed.1006', 'the server ended the connection without a close frame');
  }

  /** `serviceUs`: since connect(). */
  #countReady(row: number, serviceUs: number, nowUs: number): void {
    const { table, recorder } = this.#parts;
    this.readyCount++;
    if (this.#flowOf(row).isHttp && (table.flags[row]! & C.FLAG_WAS_READY) !== 0) return;
    const responseUs = nowUs - table.intendedUs[row]!;
    recorder.record(TREND.session_ready, responseUs);
    recorder.record(TREND.session_service, serviceUs);
    recorder.record(TREND.session_lag, responseUs - serviceUs);
    this.#parts.reconnects?.ready(row, this.#flowOf(row).stormUs, nowUs);
    if ((table.flags[row]! & C.FLAG_WAS_READY) !== 0) return;
    table.flags[row]! |= C.FLAG_WAS_READY;
    recorder.count(COUNTER.sessions_ready);
  }

  /** Keeps the gauges right when a row goes from one phase to a later one. */
  #leaveOpenPhases(row: number, next: number): void {
    const phase = this.#parts.table.phase[row]!;
    if (phase === C.READY || (phase === C.OPEN && !this.#flowOf(row).isReference)) this.readyCount--;
    if (phase < C.OPEN || phase > C.DRAINING || next === C.DRAINING) return;
    this.openCount--;
    this.#parts.deliveries?.ended(this.#flowOf(row), (this.#parts.table.flags[row]! & C.FLAG_CLOSE_WANTED) !== 0);
  }

  #flowOf(row: number): Flow {
    return this.#parts.flows[this.#parts.table.scenario[row]!]!;
  }
}
