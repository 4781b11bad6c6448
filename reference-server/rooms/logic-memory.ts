import { createRecordRing } from '../ring/record-ring.js';
import { createSlotRing } from '../ring/slot-ring.js';
import { LogicCounters } from './logic-counters.js';
import type { LogicLink, LogicRings, LogicWorkerStart } from './logic-link.js';
import { tasksPerThread } from './logic-wire.js';
import { SharedSeats } from './shared-seats.js';
import { createWakeWords } from './wake.js';

/** Each holds several of the largest states with their receivers; memory is touched only as far as a ring comes round. */
const FEW_PAIRS = 64;
const EFFECT_BYTES = 1 << 20;
const EFFECT_BYTES_OF_MANY = 1 << 18;

export interface LogicMemoryOptions {
  readonly workers: number;
  readonly threads: number;
  /** Slots that a gateway thread may use: Gateway.capacity. */
  readonly slotsPerThread: number;
  readonly rooms: number;
  readonly tickMs: number;
  readonly startUs: number;
  /** Rows of SessionTable. */
  readonly sessions: number;
  /** room-limits.ts. */
  readonly limits: SharedArrayBuffer;
}

/** Everything that gateway threads and logic workers share, from the side of each. */
export interface LogicMemory {
  /** By gateway thread. */
  readonly links: readonly LogicLink[];
  /** By logic worker. */
  readonly starts: readonly LogicWorkerStart[];
}

export function createLogicMemory(options: LogicMemoryOptions): LogicMemory {
  const { workers, threads, slotsPerThread, tickMs, limits } = options;
  const threadNumbers = Array.from({ length: threads }, (_, n) => n);
  const workerNumbers = Array.from({ length: workers }, (_, n) => n);
  const effectBytes = workers * threads <= FEW_PAIRS ? EFFECT_BYTES : EFFECT_BYTES_OF_MANY;
  const makeRings = (): LogicRings => ({ tasks: createSlotRing(tasksPerThread(threads)), effects: createRecordRing(effectBytes) });
  const rings = threadNumbers.map(() => workerNumbers.map(makeRings));
  const threadWakes = threadNumbers.map(createWakeWords);
  const workerWakes = workerNumbers.map(createWakeWords);
  const seats = SharedSeats.allocate(options.sessions);
  return {
    links: threadNumbers.map((thread) => ({
      workers: workerNumbers.map((worker) => ({ ...rings[thread]![worker]!, wake: workerWakes[worker]! })),
      wake: threadWakes[thread]!,
      memberBase: thread * slotsPerThread,
      slotsPerThread,
      tickMs,
      seats,
    })),
    starts: workerNumbers.map((worker) => ({
      threads: threadNumbers.map((thread) => ({ ...rings[thread]![worker]!, wake: threadWakes[thread]! })),
      wake: workerWakes[worker]!,
      slotsPerThread,
      rooms: options.rooms,
      tickMs,
      startUs: options.startUs,
      counters: LogicCounters.allocate(),
      limits,
      control: new SharedArrayBuffer(4),
    })),
  };
}
