import { Prng } from '../core/prng.js';
import { responseUs, type SlowOperation, type SlowOperations, type Stall } from '../measure/slow-operation.js';
import { operationByOpcode } from '../protocol/packet.js';
import * as P from '../scenario/program.js';
import type { Flow } from './flow.js';
import type { RequestTable } from './request-table.js';

/** Kept of the worst, and of all slow requests at random. */
const WORST = 2_048;
const SAMPLE = 2_048;
const STALLS = 4_096;
/** A worker that comes so much later than it was due has stalled, us. */
const STALL_US = 20_000;
/** Asking the kernel for an address takes a few microseconds: so many a second disturb nobody. */
const ADDRESSES_A_SECOND = 2_000;

export interface SlowOperationLogOptions {
  /** Infinity: nothing is slow. */
  readonly thresholdUs: number;
  readonly worker: number;
  readonly seed: number;
  readonly flows: readonly Flow[];
  /** Our end of the connection of a row; undefined when that cannot be known. */
  readonly localAddress: (row: number) => string | undefined;
  /** The worker looks at its sockets so often, whatever it said that it would. */
  readonly longestWaitUs: number;
}

/**
 * Keeps what is known of a worker's slow requests, for `gwrk why`: the worst ones, and of all of them a uniform sample (Vitter,
 * "Random Sampling with a Reservoir", 1985, algorithm R). A request that is not slow costs one comparison with thresholdUs.
 */
export class SlowOperationLog {
  readonly thresholdUs: number;
  readonly #options: SlowOperationLogOptions;
  readonly #prng: Prng;
  /** A heap with the least of the worst at its root. */
  readonly #worst: SlowOperation[] = [];
  readonly #sample: SlowOperation[] = [];
  readonly #stalls: Stall[] = [];
  #stalled = 0;
  #dueUs = Number.POSITIVE_INFINITY;
  #total = 0;
  #addressesLeft = ADDRESSES_A_SECOND;
  #nextGrantUs = 0;

  constructor(options: SlowOperationLogOptions) {
    this.thresholdUs = options.thresholdUs;
    this.#options = options;
    this.#prng = new Prng(options.seed + options.worker);
  }

  /** A request took long. Call it before the request is closed. */
  note(requests: RequestTable, request: number, nowUs: number, outcome: SlowOperation['outcome']): void {
    this.#total++;
    const isWorst = this.#worst.length < WORST || nowUs - requests.intendedUs[request]! > responseUs(this.#worst[0]!);
    const place = this.#sample.length < SAMPLE ? this.#sample.length : Math.floor(this.#prng.next() * this.#total);
    if (!isWorst && place >= SAMPLE) return;
    const operation = this.#describe(requests, request, nowUs, outcome);
    if (isWorst) keepWorst(this.#worst, operation);
    if (place < SAMPLE) this.#sample[place] = operation;
  }

  /** The worker looks at its sockets now; a look is due again at `dueUs` at the latest. */
  looked(nowUs: number, dueUs: number): void {
    const startUs = this.#dueUs;
    this.#dueUs = Math.max(nowUs, Math.min(dueUs, nowUs + this.#options.longestWaitUs));
    if (nowUs - startUs >= STALL_US) this.#stalls[this.#stalled++ % STALLS] = { worker: this.#options.worker, startUs, endUs: nowUs };
  }

  result(): SlowOperations {
    const kept = [...new Set([...this.#worst, ...this.#sample])];
    return { thresholdUs: this.thresholdUs, total: this.#total, kept, stalls: this.#stalls };
  }

  #describe(requests: RequestTable, request: number, nowUs: number, outcome: SlowOperation['outcome']): SlowOperation {
    const row = requests.row[request]!;
    const local = this.#localAddress(row, nowUs);
    return {
      worker: this.#options.worker,
      row,
      ...this.#kindOf(requests, request),
      intendedUs: requests.intendedUs[request]!,
      sentUs: requests.sentUs[request]!,
      doneUs: nowUs,
      outcome,
      ...(local === undefined ? {} : { local }),
    };
  }

  #kindOf(requests: RequestTable, request: number): Pick<SlowOperation, 'name' | 'signed' | 'sequence'> {
    const step = requests.step[request]!;
    const flow = this.#options.flows.findLast(({ firstStep }) => firstStep <= step)!;
    const pc = step - flow.firstStep;
    if (flow.opcode(pc) !== P.OP_OPERATION) return { name: 'send', signed: false };
    const { opcode, signed } = flow.operations[flow.operand(pc, 0)]!;
    return { name: `op ${operationByOpcode(opcode)?.name ?? opcode}`, signed, sequence: requests.keyLow[request]! };
  }

  #localAddress(row: number, nowUs: number): string | undefined {
    if (nowUs >= this.#nextGrantUs) {
      this.#nextGrantUs = nowUs + 1e6;
      this.#addressesLeft = ADDRESSES_A_SECOND;
    }
    if (this.#addressesLeft === 0) return undefined;
    this.#addressesLeft--;
    return this.#options.localAddress(row);
  }
}

/** Puts the operation into the heap, in place of its root when the heap is full. */
function keepWorst(heap: SlowOperation[], operation: SlowOperation): void {
  const us = responseUs(operation);
  if (heap.length < WORST) {
    let at = heap.length;
    for (let parent = (at - 1) >> 1; at > 0 && responseUs(heap[parent]!) > us; parent = (at - 1) >> 1) {
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = operation;
    return;
  }
  let at = 0;
  for (let child = 1; child < WORST; child = 2 * at + 1) {
    if (child + 1 < WORST && responseUs(heap[child + 1]!) < responseUs(heap[child]!)) child++;
    if (responseUs(heap[child]!) >= us) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = operation;
}
