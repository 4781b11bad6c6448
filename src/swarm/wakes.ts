import { type ClientTable, WAIT_FAILED, WAIT_NOTHING, WAIT_OVER } from './client-table.js';
import { RowQueue } from './row-queue.js';

/**
 * The clients whose wait is over. What happens to a connection only notes it here; the flows go on later, one after the
 * other, so that no event runs inside another one's handler.
 */
export class Wakes {
  readonly #waits: Uint8Array;
  readonly #queue = new RowQueue();

  constructor(table: ClientTable) {
    this.#waits = table.waits;
  }

  /** The flow of this row goes on, if it waits for `wait`. Says whether it did. */
  satisfy(row: number, wait: number): boolean {
    if (this.#waits[row] !== wait) return false;
    this.#waits[row] = WAIT_NOTHING;
    this.#queue.push(row);
    return true;
  }

  /** The flow of this row has failed, whatever it waits for. */
  fail(row: number): void {
    const wait = this.#waits[row];
    if (wait === WAIT_OVER || wait === WAIT_FAILED) return;
    this.#waits[row] = WAIT_FAILED;
    if (wait !== WAIT_NOTHING) this.#queue.push(row);
  }

  /** The next row to go on with; -1 when there is none. */
  take(): number {
    return this.#queue.shift();
  }
}
