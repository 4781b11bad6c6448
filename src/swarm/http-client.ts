import { COUNTER, TREND } from '../measure/metric-names.js';
import { errnoName } from '../net/errno.js';
import type { TransportEvents } from '../net/transport.js';
import type { ClientContext } from './client-context.js';
import * as C from './client-table.js';
import type { ConnectionParts, Connections } from './connections.js';
import type { Flow } from './flow.js';
import { HttpPool } from './http-pool.js';
import { HttpRedirects } from './http-redirects.js';
import { type HttpConnections, HttpRequests } from './http-requests.js';
import type { HttpSteps } from './http-steps.js';
import type { HttpOrigin } from './messages.js';

export interface HttpPlaces {
  /** The target speaks HTTP: requests without an origin go there, each client on its own connection. */
  readonly isTarget: boolean;
  /** "http://host:port" of the target. */
  readonly ownOrigin: string;
  readonly origins: readonly HttpOrigin[];
  /** Targets of the transport before those of the origins. */
  readonly firstTarget: number;
}

/** HTTP for the clients of a worker: on their own connections where the target speaks it, on a pool to other servers. */
export class HttpClient implements HttpConnections, HttpSteps {
  readonly #parts: ConnectionParts;
  readonly #connections: Connections;
  readonly #own: HttpRequests | undefined;
  readonly #pool: HttpPool | undefined;
  readonly #redirects = new HttpRedirects();
  /** By client: 1 when its connection has served a request. */
  readonly #isUsed: Uint8Array;
  nowUs = 0;
  /** The client whose connection has just ended, and needs no ending. */
  #ending = -1;

  constructor(parts: ConnectionParts, connections: Connections, context: ClientContext, places: HttpPlaces) {
    const { rows } = parts.table;
    this.#parts = parts;
    this.#connections = connections;
    parts.freeUs = new Float64Array(rows);
    this.#isUsed = new Uint8Array(places.isTarget ? rows : 0);
    if (places.isTarget)
      this.#own = new HttpRequests(parts, context, this.#redirects, this, { slots: rows, toRow: 0, ownOrigin: places.ownOrigin });
    if (places.origins.length > 0) this.#pool = new HttpPool(parts, context, this.#redirects, places.origins, places.firstTarget);
  }

  /** The flow of this row is at the http step `pc`. True when it goes on at once, because the step cannot be done. */
  request(flow: Flow, row: number, pc: number, nowUs: number): boolean {
    const { table, timers, recorder, errors } = this.#parts;
    const step = flow.https[flow.operand(pc, 0)]!;
    table.pc[row] = pc + 1;
    const isOwn = step.origin === undefined;
    if (isOwn && table.phase[row] !== C.OPEN) {
      errors.add('http.closed', 'the server ended the connection before the request was sent');
      this.#own!.countUnanswered();
      return true;
    }
    const redirected = this.#redirects.intendedUsOf(row);
    if (redirected !== undefined) table.intendedUs[row] = redirected;
    else if (flow.isPlanned[pc] === 1) {
      // Behind the answer to the last request it was the target that kept the client, not we.
      const lagUs = nowUs - Math.max(table.intendedUs[row]!, this.#parts.freeUs![row]!);
      recorder.count(COUNTER.messages_planned);
      recorder.record(TREND.scheduling_lag, lagUs);
      recorder.record(TREND.pacing_lag, lagUs);
    } else table.intendedUs[row] = isOwn && this.#isUsed[row] === 0 ? nowUs - table.sinceUs(row, nowUs) : nowUs;
    table.waits[row] = C.WAIT_HTTP;
    timers.setFlow(row, nowUs + step.check.withinUs);
    if (isOwn) {
      this.#isUsed[row] = 1;
      this.#own!.send(row, flow, row, pc, table.intendedUs[row]!, nowUs);
    } else this.#pool!.enqueue(row, step.origin);
    return false;
  }

  /** The client's own connection stands. */
  opened(row: number, nowUs: number): void {
    this.#isUsed[row] = 0;
    this.#parts.freeUs![row] = nowUs;
    this.#own!.reader.reset(row);
  }

  /** Bytes of the client's own connection. */
  push(row: number, bytes: Uint8Array, start: number, end: number): void {
    this.#own!.nowUs = this.nowUs;
    if (this.#parts.table.phase[row] === C.OPEN) this.#own!.reader.push(row, bytes, start, end);
  }

  /** The connection of the row is over; closed() has been told before. */
  reset(): void {}

  /** The client's own connection has ended. An answer without a length is complete with it. */
  closed(row: number, errno: number, nowUs: number): void {
    if (this.#own === undefined) return;
    const isWanted = (this.#parts.table.flags[row]! & C.FLAG_CLOSE_WANTED) !== 0;
    const code = isWanted ? '' : errno === 0 ? 'http.closed' : errnoName(errno);
    this.#ending = row;
    this.#own.lost(row, code, this.#parts.transport.lastErrorText?.(row) ?? 'the server ended the connection before it answered', nowUs);
    this.#ending = -1;
  }

  release(row: number, how: 'keep' | 'close' | 'abort'): void {
    if (how === 'keep' || row === this.#ending || this.#parts.table.phase[row] !== C.OPEN) return;
    this.#connections.wishClosed(row);
    this.#connections.awaitEnd(row, this.#own!.nowUs);
    if (how === 'close') this.#parts.transport.close(row);
    else this.#parts.transport.abort(row);
  }

  answered(): void {}

  /** The answer that this client waits for has not come in its time. */
  overdue(row: number, nowUs: number): void {
    const { errors, recorder, wakes, freeUs, table } = this.#parts;
    if (this.#own?.isOpen(row) === true) {
      this.#own.overdue(row, nowUs);
      return;
    }
    if (this.#pool === undefined || this.#pool.overdue(row, nowUs)) return;
    recorder.count(COUNTER.timeouts);
    this.#pool.requests.countUnanswered();
    recorder.record(TREND.http_req_duration, nowUs - table.intendedUs[row]!);
    errors.add('timeout.http', 'a request of HTTP waited for a connection longer than the step allows');
    this.#redirects.forget(row);
    freeUs![row] = nowUs;
    wakes.satisfyNow(row, C.WAIT_HTTP, nowUs);
  }

  /** The client waits for no answer any more. */
  abandon(row: number, nowUs: number): void {
    this.#redirects.forget(row);
    this.#own?.abandon(row, nowUs);
    this.#pool?.abandon(row, nowUs);
  }

  abandonAll(nowUs: number): void {
    const { table, byScenario } = this.#parts;
    for (let row = 0; row < table.rows; row++) {
      byScenario?.select(table.scenario[row]!);
      this.abandon(row, nowUs);
    }
  }

  /** The events of a transport that has the pool's rows behind the clients'. */
  eventsFor(clients: TransportEvents): TransportEvents {
    const pool = this.#pool;
    if (pool === undefined) return clients;
    const { table, recorder } = this.#parts;
    const { rows } = table;
    return {
      onConnected: (row, nowUs) => (row < rows ? clients.onConnected(row, nowUs) : pool.connected(row - rows, nowUs)),
      onData: (row, bytes, start, end, nowUs) => {
        if (row < rows) {
          clients.onData(row, bytes, start, end, nowUs);
          return;
        }
        pool.requests.selectScenario(row - rows);
        recorder.count(COUNTER.data_received, end - start);
        pool.received(row - rows, bytes, start, end, nowUs);
      },
      onClosed: (row, errno, nowUs) => (row < rows ? clients.onClosed(row, errno, nowUs) : pool.closed(row - rows, errno, nowUs)),
      onTick: (nowUs) => {
        const nextUs = clients.onTick(nowUs);
        if (nextUs >= 0) pool.pump(nowUs);
        return nextUs;
      },
    };
  }
}
