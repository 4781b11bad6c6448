import type { Prng } from '../core/prng.js';
import type { Transport } from '../net/transport.js';
import type { ClientTable } from './client-table.js';
import { FLAG_LEAVING } from './client-table.js';
import type { Connections } from './connections.js';
import type { Flow } from './flow.js';
import type { Reconnects } from './reconnects.js';

/** Rows looked at between two looks at the network. */
const ROWS_A_TURN = 4096;

export interface StormParts {
  readonly table: ClientTable;
  readonly transport: Transport;
  readonly connections: Connections;
  readonly reconnects: Reconnects;
  readonly prng: Prng;
}

/** The reconnect storm of one scenario: at its time a share of the clients that are ready loses its connection. */
export class Storm {
  /** Number of its scenario. */
  readonly scenario: number;
  readonly #flow: Flow;
  readonly #share: number;
  readonly #parts: StormParts;
  #hasBegun = false;
  #cursor = 0;
  /** Clients not looked at that were ready at the beginning, and how many of them are to be hit. */
  #ready = 0;
  #wanted = 0;

  constructor(flow: Flow, scenario: number, share: number, parts: StormParts) {
    this.scenario = scenario;
    this.#flow = flow;
    this.#share = share;
    this.#parts = parts;
  }

  /** When it goes on, us: a time that has passed means at once. */
  nextUs(): number {
    if (!this.#hasBegun) return this.#flow.stormUs < this.#flow.endUs ? this.#flow.stormUs : Number.POSITIVE_INFINITY;
    return this.#wanted > 0 ? 0 : Number.POSITIVE_INFINITY;
  }

  run(nowUs: number): void {
    const { firstRow, rows, stormUs, endUs } = this.#flow;
    if (!this.#hasBegun) {
      if (nowUs < stormUs || stormUs >= endUs) return;
      this.#hasBegun = true;
      for (let row = firstRow; row < firstRow + rows; row++) if (this.#isToHit(row)) this.#ready++;
      this.#wanted = Math.round(this.#ready * this.#share);
    }
    const end = Math.min(rows, this.#cursor + ROWS_A_TURN);
    while (this.#wanted > 0 && this.#cursor < end) this.#look(firstRow + this.#cursor++, nowUs);
    if (this.#cursor >= rows) this.#wanted = 0;
  }

  /** Selection sampling (Knuth, The Art of Computer Programming, 3.4.2, algorithm S): each of the ready is as likely to be hit. */
  #look(row: number, nowUs: number): void {
    if (!this.#isToHit(row)) return;
    const { transport, connections, reconnects, prng } = this.#parts;
    const isHit = prng.next() * Math.max(1, this.#ready) < this.#wanted;
    this.#ready--;
    if (!isHit) return;
    this.#wanted--;
    reconnects.hitByStorm(row);
    // As for a fault, but neither an error nor a loss of the target's making.
    connections.awaitEnd(row, nowUs);
    transport.abort(row);
  }

  #isToHit(row: number): boolean {
    return this.#parts.reconnects.isReady(row) && (this.#parts.table.flags[row]! & FLAG_LEAVING) === 0;
  }
}
