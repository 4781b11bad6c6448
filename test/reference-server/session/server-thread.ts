import { Worker } from 'node:worker_threads';
import { Counters } from '../../../reference-server/counters.js';
import {
  CONTROL_INTS,
  CONTROL_MAIL,
  CONTROL_STATE,
  type FromGatewayThread,
  type GatewayThreadStart,
  STATE_DRAIN,
  STATE_STOP_NOW,
  type ToGatewayThread,
} from '../../../reference-server/gateway-messages.js';
import { SigningMemory } from '../../../reference-server/session-signing.js';
import { SessionTakeovers } from '../../../reference-server/threads/session-takeovers.js';
import { LoginDesk } from '../login-desk.js';

/** The product's gateway thread, run as the main thread of `gwrk serve` runs it. */
export class ServerThread {
  readonly port: number;
  readonly desk: LoginDesk;
  readonly counters: Counters;
  readonly messages: FromGatewayThread[];
  readonly #worker: Worker;
  readonly #control: Int32Array;
  readonly #exited: Promise<unknown>;

  constructor(worker: Worker, port: number, desk: LoginDesk, counters: Counters, control: Int32Array, messages: FromGatewayThread[]) {
    this.#worker = worker;
    this.port = port;
    this.desk = desk;
    this.counters = counters;
    this.#control = control;
    this.messages = messages;
    this.#exited = new Promise((resolve) => worker.once('exit', resolve));
  }

  /** Starts one; a text says why it cannot run here. */
  static async start(kind: 'ws' | 'uring', changes: Partial<GatewayThreadStart> = {}): Promise<ServerThread | string> {
    const desk = new LoginDesk(8_192);
    const counters = Counters.create();
    const control = new SharedArrayBuffer(CONTROL_INTS * 4);
    const workerData: GatewayThreadStart = {
      kind,
      host: '127.0.0.1',
      port: 0,
      path: '/v1/ws',
      capacity: 2_048,
      rooms: 100,
      roomTickMs: 50,
      heartbeatMs: 10_000,
      echo: false,
      masterKeyHex: desk.masterKey.toString('hex'),
      kid: desk.kid,
      sessionTable: desk.table.buffer,
      signing: SigningMemory.allocate(desk.table.capacity),
      takeovers: new SharedArrayBuffer(SessionTakeovers.bytesFor(desk.table.capacity)),
      counters: counters.buffer,
      control,
      index: 0,
      count: 1,
      ...changes,
    };
    const worker = new Worker(new URL('../../../reference-server/gateway-thread.js', import.meta.url), { workerData });
    const messages: FromGatewayThread[] = [];
    worker.on('message', (message: FromGatewayThread) => messages.push(message));
    const first = await new Promise<FromGatewayThread>((resolve, reject) => worker.once('message', resolve).once('error', reject));
    if (first.type === 'failed') {
      await worker.terminate();
      return first.message;
    }
    if (first.type !== 'listening') throw new Error(`the thread began with ${first.type}`);
    return new ServerThread(worker, first.port, desk, counters, new Int32Array(control), messages);
  }

  get nowS(): number {
    return Math.floor(Date.now() / 1_000);
  }

  post(message: ToGatewayThread): void {
    this.#worker.postMessage(message);
    Atomics.store(this.#control, CONTROL_MAIL, 1);
  }

  drain(): void {
    Atomics.store(this.#control, CONTROL_STATE, STATE_DRAIN);
  }

  /** Stops the thread; true when it ended by itself. */
  async stop(): Promise<boolean> {
    Atomics.store(this.#control, CONTROL_STATE, STATE_STOP_NOW);
    return this.hasExited();
  }

  /** Waits for the end of the thread; false, and ended by force, when that takes more than a minute. */
  async hasExited(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), 60_000);
    });
    const inTime = await Promise.race([this.#exited.then(() => true), late]);
    clearTimeout(timer);
    await this.#worker.terminate();
    return inTime;
  }
}
