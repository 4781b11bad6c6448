import { COUNTER } from '../measure/metric-names.js';
import type { Recorder } from '../measure/recorder.js';
import { shardCount } from '../scenario/schedule.js';
import { type ClientTable, FLAG_DEPARTED, WAIT_OVER, WAIT_START } from './client-table.js';
import type { Clients } from './clients.js';
import type { Credentials } from './credentials.js';
import type { Logins } from './logins.js';
import type { Population } from './population.js';
import { RowQueue } from './row-queue.js';

/** Clients whose flow begins with a login are logged in this long before their start. */
const LOGIN_AHEAD_US = 1_000_000;

export interface ArrivalParts {
  readonly table: ClientTable;
  readonly recorder: Recorder;
  readonly clients: Clients;
  readonly credentials: Credentials;
  readonly logins: Logins;
}

/** Starts one scenario's clients, and takes them away, when the plan says: this worker's share of its arrivals. */
export class Arrivals {
  readonly #population: Population;
  readonly #parts: ArrivalParts;
  readonly #index: number;
  readonly #count: number;
  #total: number;
  #next = 0;
  readonly #departures: number;
  #nextDeparture = 0;
  /** Rows of the arrivals to come, in their order: their logins are on the way. */
  readonly #reserved = new RowQueue();
  /** Clients that came, for the plan to take away the newest first. */
  readonly #came = new RowQueue();

  constructor(population: Population, parts: ArrivalParts, workerIndex: number, workerCount: number) {
    const { schedule } = population.flow;
    this.#population = population;
    this.#parts = parts;
    this.#index = workerIndex;
    this.#count = workerCount;
    this.#total = shardCount(schedule.arrivals, workerIndex, workerCount);
    this.#departures = shardCount(schedule.departures, workerIndex, workerCount);
  }

  /** Whether every arrival has come. */
  get isOver(): boolean {
    return this.#next >= this.#total;
  }

  /** When the next client comes or goes, us. Infinity when none does, or when the next must wait for a free row. */
  nextUs(): number {
    const canStart = this.#next < this.#total && (this.#population.flow.isOpen || this.#reserved.size > 0 || this.#population.hasFreeRow);
    const arrivalUs = canStart ? this.#arrivalUs(this.#next) : Number.POSITIVE_INFINITY;
    return Math.min(arrivalUs, this.#departureUs());
  }

  /** Starts and takes away whoever is due. */
  run(nowUs: number): void {
    while (this.#departureUs() <= nowUs) this.#takeAway(nowUs);
    while (this.#next < this.#total) {
      const intendedUs = this.#arrivalUs(this.#next);
      if (intendedUs > nowUs || !this.#start(intendedUs, nowUs)) break;
      this.#next++;
    }
  }

  /** Asks for the logins of those who start within the next second. */
  prefetch(nowUs: number): void {
    const { flow } = this.#population;
    if (flow.firstLogin === undefined) return;
    const { table, logins } = this.#parts;
    for (let room = logins.room; room > 0; room--) {
      const arrival = this.#next + this.#reserved.size;
      if (arrival >= this.#total || this.#arrivalUs(arrival) > nowUs + LOGIN_AHEAD_US) return;
      const row = this.#population.takeRow();
      if (row < 0) return;
      this.#prepare(row, arrival);
      table.waits[row] = WAIT_START;
      table.pc[row] = 0;
      this.#reserved.push(row);
      logins.enqueue(row);
    }
  }

  /** No more clients from now on. Returns how many of the plan never came. */
  stop(): number {
    const missing = this.#total - this.#next;
    this.#total = this.#next;
    for (let row = this.#reserved.shift(); row >= 0; row = this.#reserved.shift()) {
      this.#parts.credentials.release(row);
      this.#population.giveBack(row);
    }
    return missing;
  }

  #arrivalUs(local: number): number {
    const { flow } = this.#population;
    return flow.startUs + flow.schedule.arrivalUs(local * this.#count + this.#index);
  }

  #departureUs(): number {
    if (this.#nextDeparture >= this.#departures) return Number.POSITIVE_INFINITY;
    const { flow } = this.#population;
    return flow.startUs + flow.schedule.departureUs(this.#nextDeparture * this.#count + this.#index);
  }

  /** False when the arrival must wait for a row. */
  #start(intendedUs: number, nowUs: number): boolean {
    const { flow } = this.#population;
    let row = this.#reserved.shift();
    if (row < 0) {
      row = this.#population.takeRow();
      if (row < 0 && flow.isOpen) {
        this.#parts.recorder.count(COUNTER.dropped_iterations);
        return true;
      }
      if (row < 0) return false;
      this.#prepare(row, this.#next);
    }
    if (this.#departures > 0) this.#came.push(row);
    this.#parts.clients.start(flow, row, intendedUs, nowUs);
    return true;
  }

  #prepare(row: number, local: number): void {
    if (this.#population.flow.isOpen) this.#parts.table.arrival[row] = local * this.#count + this.#index;
  }

  #takeAway(nowUs: number): void {
    const { table, clients } = this.#parts;
    this.#nextDeparture++;
    const row = this.#came.pop();
    if (row < 0) return;
    if (table.waits[row] === WAIT_OVER) {
      this.#population.giveBack(row);
      return;
    }
    table.flags[row]! |= FLAG_DEPARTED;
    clients.leave(row, nowUs);
  }
}
