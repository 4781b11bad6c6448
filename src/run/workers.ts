import { Worker } from 'node:worker_threads';
import { GwrkError } from '../core/errors.js';
import { OwnMetrics } from '../measure/own-metrics.js';
import type { SlowOperations } from '../measure/slow-operation.js';
import {
  CONTROL_MAIL,
  CONTROL_STOP,
  type ErrorCount,
  type FromWorker,
  type LoginColumns,
  type STOP_GRACEFULLY,
  STOP_NOW,
  type ToWorker,
  type WorkerStart,
} from '../swarm/messages.js';

const workerFile = new URL('../swarm/worker.js', import.meta.url);

export interface WorkersOptions {
  readonly starts: readonly WorkerStart[];
  readonly onLogin: (worker: number, logins: LoginColumns) => void;
  /** How long a worker may take until it is ready. */
  readonly readyTimeoutMs: number;
  /** Another program than dist/src/swarm/worker.js, for tests. */
  readonly file?: URL;
}

type State = 'starting' | 'ready' | 'done' | 'dead';

interface Seat {
  readonly thread: Worker;
  readonly control: Int32Array;
  state: State;
  rings: number;
  own: OwnMetrics | undefined;
  cpuSeconds: number;
  errors: readonly ErrorCount[];
  slow: SlowOperations | undefined;
}

/** The worker threads of one run, from their start to the last one's end. */
export class Workers {
  readonly #seats: Seat[];
  readonly #onLogin: WorkersOptions['onLogin'];
  readonly #deaths: string[] = [];
  #driverFault: string | undefined;
  #driverHint: string | undefined;
  #changed: () => void = () => {};

  private constructor(options: WorkersOptions) {
    this.#onLogin = options.onLogin;
    this.#seats = options.starts.map((start, index) => this.#seat(start, index, options.file ?? workerFile));
  }

  /** Starts every worker and waits until all are ready. Throws GWRK_WORKER_DIED when one fails before that. */
  static async start(options: WorkersOptions): Promise<Workers> {
    const workers = new Workers(options);
    await workers.#until(() => workers.#seats.every((seat) => seat.state !== 'starting'), options.readyTimeoutMs);
    const late = workers.#seats.filter((seat) => seat.state === 'starting').length;
    if (workers.driverFault !== undefined) {
      await workers.terminate();
      const hint = workers.#driverHint;
      throw new GwrkError('GWRK_DRIVER_INVALID', workers.driverFault, hint === undefined ? {} : { hint });
    }
    if (late > 0 || workers.#deaths.length > 0) {
      const why =
        workers.#deaths[0] ?? `${late} of ${options.starts.length} workers were not ready within ${options.readyTimeoutMs / 1000} s`;
      await workers.terminate();
      throw new GwrkError('GWRK_WORKER_DIED', why);
    }
    return workers;
  }

  /** Rings of io_uring over all workers. */
  get rings(): number {
    return this.#seats.reduce((sum, seat) => sum + seat.rings, 0);
  }

  /** What drivers measure beside the metrics of gwrk; empty where they declare nothing. */
  get own(): OwnMetrics[] {
    return this.#seats.flatMap(({ own }) => own ?? []);
  }

  /** CPU time of each worker; 0 for one that did not get to tell. */
  get cpuSeconds(): number[] {
    return this.#seats.map((seat) => seat.cpuSeconds);
  }

  /** The slow requests of every worker; nothing of one that did not get to tell. */
  get slow(): SlowOperations[] {
    return this.#seats.flatMap((seat) => seat.slow ?? []);
  }

  /** What killed the workers that ended before their time, one text each. */
  get deaths(): readonly string[] {
    return this.#deaths;
  }

  /** What a driver threw and where; the workers were told to leave. */
  get driverFault(): string | undefined {
    return this.#driverFault;
  }

  get allEnded(): boolean {
    return this.#seats.every((seat) => seat.state === 'done' || seat.state === 'dead');
  }

  /** Errors by code over all workers, the most frequent first. */
  errors(): ErrorCount[] {
    const byCode = new Map<string, { code: string; count: number; first: string }>();
    for (const { errors } of this.#seats)
      for (const { code, count, first } of errors) {
        const known = byCode.get(code);
        if (known) known.count += count;
        else byCode.set(code, { code, count, first });
      }
    return [...byCode.values()].sort((a, b) => b.count - a.count);
  }

  /** The common start, clock microseconds. */
  begin(startUs: number): void {
    for (const index of this.#seats.keys()) this.post(index, { type: 'start', startUs });
  }

  post(worker: number, message: ToWorker): void {
    const seat = this.#seats[worker];
    if (!seat || seat.state === 'done' || seat.state === 'dead') return;
    seat.thread.postMessage(message, memoryOf(message));
    Atomics.store(seat.control, CONTROL_MAIL, 1);
    Atomics.notify(seat.control, CONTROL_MAIL);
  }

  requestStop(kind: typeof STOP_GRACEFULLY | typeof STOP_NOW): void {
    for (const { control } of this.#seats) {
      Atomics.store(control, CONTROL_STOP, kind);
      Atomics.notify(control, CONTROL_STOP);
    }
  }

  /** Resolves when every worker has ended or the time is over; the answer says which. */
  async ended(timeoutMs: number): Promise<boolean> {
    await this.#until(() => this.allEnded, timeoutMs);
    return this.allEnded;
  }

  /** Ends the threads; one that has not said "done" counts as dead. */
  async terminate(): Promise<void> {
    for (const [index, seat] of this.#seats.entries())
      if (seat.state === 'ready') this.#bury(seat, `worker ${index} did not stop when it was told to`);
    await Promise.all(this.#seats.map(({ thread }) => thread.terminate()));
  }

  #seat(start: WorkerStart, index: number, file: URL): Seat {
    const thread = new Worker(file, { workerData: start, name: `gwrk swarm ${index}` });
    const seat: Seat = {
      thread,
      control: new Int32Array(start.control),
      state: 'starting',
      rings: 0,
      own: undefined,
      cpuSeconds: 0,
      errors: [],
      slow: undefined,
    };
    thread.on('message', (message: FromWorker) => this.#receive(seat, index, message));
    thread.on('error', (error) => this.#bury(seat, `worker ${index}: ${error.stack ?? error.message}`));
    thread.on('exit', (code) => this.#bury(seat, `worker ${index} ended with code ${code}`));
    return seat;
  }

  #receive(seat: Seat, index: number, message: FromWorker): void {
    switch (message.type) {
      case 'ready':
        seat.state = 'ready';
        seat.own = message.own && new OwnMetrics(message.own.metrics, message.own.buffer);
        break;
      case 'login':
        this.#onLogin(index, message);
        return;
      case 'errors':
        seat.errors = message.errors;
        return;
      case 'done':
        seat.errors = message.errors;
        seat.cpuSeconds = message.cpuSeconds;
        seat.rings = message.rings;
        seat.slow = message.slow;
        seat.state = 'done';
        break;
      case 'failed':
        if (message.isDriver === true) {
          this.#driverFault ??= message.message;
          this.#driverHint ??= message.hint;
          this.requestStop(STOP_NOW);
        }
        this.#bury(seat, `worker ${index}: ${message.stack || message.message}`);
        return;
    }
    this.#changed();
  }

  #bury(seat: Seat, cause: string): void {
    if (seat.state === 'done' || seat.state === 'dead') return;
    seat.state = 'dead';
    this.#deaths.push(cause);
    this.#changed();
  }

  #until(condition: () => boolean, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#changed = () => {};
        resolve();
      };
      const timer = setTimeout(finish, timeoutMs);
      this.#changed = () => {
        if (condition()) finish();
      };
      this.#changed();
    });
  }
}

/** What goes over to the worker instead of being copied. */
function memoryOf(message: ToWorker): ArrayBuffer[] {
  if (message.type !== 'sessions') return [];
  const { json, rows, generations, dfps } = message;
  return [json, rows, generations, dfps].map(({ buffer }) => buffer as ArrayBuffer);
}
