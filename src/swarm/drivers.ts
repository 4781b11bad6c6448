import { COUNTER, type CounterName, TREND, type TrendName } from '../measure/metric-names.js';
import type { OwnMetrics } from '../measure/own-metrics.js';
import type { Recorder } from '../measure/recorder.js';
import type { Transport } from '../net/transport.js';
import { copyBytes } from '../protocol/bytes.js';
import { OPCODE_BINARY, OPCODE_TEXT } from '../protocol/websocket-frame.js';
import * as C from './client-table.js';
import { DRIVER_TIMERS, type DriverApi, MAX_DRIVER_MESSAGE, type OwnMetricId } from './driver.js';
import { DriverFault } from './driver-fault.js';
import type { LoadedDriver } from './driver-load.js';
import { declaredMetrics, idsOf } from './driver-metrics.js';
import type { ErrorCounts } from './error-counts.js';
import type { Flow } from './flow.js';
import { MAX_BUFFERED_BYTES, PAYLOAD_AT, type Sender } from './sender.js';
import type { Timers } from './timers.js';
import type { Wakes } from './wakes.js';

/** What became of a client whose driver was told that its connection stands. */
export const DRIVE_WAITS = 0;
export const DRIVE_DONE = 1;
export const DRIVE_FAILED = 2;

export interface DriverParts {
  readonly table: C.ClientTable;
  readonly flows: readonly Flow[];
  readonly transport: Transport;
  readonly sender: Sender;
  readonly recorder: Recorder;
  readonly errors: ErrorCounts;
  readonly wakes: Wakes;
  readonly timers: Timers;
}

export type { LoadedDriver } from './driver-load.js';

/** What a client of a driver stands at. */
const IDLE = 0;
const DRIVEN = 1;
const DONE = 2;
const FAILED = 3;

/** Runs the drivers of a worker. What a driver throws ends the run, as a DriverFault that names the place in its file. */
export class Drivers implements DriverApi {
  readonly #parts: DriverParts;
  /** By scenario; undefined where it has none. */
  readonly #drivers: readonly (LoadedDriver | undefined)[];
  readonly #state: Uint8Array;
  /** What the drivers measure beside the metrics of gwrk. */
  readonly own: OwnMetrics;
  #nowUs = 0;
  /** What a driver threw; nothing more is asked of any, and the worker leaves. */
  fault: DriverFault | undefined;

  constructor(parts: DriverParts, drivers: readonly (LoadedDriver | undefined)[], seed: number, own = declaredMetrics(drivers)) {
    this.#parts = parts;
    this.#drivers = drivers;
    this.#state = new Uint8Array(parts.table.rows);
    this.own = own;
    const clients = parts.table.rows;
    for (const loaded of new Set(drivers))
      this.#call(loaded, 'setup', () => loaded?.driver.setup?.({ clients, seed, metrics: idsOf(loaded.driver, own) }));
  }

  isDriven(row: number): boolean {
    return this.#drivers[this.#parts.table.scenario[row]!] !== undefined;
  }

  /** The flow of this row has come to its drive instruction. Returns DRIVE_*. */
  drive(row: number, nowUs: number): number {
    this.#open(row, nowUs);
    const state = this.#state[row];
    if (state === DONE) return DRIVE_DONE;
    return state === FAILED ? DRIVE_FAILED : DRIVE_WAITS;
  }

  onMessage(row: number, bytes: Uint8Array, start: number, end: number, nowUs: number): void {
    // Messages that came right behind the upgrade are read before the flow goes on.
    this.#open(row, nowUs);
    if (this.#state[row] !== DRIVEN || this.fault !== undefined) return;
    const loaded = this.#drivers[this.#parts.table.scenario[row]!]!;
    try {
      loaded.driver.onMessage(row, bytes, start, end, this);
    } catch (error) {
      this.fault = DriverFault.of(loaded.path, error, 'onMessage');
    }
  }

  onTimer(row: number, id: number, nowUs: number): void {
    if (this.#state[row] !== DRIVEN || this.fault !== undefined) return;
    this.#nowUs = nowUs;
    const loaded = this.#drivers[this.#parts.table.scenario[row]!]!;
    try {
      loaded.driver.onTimer?.(row, id, this);
    } catch (error) {
      this.fault = DriverFault.of(loaded.path, error, 'onTimer');
    }
  }

  /** The connection of this row ends. */
  stop(row: number, nowUs: number): void {
    if (this.#state[row] === IDLE) return;
    this.#nowUs = nowUs;
    this.#state[row] = IDLE;
    for (let id = 0; id < DRIVER_TIMERS; id++) this.#parts.timers.cancelBeside(row, id);
    const loaded = this.#drivers[this.#parts.table.scenario[row]!];
    this.#call(loaded, 'onClose', () => loaded?.driver.onClose?.(row, this));
  }

  nowUs(): number {
    return this.#nowUs;
  }

  numberOf(client: number): number {
    const { flows, table } = this.#parts;
    return flows[table.scenario[client]!]!.clientOf(table, client);
  }

  send(client: number, bytes: Uint8Array, start: number, end: number): boolean {
    return this.#send(client, OPCODE_BINARY, bytes, start, end);
  }

  sendText(client: number, bytes: Uint8Array, start: number, end: number): boolean {
    return this.#send(client, OPCODE_TEXT, bytes, start, end);
  }

  timer(client: number, id: number, afterUs: number): void {
    if (!(id >= 0 && id < DRIVER_TIMERS)) throw new RangeError(`a client has the timers 0 to ${DRIVER_TIMERS - 1}, not ${id}`);
    if (this.#state[client] === DRIVEN) this.#parts.timers.setBeside(client, id, this.#nowUs + afterUs);
  }

  cancelTimer(client: number, id: number): void {
    this.#parts.timers.cancelBeside(client, id);
  }

  record(metric: TrendName | OwnMetricId, us: number): void {
    if (typeof metric === 'number') {
      if (this.own.metrics[metric]?.type !== 'trend') throw new RangeError(`no trend of the driver has the id ${metric}`);
      this.own.recorder.record(metric, us);
      return;
    }
    const trend = TREND[metric];
    if (trend === undefined)
      throw new RangeError(`there is no trend ${metric}: ${Object.keys(TREND).join(', ')}, or an id of setup({ metrics })`);
    this.#parts.recorder.record(trend, us);
  }

  count(metric: CounterName | OwnMetricId, by = 1): void {
    if (typeof metric === 'number') {
      if (this.own.metrics[metric]?.type !== 'counter') throw new RangeError(`no counter of the driver has the id ${metric}`);
      this.own.recorder.count(metric, by);
      return;
    }
    const counter = COUNTER[metric];
    if (counter === undefined)
      throw new RangeError(`there is no counter ${metric}: ${Object.keys(COUNTER).join(', ')}, or an id of setup({ metrics })`);
    this.#parts.recorder.count(counter, by);
  }

  error(code: string): void {
    this.#parts.errors.add(`driver.${code}`, 'counted by the driver');
  }

  fail(client: number, code: string): void {
    if (this.#state[client] !== DRIVEN) return;
    this.error(code);
    this.#state[client] = FAILED;
    if (this.#parts.table.waits[client] === C.WAIT_HOLD) this.#parts.wakes.fail(client);
  }

  close(client: number): void {
    if (this.#state[client] !== DRIVEN) return;
    this.#state[client] = DONE;
    this.#parts.wakes.satisfy(client, C.WAIT_HOLD);
  }

  #open(row: number, nowUs: number): void {
    this.#nowUs = nowUs;
    if (this.#state[row] !== IDLE) return;
    this.#state[row] = DRIVEN;
    const loaded = this.#drivers[this.#parts.table.scenario[row]!]!;
    this.#call(loaded, 'onOpen', () => loaded.driver.onOpen(row, this));
  }

  #send(client: number, opcode: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { table, transport, sender } = this.#parts;
    const phase = table.phase[client]!;
    if (phase < C.OPEN || phase > C.READY || transport.bufferedBytes(client) > MAX_BUFFERED_BYTES) return false;
    if (!(end - start >= 0 && end - start <= MAX_DRIVER_MESSAGE)) throw new RangeError(`a message has at most ${MAX_DRIVER_MESSAGE} bytes`);
    sender.sendMessage(client, opcode, copyBytes(bytes, start, end, sender.scratch, PAYLOAD_AT));
    return true;
  }

  /** For what happens once a connection. */
  #call(loaded: LoadedDriver | undefined, what: string, action: () => void): void {
    if (this.fault !== undefined) return;
    try {
      action();
    } catch (error) {
      this.fault = DriverFault.of(loaded?.path ?? '', error, what);
    }
  }
}
