/** What the main thread and the workers of the swarm say to one another. Plain data only. */
import type { OwnMetric } from '../measure/own-metrics.js';
import type { SlowOperations } from '../measure/slow-operation.js';
import type { Endpoint, TlsOptions } from '../net/transport.js';
import type { FeederData } from '../scenario/feeder.js';
import type { ScenarioPlan } from '../scenario/plan.js';

/** workerData of a swarm worker. Worker `index` of `count` runs arrivals index, index + count, ... of each scenario. */
export interface WorkerStart {
  readonly index: number;
  readonly count: number;
  readonly scenarios: readonly ScenarioPlan[];
  /** One for ws://; several only when a name has several addresses. */
  readonly targets: readonly Endpoint[];
  /** Host header and default path of the upgrade request. */
  readonly host: string;
  readonly path: string;
  /** The target is a plain stream (tcp, tls): connections are not upgraded. */
  readonly isStream?: boolean;
  /** The target speaks HTTP. Such connections are streams too. */
  readonly isHttp?: boolean;
  /** Servers beside the target that http steps name. */
  readonly origins?: readonly HttpOrigin[];
  readonly tls?: TlsOptions;
  readonly transport: 'uring' | 'node';
  readonly sources: readonly string[];
  /** This worker's share. */
  readonly maxConnecting: number;
  readonly seed: number;
  /** The rows of the plan's feeders, shared by all workers. */
  readonly feeders?: readonly FeederData[];
  /** How many names of captures the plan has. */
  readonly captures?: number;
  /** Response time from which a request is kept for `gwrk why`, us; absent: none is. */
  readonly slowUs?: number;
  /** Where this worker records (measure/recorder.ts), one recorder a scenario; the main thread reads it. */
  readonly recorder: SharedArrayBuffer;
  /** Broadcasts under way (measure/delivery-table.ts), shared by all workers; absent where no send step has `broadcast`. */
  readonly deliveries?: SharedArrayBuffer;
  /** Int32: [0] stop request (CONTROL_*), [1] mailbox flag: 1 when a message waits for the worker, [2] heartbeat of the worker's loop, and what it says of itself. */
  readonly control: SharedArrayBuffer;
}

/** Connections that a worker keeps to one server beside the target; requests beyond them wait in a queue. */
export const POOL_CONNECTIONS = 64;

/** A server beside the target. */
export interface HttpOrigin {
  /** "http://host:port", as a URL writes it. */
  readonly origin: string;
  readonly targets: readonly Endpoint[];
}

export const CONTROL_STOP = 0;
export const CONTROL_MAIL = 1;
export const CONTROL_ALIVE = 2;
/** The worker's thread in /proc/self/task; 0 until it has begun, and where there is no /proc. */
export const CONTROL_THREAD = 3;
/** Time in garbage collections since the worker began, us, written once a second; and the longest since the main thread last took it. */
export const CONTROL_GC_US = 4;
export const CONTROL_GC_LONGEST_US = 5;
export const CONTROL_WORDS = 6;
/** Values of control[CONTROL_STOP]. */
export const STOP_NONE = 0;
/** Start no more clients; let each finish its flow within gracefulStop, then disconnect it. */
export const STOP_GRACEFULLY = 1;
/** Leave now. */
export const STOP_NOW = 2;

export type ToWorker =
  /** The common start, in clock microseconds (core/clock). Sent once every worker said ready. */
  | { readonly type: 'start'; readonly startUs: number }
  /** Answers to a login message, in any order. */
  | { readonly type: 'credentials'; readonly entries: readonly Credential[] }
  | SessionsReply
  | { readonly type: 'login-failed'; readonly clients: readonly number[]; readonly code: string };

/** What a server answered to many logins at once, as it came. Its memory goes over to the worker. */
export interface SessionsReply {
  readonly type: 'sessions';
  /** {"sessions":[{access, refresh, sid, secret, ...}, ...]}, one entry for each row, in their order. Not checked yet. */
  readonly json: Uint8Array;
  readonly rows: Int32Array;
  /** The generation of each row that asked; an answer to an older one is dropped. */
  readonly generations: Int32Array;
  /** 32 bytes each: the devices they were logged in from. */
  readonly dfps: Uint8Array;
}

export interface Credential {
  /** Row of the client in this worker. */
  readonly row: number;
  /** The row's generation that asked; an answer to an older one is dropped. */
  readonly generation: number;
  readonly token: string;
  /** base64url of 32 bytes. */
  readonly secret: string;
  /** base64url of 16 bytes. */
  readonly sid: string;
  /** base64url of 32 bytes. */
  readonly dfp: string;
}

/** Clients that want to be logged in, as columns: entry i of each is one of them. */
export interface LoginColumns {
  readonly rows: Int32Array;
  readonly generations: Int32Array;
  /** The uids in UTF-8, one behind the other. */
  readonly uids: Uint8Array;
  /** Where in `uids` each ends. */
  readonly uidEnds: Int32Array;
  /** What each shows as its proof; undefined for one that shows none, and for the whole column when nobody shows any. */
  readonly proofs?: readonly (string | undefined)[];
}

/** What drivers of this worker measure beside the metrics of gwrk (measure/own-metrics.ts). */
export interface OwnMetricsMemory {
  readonly metrics: readonly OwnMetric[];
  readonly buffer: SharedArrayBuffer;
}

export type FromWorker =
  | { readonly type: 'ready'; readonly transport: 'uring' | 'node'; readonly own?: OwnMetricsMemory }
  | ({ readonly type: 'login' } & LoginColumns)
  | { readonly type: 'errors'; readonly errors: readonly ErrorCount[] }
  /** The worker's part is over; everything is in the recorder. */
  | {
      readonly type: 'done';
      readonly errors: readonly ErrorCount[];
      readonly cpuSeconds: number;
      /** Rings of io_uring that it came to use. */
      readonly rings: number;
      readonly slow?: SlowOperations;
    }
  | { readonly type: 'failed'; readonly message: string; readonly stack: string; readonly isDriver?: boolean; readonly hint?: string };

/** Errors by code, totals since the start: at most 1,000 codes, the rest counted as "other". */
export interface ErrorCount {
  readonly code: string;
  readonly count: number;
  /** The first one's text. */
  readonly first: string;
}
