import type { WakeWords } from './wake.js';

/** One gateway thread and one logic worker: a ring each way. */
export interface LogicRings {
  /** ring/slot-ring.ts, thread -> worker. */
  readonly tasks: SharedArrayBuffer;
  /** ring/record-ring.ts, worker -> thread. */
  readonly effects: SharedArrayBuffer;
}

/** What a gateway thread needs to know of the logic workers. Room r belongs to worker r % workers.length. */
export interface LogicLink {
  readonly workers: readonly (LogicRings & { readonly wake: WakeWords })[];
  /** How workers wake this thread. */
  readonly wake: WakeWords;
  /** Member = memberBase + slot; a thread has this many slots at most. */
  readonly memberBase: number;
  readonly slotsPerThread: number;
  readonly tickMs: number;
  /** Seats that sessions have, so that a session which goes on in another thread finds its own; rooms/shared-seats.ts. */
  readonly seats: SharedArrayBuffer;
}

/** workerData of a logic worker. */
export interface LogicWorkerStart {
  /** By gateway thread. */
  readonly threads: readonly (LogicRings & { readonly wake: WakeWords })[];
  /** How gateway threads wake this worker. */
  readonly wake: WakeWords;
  readonly slotsPerThread: number;
  readonly rooms: number;
  readonly tickMs: number;
  /** Clock microseconds at which tick 1 of every worker begins. */
  readonly startUs: number;
  /** rooms/logic-counters.ts; this worker is the only writer. */
  readonly counters: SharedArrayBuffer;
  /** rooms/room-limits.ts. */
  readonly limits: SharedArrayBuffer;
  /** Int32: 1 when the worker shall end. */
  readonly control: SharedArrayBuffer;
}
