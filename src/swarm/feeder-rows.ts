import type { FeederData } from '../scenario/feeder.js';
import type { ScenarioPlan } from '../scenario/plan.js';
import { createSchedule } from '../scenario/schedule.js';

/**
 * Which row of a feeder a client has. It follows from the numbers of client and iteration alone, so that nothing is kept by
 * client, workers need not agree on anything, and equal seeds give equal runs.
 */
export class FeederRows {
  readonly bytes: Uint8Array;
  /** Field f of row r begins at starts[r * kept + keptAs[f]] and ends where the next one begins. */
  readonly starts: Uint32Array;
  readonly data: FeederData;
  readonly #seed: number;

  constructor(data: FeederData, seed: number) {
    this.data = data;
    this.bytes = new Uint8Array(data.bytes);
    this.starts = new Uint32Array(data.starts);
    this.#seed = seed;
  }

  /** The row of client number `client`, counted over all scenarios that use the feeder; -1 when there is none left. */
  rowOf(client: number, iteration: number): number {
    const { rows, order, loop } = this.data;
    if (order === 'unique') return client < rows ? client : loop ? client % rows : -1;
    if (order === 'sequential') return (client + iteration) % rows;
    return Math.floor((mixed(mixed(this.#seed ^ (client + 1)) ^ (iteration + 1)) / 4294967296) * rows);
  }
}

/** 32 bits in, 32 bits out, each of them depending on all (the finalizer of MurmurHash3 is of this kind; constants of lowbias32). */
function mixed(value: number): number {
  let bits = value ^ (value >>> 16);
  bits = Math.imul(bits, 0x7feb352d);
  bits ^= bits >>> 15;
  bits = Math.imul(bits, 0x846ca68b);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** Most numbers of clients that a scenario can give out. */
export function clientNumbers({ executor }: ScenarioPlan, workers: number): number {
  const { arrivals, maxClients } = createSchedule(executor);
  const isOpen = executor.kind === 'constant-arrival-rate' || executor.kind === 'ramping-arrival-rate';
  return isOpen ? arrivals : Math.min(arrivals, Math.ceil(maxClients / workers) * workers);
}
