import { errnoName } from '../net/errno.js';
import type { ClientContext } from './client-context.js';
import { WAIT_HTTP } from './client-table.js';
import type { ConnectionParts } from './connections.js';
import type { HttpRedirects } from './http-redirects.js';
import { type HttpConnections, HttpRequests } from './http-requests.js';
import { type HttpOrigin, POOL_CONNECTIONS } from './messages.js';
import { RowQueue } from './row-queue.js';

const FREE = 0;
const CONNECTING = 1;
const IDLE = 2;
const BUSY = 3;
const CLOSING = 4;
const NOBODY = -1;

interface Queue {
  readonly origin: string;
  readonly firstTarget: number;
  readonly targets: number;
  readonly rows: RowQueue;
}

/** The connections of a pool: as many to each origin, on rows of the transport behind the clients'. */
export function poolSlots(origins: readonly HttpOrigin[], rows: number): number {
  return origins.length * Math.min(POOL_CONNECTIONS, rows);
}

/** Keep-alive connections to servers beside the target, shared by all clients of a worker. */
export class HttpPool implements HttpConnections {
  readonly requests: HttpRequests;
  readonly #parts: ConnectionParts;
  readonly #slotsEach: number;
  readonly #state: Uint8Array;
  /** By slot: the client that the connection is being opened for. */
  readonly #opener: Int32Array;
  /** By client: the slot that its request is on. */
  readonly #slotOf: Int32Array;
  readonly #queues: readonly Queue[];
  readonly #firstRow: number;
  #opened = 0;

  constructor(
    parts: ConnectionParts,
    context: ClientContext,
    redirects: HttpRedirects,
    origins: readonly HttpOrigin[],
    firstTarget: number,
  ) {
    const { rows } = parts.table;
    const slots = poolSlots(origins, rows);
    this.#parts = parts;
    this.#firstRow = rows;
    this.#slotsEach = slots / origins.length;
    this.#state = new Uint8Array(slots);
    this.#opener = new Int32Array(slots).fill(NOBODY);
    this.#slotOf = new Int32Array(rows).fill(NOBODY);
    let target = firstTarget;
    this.#queues = origins.map(({ origin, targets }) => {
      const queue = { origin, firstTarget: target, targets: targets.length, rows: new RowQueue() };
      target += targets.length;
      return queue;
    });
    this.requests = new HttpRequests(parts, context, redirects, this, { slots, toRow: rows, ownOrigin: '' });
  }

  /** The client waits for a connection to `origin`; its instruction is the one before its pc. */
  enqueue(row: number, origin: string): void {
    this.#queues.find((queue) => queue.origin === origin)!.rows.push(row);
  }

  /** Gives waiting clients connections, as far as there are some. */
  pump(nowUs: number): void {
    for (let index = 0; index < this.#queues.length; index++) {
      const { rows } = this.#queues[index]!;
      while (rows.size > 0) {
        const idle = this.#find(index, IDLE);
        const slot = idle === NOBODY ? this.#find(index, FREE) : idle;
        if (slot === NOBODY) break;
        const row = rows.shift();
        if (this.#parts.table.waits[row] !== WAIT_HTTP || this.#slotOf[row] !== NOBODY) continue;
        this.#slotOf[row] = slot;
        if (idle === NOBODY) this.#open(index, slot, row);
        else this.#send(slot, row, nowUs);
      }
    }
  }

  connected(slot: number, nowUs: number): void {
    const row = this.#opener[slot]!;
    if (this.#state[slot] !== CONNECTING) return;
    this.#opener[slot] = NOBODY;
    this.#state[slot] = IDLE;
    if (row !== NOBODY) this.#send(slot, row, nowUs);
  }

  received(slot: number, bytes: Uint8Array, start: number, end: number, nowUs: number): void {
    this.requests.nowUs = nowUs;
    if (this.#state[slot] !== CLOSING) this.requests.reader.push(slot, bytes, start, end);
  }

  closed(slot: number, errno: number, nowUs: number): void {
    const { transport, errors, wakes, freeUs } = this.#parts;
    const state = this.#state[slot];
    const waiting = this.#opener[slot]!;
    if (waiting !== NOBODY) this.#parts.byScenario?.select(this.#parts.table.scenario[waiting]!);
    else this.requests.selectScenario(slot);
    const text = transport.lastErrorText?.(slot + this.#firstRow);
    this.#state[slot] = FREE;
    this.requests.lost(
      slot,
      errno === 0 ? 'http.closed' : errnoName(errno),
      text ?? 'the server ended the connection before it answered',
      nowUs,
    );
    const row = this.#opener[slot]!;
    this.#opener[slot] = NOBODY;
    if (state !== CONNECTING || row === NOBODY) return;
    // As with a client's own connection: without one its flow has failed.
    errors.add(errno === 0 ? 'http.closed' : errnoName(errno), text ?? 'no connection to a server beside the target');
    this.requests.countUnanswered();
    this.#slotOf[row] = NOBODY;
    freeUs![row] = nowUs;
    this.#parts.timers.cancelFlow(row);
    wakes.fail(row);
  }

  release(slot: number, how: 'keep' | 'close' | 'abort'): void {
    if (this.#state[slot] === FREE || this.#state[slot] === CLOSING) return;
    this.#state[slot] = how === 'keep' ? IDLE : CLOSING;
    if (how === 'close') this.#parts.transport.close(slot + this.#firstRow);
    else if (how === 'abort') this.#parts.transport.abort(slot + this.#firstRow);
  }

  /** The client's time is over, wherever its request is. Returns false when it had not been sent yet. */
  overdue(row: number, nowUs: number): boolean {
    const slot = this.#slotOf[row]!;
    this.#slotOf[row] = NOBODY;
    if (slot === NOBODY) return false;
    if (this.#opener[slot] === row) {
      this.#opener[slot] = NOBODY;
      return false;
    }
    if (!this.requests.isOpen(slot)) return false;
    this.requests.overdue(slot, nowUs);
    return true;
  }

  /** The client is gone. */
  abandon(row: number, nowUs: number): void {
    const slot = this.#slotOf[row]!;
    this.#slotOf[row] = NOBODY;
    if (slot === NOBODY) return;
    if (this.#opener[slot] === row) this.#opener[slot] = NOBODY;
    if (!this.requests.isOpen(slot)) return;
    this.requests.abandon(slot, nowUs);
    this.release(slot, 'abort');
  }

  answered(row: number): void {
    this.#slotOf[row] = NOBODY;
  }

  #find(origin: number, state: number): number {
    const first = origin * this.#slotsEach;
    for (let slot = first; slot < first + this.#slotsEach; slot++) if (this.#state[slot] === state) return slot;
    return NOBODY;
  }

  #open(origin: number, slot: number, row: number): void {
    const { firstTarget, targets } = this.#queues[origin]!;
    this.#state[slot] = CONNECTING;
    this.#opener[slot] = row;
    this.#parts.transport.connect(slot + this.#firstRow, firstTarget + (this.#opened++ % targets), -1, NOTHING, 0, 0);
  }

  #send(slot: number, row: number, nowUs: number): void {
    const { table, flows, byScenario } = this.#parts;
    byScenario?.select(table.scenario[row]!);
    this.#state[slot] = BUSY;
    this.requests.send(slot, flows[table.scenario[row]!]!, row, table.pc[row]! - 1, table.intendedUs[row]!, nowUs);
  }
}

const NOTHING = new Uint8Array(0);
