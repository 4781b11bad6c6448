import type { Registry } from 'prom-client';
import type { Clock } from '../../src/core/clock.js';
import { UPGRADING_LIMIT } from '../gateway/gateway.js';
import { CONTROL_INTS, REFUSED } from '../ring/control.js';
import type { WatchedQueue } from '../telemetry/queue-watch.js';
import { LimitsRoute } from './limits-route.js';
import type { LogicLink } from './logic-link.js';
import { registerLogicMetrics } from './logic-metrics.js';
import { LogicPool } from './logic-pool.js';
import { createRoomLimits } from './room-limits.js';

export interface RoomsDeskOptions {
  readonly logicWorkers: number;
  readonly threads: number;
  /** Connections that a gateway thread may hold. */
  readonly capacity: number;
  readonly rooms: number;
  readonly roomTickMs: number;
  /** Rows of SessionTable. */
  readonly sessions: number;
  readonly clock: Clock;
  readonly registry: Registry;
  /** Something in a room broke. */
  readonly onFault: (stack: string) => void;
  /** A logic worker ended that was not asked to. */
  readonly onFailure: (error: Error) => void;
}

function queueOf(tasks: SharedArrayBuffer, name: string): WatchedQueue {
  const control = new Int32Array(tasks, 0, CONTROL_INTS);
  return { name, refused: () => control[REFUSED]! };
}

/** The main thread's side of rooms: their limits, and the logic workers where there are any. */
export class RoomsDesk {
  /** GET and PUT /admin/v1/limits. */
  readonly route: LimitsRoute;
  /** For gateway threads. */
  readonly start: { readonly roomLimits: SharedArrayBuffer; readonly logic: readonly LogicLink[] };
  /** The queues to the logic workers, one for each gateway thread and worker. */
  readonly queues: readonly WatchedQueue[];
  readonly #pool: LogicPool;

  private constructor(pool: LogicPool, roomLimits: SharedArrayBuffer) {
    this.#pool = pool;
    this.queues = pool.starts.flatMap(({ threads }, worker) =>
      threads.map(({ tasks }, thread) => queueOf(tasks, `logic ${worker} from ${thread}`)),
    );
    this.route = new LimitsRoute(roomLimits);
    this.start = { roomLimits, logic: pool.links };
  }

  /** Starts the logic workers and registers their metrics. */
  static async start(options: RoomsDeskOptions): Promise<RoomsDesk> {
    const limits = createRoomLimits();
    const pool = await LogicPool.start({
      workers: options.logicWorkers,
      threads: options.threads,
      slotsPerThread: options.capacity + UPGRADING_LIMIT,
      rooms: options.rooms,
      tickMs: options.roomTickMs,
      startUs: options.clock.nowUs(),
      sessions: options.sessions,
      limits,
      onFault: options.onFault,
      onFailure: options.onFailure,
    });
    registerLogicMetrics(options.registry, pool.starts);
    return new RoomsDesk(pool, limits);
  }

  /** Ends the logic workers. To be called when the gateway threads have ended. */
  stop(): Promise<void> {
    return this.#pool.stop();
  }
}
