import { type ClientTable, WAIT_FAILED, WAIT_NOTHING, WAIT_OVER } from './client-table.js';
import { RowQueue } from './row-queue.js';

/**
 * The clients whose wait is over. What happens to a connection only notes it here; the flows go on later, one after the
 * other, so that no event runs inside another one's handler.
 */
export class Wakes {
  readonly #waits: Uint8Array;
  readonly #intendedUs: Float64Array;
  readonly #queue = new RowQueue();

  constructor(table: ClientTable) {
    this.#waits = table.waits;
    this.#intendedUs = table.intendedUs;
  }

  /** The flow of this row goes on, if it waits for `wait`. Says whether it did. */
  satisfy(row: number, wait: number): boolean {
    if (this.#waits[row] !== wait) return false;
    this.#waits[row] = WAIT_NOTHING;
    this.#queue.push(row);
    return true;
  }

  /** As satisfy(), for the end of a wait that no plan set a time for: what the client does next is meant for now. */
  satisfyNow(row: number, wait: number, nowUs: number): boolean {
    if (this.#waits[row] !== wait) return false;
    this.#intendedUs[row] = nowUs;
    return this.satisfy(row, wait);
  }

  /** The flow of this row waits for something else from now on, unless it is about to go on anyway. */
  interrupt(row: number, wait: number): void {
    if (this.#waits[row]! > WAIT_FAILED && this.#waits[row]! < WAIT_OVER) this.#waits[row] = wait;
  }

  /** The flow of this row has failed, whatever it waits for. */
  fail(row: number): void {
    const wait = this.#waits[row]!;
    if (wait >= WAIT_OVER || wait === WAIT_FAILED) return;
    this.#waits[row] = WAIT_FAILED;
    if (wait !== WAIT_NOTHING) this.#queue.push(row);
  }

  /** The next row to go on with; -1 when there is none. */
  take(): number {
    return this.#queue.shift();
  }
}
