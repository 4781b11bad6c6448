import { type ClientTable, FLAG_DEPARTED, WAIT_OVER } from './client-table.js';
import type { Flow } from './flow.js';
import { RowQueue } from './row-queue.js';

/** The rows of one scenario: who is on them, which are free, and how many rounds of the flow are left to run. */
export class Population {
  /** Clients that have started and are not over. */
  live = 0;
  readonly flow: Flow;
  readonly #table: ClientTable;
  readonly #free = new RowQueue();
  /** Rows that no client has used yet; they are not in the queue, so that a million of them take no memory. */
  #unused = 0;
  readonly #roundsEach: number;
  #roundsShared: number;
  /** Rounds that an executor of iterations still owes its plan; 0 for the others. */
  #roundsOwed = 0;

  /** `plannedRounds`: this worker's part of an executor of iterations, 0 for others. */
  constructor(flow: Flow, table: ClientTable, plannedRounds: number) {
    const { executor } = flow.plan;
    this.flow = flow;
    this.#table = table;
    this.#roundsEach = executor.kind === 'per-client-iterations' ? executor.iterations : Number.POSITIVE_INFINITY;
    this.#roundsShared = executor.kind === 'shared-iterations' ? plannedRounds : Number.POSITIVE_INFINITY;
    this.#roundsOwed = plannedRounds;
  }

  get hasFreeRow(): boolean {
    return this.#unused < this.flow.rows || this.#free.size > 0;
  }

  /** A row for a client to come; -1 when all are in use. */
  takeRow(): number {
    return this.#unused < this.flow.rows ? this.flow.firstRow + this.#unused++ : this.#free.shift();
  }

  /** The row may serve another client; what still comes for the last one is recognised by its generation. */
  giveBack(row: number): void {
    this.#table.generation[row]! += 1;
    this.#table.waits[row] = WAIT_OVER;
    this.#free.push(row);
  }

  /** The client of this row is over. Where the plan is of clients and not of arrivals, its place stays empty until the plan takes it away. */
  clientOver(row: number): void {
    this.live--;
    if (this.flow.isOpen || (this.#table.flags[row]! & FLAG_DEPARTED) !== 0) this.giveBack(row);
  }

  /** Whether the client of this row may begin another round of its flow; takes it from those that are left. */
  takeRound(row: number): boolean {
    if (this.#roundsShared <= 0 || this.#table.flowRound[row]! >= this.#roundsEach) return false;
    this.#roundsShared--;
    if (this.#roundsOwed > 0) this.#roundsOwed--;
    return true;
  }

  /** Rounds of the plan that never began; asked once, at the end. */
  takeOwed(): number {
    const owed = this.#roundsOwed;
    this.#roundsOwed = 0;
    return owed;
  }
}
