import type { Prng } from '../core/prng.js';
import type { EvaluationContext } from '../scenario/expression-evaluate.js';
import type { ValueSource } from '../scenario/value-source.js';
import type { ClientTable } from './client-table.js';
import type { Flow } from './flow.js';

/** What `{{ }}` values see: one object for all clients, pointed at one of them before each use. */
export class ClientContext implements EvaluationContext {
  client = 0;
  iteration = 0;
  nowUnixMs = 0;
  /** The client's row. */
  row = 0;
  values: ValueSource | undefined;
  readonly prng: Prng;
  readonly #table: ClientTable;

  constructor(table: ClientTable, prng: Prng) {
    this.#table = table;
    this.prng = prng;
  }

  /** Points it at a client in an iteration. */
  of(flow: Flow, row: number, iteration: number): this {
    this.client = flow.clientOf(this.#table, row);
    this.iteration = iteration;
    this.row = row;
    return this;
  }

  /** The iteration of the innermost loop around the instruction `pc`; outside of loops, how often the flow has come round. */
  iterationOf(flow: Flow, row: number, pc: number): number {
    const depth = flow.loopDepth[pc]!;
    return depth < 0 ? this.#table.flowRound[row]! : this.#table.loopRound[depth]![row]!;
  }
}
