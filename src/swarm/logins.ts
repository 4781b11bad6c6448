import type { ClientContext } from './client-context.js';
import { type ClientTable, WAIT_LOGIN, WAIT_START } from './client-table.js';
import type { ClientValues } from './client-values.js';
import { CREDENTIAL_NONE, type Credentials } from './credentials.js';
import type { Flow } from './flow.js';
import { RowQueue } from './row-queue.js';
import type { Timers } from './timers.js';

/** Credentials that may be on their way or wait for their use at once. */
export const MAX_CREDENTIALS = 32_768;

/** Clients that want to be logged in, asked for in the order they came and a bounded number ahead of their use. */
export class Logins {
  readonly #table: ClientTable;
  readonly #flows: readonly Flow[];
  readonly #credentials: Credentials;
  readonly #context: ClientContext;
  readonly #timers: Timers;
  readonly #values: ClientValues | undefined;
  readonly #queue = new RowQueue();

  constructor(
    table: ClientTable,
    flows: readonly Flow[],
    credentials: Credentials,
    context: ClientContext,
    timers: Timers,
    values?: ClientValues,
  ) {
    this.#table = table;
    this.#flows = flows;
    this.#credentials = credentials;
    this.#context = context;
    this.#timers = timers;
    this.#values = values;
  }

  /** How many more clients may ask before the first of those that wait has gone. */
  get room(): number {
    return MAX_CREDENTIALS - this.#credentials.onTheirWay - this.#queue.size;
  }

  /** The flow of this row stands at a login, or will when it starts. */
  enqueue(row: number): void {
    this.#queue.push(row);
  }

  /** Asks for as many as there is room for; the questions leave together, a few milliseconds later at most. */
  pump(nowUs: number): void {
    const { waits, scenario, pc } = this.#table;
    while (this.#queue.size > 0 && this.#credentials.onTheirWay < MAX_CREDENTIALS) {
      const row = this.#queue.shift();
      const isWanted = waits[row] === WAIT_LOGIN || waits[row] === WAIT_START;
      if (!isWanted || this.#credentials.state(row) !== CREDENTIAL_NONE) continue;
      const flow = this.#flows[scenario[row]!]!;
      const login = flow.logins[flow.operand(pc[row]!, 0)]!;
      const iteration = this.#context.iterationOf(flow, row, pc[row]!);
      // Whose values are not there asks nothing; it is told so when its turn comes.
      if (this.#values?.haveAll(flow, row, pc[row]!, iteration) === false) continue;
      const context = this.#context.of(flow, row, iteration);
      this.#credentials.ask(row, login, context, nowUs);
      if (waits[row] === WAIT_LOGIN) this.#timers.setFlow(row, nowUs + login.timeoutUs);
    }
    this.#credentials.flush(nowUs);
  }
}
