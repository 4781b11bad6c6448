import { Worker } from 'node:worker_threads';
import type { LogicLink, LogicWorkerStart } from './logic-link.js';
import { createLogicMemory, type LogicMemoryOptions } from './logic-memory.js';

export interface LogicPoolOptions extends LogicMemoryOptions {
  /** Something in a room broke; its worker goes on. */
  readonly onFault: (stack: string, worker: number) => void;
  /** A worker ended that was not asked to. Called at most once. */
  readonly onFailure: (error: Error) => void;
}

type FromLogicThread = { readonly type: 'running' } | { readonly type: 'fault'; readonly stack: string };

const file = new URL('./logic-thread.js', import.meta.url);

/** The logic workers: a fixed pool of threads, each the owner of its share of the rooms. With 0 workers there is nothing. */
export class LogicPool {
  /** What each gateway thread is told of them; none without workers. */
  readonly links: readonly LogicLink[];
  readonly starts: readonly LogicWorkerStart[];
  readonly #workers: readonly Worker[];
  readonly #state: { isEnding: boolean };

  private constructor(
    links: readonly LogicLink[],
    starts: readonly LogicWorkerStart[],
    workers: readonly Worker[],
    state: { isEnding: boolean },
  ) {
    this.links = links;
    this.starts = starts;
    this.#workers = workers;
    this.#state = state;
  }

  /** Starts the workers; resolves when all of them run. */
  static async start(options: LogicPoolOptions): Promise<LogicPool> {
    if (options.workers === 0) return new LogicPool([], [], [], { isEnding: true });
    const { links, starts } = createLogicMemory(options);
    const state = { isEnding: false };
    const fail = (error: Error): void => {
      if (state.isEnding) return;
      state.isEnding = true;
      options.onFailure(error);
    };
    const running: Promise<void>[] = [];
    const workers = starts.map((start, index) => {
      const worker = new Worker(file, { workerData: start, name: `logic-${index}` });
      worker.once('error', (error) => fail(new Error(`logic worker ${index} died: ${messageOf(error)}`, { cause: error })));
      worker.once('exit', (code) => fail(new Error(`logic worker ${index} ended (exit ${code})`)));
      running.push(
        new Promise((resolve, reject) => {
          worker.on('message', (message: FromLogicThread) => {
            if (message.type === 'running') resolve();
            else options.onFault(message.stack, index);
          });
          worker.once('error', reject);
          worker.once('exit', (code) => reject(new Error(`logic worker ${index} ended (exit ${code})`)));
        }),
      );
      return worker;
    });
    const pool = new LogicPool(links, starts, workers, state);
    try {
      await Promise.all(running);
    } catch (error) {
      await pool.stop();
      throw error;
    }
    return pool;
  }

  /** Ends the workers. To be called when the gateway threads have ended. */
  async stop(): Promise<void> {
    this.#state.isEnding = true;
    for (const { control, wake } of this.starts) {
      Atomics.store(new Int32Array(control), 0, 1);
      Atomics.notify(new Int32Array(wake), 0);
    }
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
