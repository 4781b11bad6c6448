/** What a driver is: the module that `driver:` of a scenario names, for protocols that YAML cannot say. Imported as "gwrk/driver" for its types. */
import type { CounterName, TrendName } from '../measure/metric-names.js';

/** Id of a metric that the driver declared. */
export type OwnMetricId = number;

/** Timers of one client, by number: 0 to 3. */
export const DRIVER_TIMERS = 4;
/** Longest message that a driver can send. */
export const MAX_DRIVER_MESSAGE = 1_048_576;

/** Given once, before the first client: what state a driver needs to allocate. */
export interface DriverSetup {
  /** Clients of this worker thread: a client is a number from 0 to below this, so that its state is a row of typed arrays. */
  readonly clients: number;
  /** Of the run and the worker: for numbers that are the same in each run. */
  readonly seed: number;
  /** Ids of what `metrics` of the driver declares, by name: what record() and count() take. */
  readonly metrics: Readonly<Record<string, OwnMetricId>>;
}

/** What a driver can do for a client. Nothing of it allocates. Times are microseconds. */
export interface DriverApi {
  /** The monotonic time of what is being told. */
  nowUs(): number;
  /** Number of the client in the whole run; `client` is its place in this worker. */
  numberOf(client: number): number;
  /** Sends bytes[start..end) as one binary message. They are copied. False: the client is not connected, or its server does not read. */
  send(client: number, bytes: Uint8Array, start: number, end: number): boolean;
  /** The same as a text message; the bytes are UTF-8. */
  sendText(client: number, bytes: Uint8Array, start: number, end: number): boolean;
  /** Calls onTimer(client, id) after this time, once; a timer of that number that is still running is set anew. */
  timer(client: number, id: number, afterUs: number): void;
  cancelTimer(client: number, id: number): void;
  /** Records a time into a trend: one of gwrk, such as ws_msg_rtt, or one of the driver's own by its id. */
  record(metric: TrendName | OwnMetricId, us: number): void;
  /** Adds to a counter: one of gwrk, such as checks_passed, or one of the driver's own by its id. */
  count(metric: CounterName | OwnMetricId, by?: number): void;
  /** Counts an error as driver.<code> and goes on. */
  error(code: string): void;
  /** Counts an error as driver.<code> and ends the client's flow. */
  fail(client: number, code: string): void;
  /** The client has done its part: its connection is closed, and afterFlow says what next. */
  close(client: number): void;
}

export interface Driver {
  /** Metrics of its own, by name: small letters, digits and _. Trends are times; both can have thresholds. */
  readonly metrics?: Readonly<Record<string, 'trend' | 'counter'>>;
  setup?(setup: DriverSetup): void;
  /** The flow of the scenario has come to its end, the connection stands. */
  onOpen(client: number, api: DriverApi): void;
  /** A message has come: bytes[start..end), which are not the driver's any more once it returns. */
  onMessage(client: number, bytes: Uint8Array, start: number, end: number, api: DriverApi): void;
  onTimer?(client: number, id: number, api: DriverApi): void;
  /** The connection is over or about to be, whoever wished it. */
  onClose?(client: number, api: DriverApi): void;
}

/** The driver itself; for its types. */
export const defineDriver = (driver: Driver): Driver => driver;
