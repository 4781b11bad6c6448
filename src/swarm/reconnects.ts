import type { Prng } from '../core/prng.js';
import { COUNTER, TREND } from '../measure/metric-names.js';
import type { Recorder } from '../measure/recorder.js';
import type { ScenarioRecorder } from '../measure/scenario-recorder.js';
import type { ReconnectStep } from '../scenario/program.js';
import * as C from './client-table.js';
import type { ErrorCounts } from './error-counts.js';
import type { Flow } from './flow.js';
import type { Timers } from './timers.js';

const NO_CONNECT = 0xffff;
/** Bits of a client's state. */
const IS_READY = 1; // its session was ready, and is or has just been lost
const IN_STORM = 2; // a storm took its connection

export interface ReconnectParts {
  readonly table: C.ClientTable;
  readonly recorder: Recorder;
  readonly byScenario?: ScenarioRecorder | undefined;
  readonly errors: ErrorCounts;
  readonly timers: Timers;
}

/**
 * Clients that come back: whose connection is lost, or cannot be opened, goes on with its flow from its connect step after a
 * wait that grows with each attempt in a row. Its columns exist only where a flow has a reconnect step.
 */
export class Reconnects {
  readonly #parts: ReconnectParts;
  readonly #prng: Prng;
  /** The connect step that its connection came from; NO_CONNECT while it wants none. */
  readonly #connectPc: Uint16Array;
  readonly #attempts: Uint16Array;
  readonly #state: Uint8Array;
  /** When a ready session was lost that is not ready again, us; 0: none is. */
  readonly #lostUs: Float64Array;
  /** Where the flow stood then, and since when no message of its paced loops was sent; 0: that has been counted. */
  readonly #lostPc: Uint16Array;
  readonly #awayUs: Float64Array;

  constructor(parts: ReconnectParts, prng: Prng) {
    const { rows } = parts.table;
    this.#parts = parts;
    this.#prng = prng;
    this.#connectPc = new Uint16Array(rows).fill(NO_CONNECT);
    this.#attempts = new Uint16Array(rows);
    this.#state = new Uint8Array(rows);
    this.#lostUs = new Float64Array(rows);
    this.#lostPc = new Uint16Array(rows);
    this.#awayUs = new Float64Array(rows);
  }

  /** The flow of this row is at the connect step `pc` and wants a connection. */
  connecting(row: number, pc: number, nowUs: number): void {
    this.#connectPc[row] = pc;
    if (this.#attempts[row] !== 0) this.#parts.recorder.record(TREND.scheduling_lag, nowUs - this.#parts.table.intendedUs[row]!);
  }

  /** The session of this row is ready, for the first time or again. `stormUs` is when its scenario's storm was planned. */
  ready(row: number, stormUs: number, nowUs: number): void {
    const { recorder } = this.#parts;
    const lostUs = this.#lostUs[row]!;
    this.#attempts[row] = 0;
    if (lostUs !== 0) {
      recorder.count(COUNTER.ws_reconnects);
      recorder.record(TREND.ws_reconnecting, nowUs - lostUs);
      if ((this.#state[row]! & IN_STORM) !== 0) recorder.record(TREND.storm_recovery, nowUs - stormUs);
      this.#lostUs[row] = 0;
    }
    this.#state[row] = IS_READY;
  }

  /** Whether a storm may take the connection of this row. */
  isReady(row: number): boolean {
    return this.#state[row] === IS_READY && this.#parts.table.phase[row]! <= C.READY;
  }

  /** A storm takes the connection of this row. */
  hitByStorm(row: number): void {
    this.#state[row]! |= IN_STORM;
    this.#parts.recorder.count(COUNTER.storm_losses);
  }

  /** The flow of this row has failed. True when it goes on from its connect step after a wait, which is set. */
  begin(flow: Flow, row: number, nowUs: number): boolean {
    const { table, timers } = this.#parts;
    const rule = flow.plan.program.reconnect;
    const connectPc = this.#connectPc[row]!;
    const isOver = (table.flags[row]! & (C.FLAG_LEAVING | C.FLAG_FLOW_ENDS)) !== 0 || nowUs >= flow.endUs;
    if (rule === undefined || connectPc === NO_CONNECT || isOver || table.phase[row] !== C.IDLE) return false;
    if ((this.#state[row]! & IS_READY) !== 0) {
      this.#state[row]! &= ~IS_READY;
      this.#lostUs[row] = nowUs;
      this.#awayUs[row] = nowUs;
      this.#lostPc[row] = table.pc[row]!;
    }
    const attempt = this.#attempts[row]!;
    if (rule.attempts !== undefined && attempt >= rule.attempts) {
      this.#giveUp(row, attempt);
      return false;
    }
    if (attempt < 0xffff) this.#attempts[row] = attempt + 1;
    table.pc[row] = connectPc;
    table.waits[row] = C.WAIT_TURN;
    table.intendedUs[row] = nowUs + this.#waitUs(rule, attempt);
    timers.setFlow(row, table.intendedUs[row]!);
    return true;
  }

  /** The connection of this row ended because its flow wanted it to. */
  endedInOrder(row: number): void {
    this.#connectPc[row] = NO_CONNECT;
    this.#state[row] = 0;
    this.#awayUs[row] = 0;
  }

  /** The flow of this row is over: what it has not recovered from it never will. */
  flowOver(flow: Flow, row: number, nowUs: number): void {
    const { recorder } = this.#parts;
    if ((this.#state[row]! & IN_STORM) !== 0) {
      recorder.count(COUNTER.storm_unrecovered);
      recorder.record(TREND.storm_recovery, nowUs - flow.stormUs);
    }
    this.#lostUs[row] = 0;
    this.#attempts[row] = 0;
    this.endedInOrder(row);
  }

  /** The run is over for everyone: who is away stays away. */
  runOver(flows: readonly Flow[], nowUs: number): void {
    const { rows, scenario } = this.#parts.table;
    for (let row = 0; row < rows; row++) {
      if (this.#state[row] === 0) continue;
      this.#parts.byScenario?.select(scenario[row]!);
      this.flowOver(flows[scenario[row]!]!, row, nowUs);
    }
  }

  /**
   * A client that is back comes to the paced loop whose instructions are from `pc` to before `after`: since when it was away,
   * us, if it was lost inside of it; else 0. Asked once.
   */
  takeAwayUs(row: number, pc: number, after: number): number {
    const awayUs = this.#awayUs[row]!;
    if (awayUs === 0 || this.#lostPc[row]! <= pc || this.#lostPc[row]! >= after) return 0;
    this.#awayUs[row] = 0;
    return awayUs;
  }

  #waitUs({ afterUs, minUs, maxUs, factor, jitter }: ReconnectStep, attempt: number): number {
    const plainUs = attempt === 0 && afterUs !== undefined ? afterUs : Math.min(maxUs, minUs * factor ** attempt);
    return jitter === 0 ? plainUs : plainUs * (1 + jitter * (2 * this.#prng.next() - 1));
  }

  /** A session that was ready and is given up has failed; one that never was is counted when its client is over. */
  #giveUp(row: number, attempts: number): void {
    const { table, recorder, errors } = this.#parts;
    errors.add('reconnect.gave-up', `the connection could not be opened again in ${attempts} attempts in a row`);
    if ((table.flags[row]! & C.FLAG_WAS_READY) !== 0) recorder.count(COUNTER.sessions_failed);
  }
}
