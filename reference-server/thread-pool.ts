import { writeSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import {
  CONTROL_INTS,
  CONTROL_MAIL,
  CONTROL_STATE,
  type FromGatewayThread,
  type GatewayThreadStart,
  type RefreshAskMessage,
  STATE_DRAIN,
  STATE_STOP_NOW,
  type ToGatewayThread,
} from './gateway-messages.js';
import type { ResourceReport } from './rules/rule-book.js';
import type { StoreQuestion } from './store-messages.js';

export type AuditEvent = Extract<FromGatewayThread, { type: 'audit' }>;
export type LongTurn = Extract<FromGatewayThread, { type: 'turn' }>;

export interface ThreadPoolOptions {
  readonly count: number;
  /** What every thread gets; the pool adds its own control, counters, index and port. */
  readonly start: Omit<GatewayThreadStart, 'control' | 'counters' | 'auditRing' | 'index' | 'count'>;
  /** One a thread. */
  readonly counters: readonly SharedArrayBuffer[];
  /** The audit ring of a thread; none without --audit. */
  readonly auditRingOf?: (thread: number) => SharedArrayBuffer | undefined;
  readonly onAudit: (event: AuditEvent) => void;
  readonly onLongTurn: (turn: LongTurn, thread: number) => void;
  /** The rules of this version are in force in that thread. */
  readonly onRules?: (version: number, thread: number) => void;
  /** A client of thread `index` asks for a new access token. */
  /** That thread asks the shared store. */
  readonly onQuestion?: (question: StoreQuestion, index: number) => void;
  readonly onRefresh?: (question: RefreshAskMessage, index: number) => void;
  /** How the guards of that thread stand, once a second while there are any. */
  readonly onGuards?: (resources: readonly ResourceReport[], thread: number) => void;
  /** A thread ended that was not asked to. Called at most once. */
  readonly onFailure: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly control: Int32Array;
  readonly ended: Promise<void>;
  /** An eventfd while the thread waits inside the kernel and is sure to have it open; else -1. */
  wakeDescriptor: number;
}

/** What an eventfd is told: 1, as 8 bytes. */
const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

/**
 * Read when the heap of a thread is made. Without the first V8 collects an idle thread again and again to give back a few
 * megabytes. The others make its young generation four times as large: a gateway makes little garbage a message, but a
 * million players send two million messages a minute, and each collection is a pause. Pages are touched as objects come.
 */
const HEAP_FLAGS = ['--no-memory-reducer', '--min-semi-space-size=64', '--max-semi-space-size=64'];

const file = new URL('./gateway-thread.js', import.meta.url);

/** The gateway threads: started together on one port, told things, drained and stopped. */
export class ThreadPool {
  readonly port: number;
  readonly #threads: readonly Thread[];
  readonly #state: PoolState;

  private constructor(port: number, threads: readonly Thread[], state: PoolState) {
    this.port = port;
    this.#threads = threads;
    this.#state = state;
  }

  /** Starts all threads; resolves when each of them listens. Rejects with the first one's error. */
  static async start(options: ThreadPoolOptions): Promise<ThreadPool> {
    const threads: Thread[] = [];
    const state: PoolState = { isEnding: false, threads, options };
    for (const flag of HEAP_FLAGS) setFlagsFromString(flag);
    let { port } = options.start;
    try {
      for (let index = 0; index < options.count; index++) {
        const { thread, listening } = startThread(state, index, port);
        threads.push(thread);
        port = await listening;
      }
    } catch (error) {
      state.isEnding = true;
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
      throw error;
    }
    return new ThreadPool(port, threads, state);
  }

  /** Sends a message to one thread; it is dropped when there is no such thread. */
  tellOne(index: number, message: ToGatewayThread): void {
    const thread = this.#threads[index];
    if (thread !== undefined) tellThread(thread, message);
  }

  /** Sends a message to every thread, also to one that waits inside the kernel. */
  tell(message: ToGatewayThread): void {
    for (const thread of this.#threads) tellThread(thread, message);
  }

  /** Lets the threads take leave of their clients; resolves when all have ended, at the latest after `limitMs` and a second. */
  async drain(limitMs: number): Promise<void> {
    this.#setState(STATE_DRAIN);
    await this.#endWithin(limitMs);
    await this.stop();
  }

  /** Ends the threads at once. */
  async stop(): Promise<void> {
    this.#setState(STATE_STOP_NOW);
    await this.#endWithin(1_000);
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #setState(value: number): void {
    this.#state.isEnding = true;
    for (const thread of this.#threads) {
      // The thread closes it when it ends, and then it may be anything.
      thread.wakeDescriptor = -1;
      Atomics.store(thread.control, CONTROL_STATE, value);
    }
  }

  async #endWithin(limitMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs);
    });
    await Promise.race([limit, Promise.all(this.#threads.map(({ ended }) => ended))]);
    clearTimeout(timer);
  }
}

interface PoolState {
  isEnding: boolean;
  readonly threads: Thread[];
  readonly options: ThreadPoolOptions;
}

/** The message first: a thread that finds the flag finds it, too. */
function tellThread({ worker, control, wakeDescriptor }: Thread, message: ToGatewayThread): void {
  worker.postMessage(message);
  const isFirst = Atomics.exchange(control, CONTROL_MAIL, 1) === 0;
  if (isFirst && wakeDescriptor >= 0) writeSync(wakeDescriptor, ONE);
}

function startThread(state: PoolState, index: number, port: number): { thread: Thread; listening: Promise<number> } {
  const { options } = state;
  const control = new SharedArrayBuffer(CONTROL_INTS * 4);
  const auditRing = options.auditRingOf?.(index);
  const start: GatewayThreadStart = {
    ...options.start,
    port,
    control,
    counters: options.counters[index]!,
    ...(auditRing === undefined ? {} : { auditRing }),
    index,
    count: options.count,
  };
  const worker = new Worker(file, { workerData: start, name: `gateway-${index}` });
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const thread: Thread = { worker, control: new Int32Array(control), ended, wakeDescriptor: -1 };
  const listening = new Promise<number>((resolve, reject) => {
    const fail = (error: Error): void => {
      reject(error); // has no effect once the thread listens
      if (state.isEnding) return;
      state.isEnding = true;
      options.onFailure(error);
    };
    worker.on('message', (message: FromGatewayThread) => {
      if (message.type === 'listening') {
        thread.wakeDescriptor = message.wakeDescriptor;
        resolve(message.port);
      } else if (message.type === 'audit') options.onAudit(message);
      else if (message.type === 'ask') options.onQuestion?.(message, index);
      else if (message.type === 'refresh') options.onRefresh?.(message, index);
      else if (message.type === 'rules') options.onRules?.(message.version, index);
      else if (message.type === 'guards') options.onGuards?.(message.resources, index);
      else if (message.type === 'tell' && state.threads[message.thread] !== undefined)
        tellThread(state.threads[message.thread]!, message.message);
      else if (message.type === 'turn') options.onLongTurn(message, index);
      else if (message.type === 'failed') fail(Object.assign(new Error(message.message), { stack: message.stack }));
    });
    worker.once('error', (error) => fail(error instanceof Error ? error : new Error(String(error))));
    worker.once('exit', (code) => fail(new Error(`gateway thread ${index} ended (exit ${code})`)));
  });
  return { thread, listening };
}
