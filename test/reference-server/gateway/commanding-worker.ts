/** A gateway in a thread of its own, whose handler echoes and obeys text commands, so that a test sees every verb of it. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Gateway, GatewayHandler } from '../../../reference-server/gateway/gateway.js';

export interface CommandingStart {
  readonly kind: 'ws' | 'uring';
  readonly capacity: number;
  readonly upgradeTimeoutMs: number;
  readonly allowedOrigins?: readonly string[];
  /** Int32: [0] 1 to stop accepting, 2 to stop. */
  readonly control: SharedArrayBuffer;
  /** Float64: see the COUNT_ constants. */
  readonly counts: SharedArrayBuffer;
}

export const COUNT_OPENED = 0;
export const COUNT_CLOSED = 1;
export const COUNT_OPEN_NOW = 2;
export const COUNT_LAST_CLOSE_CODE = 3;
export const COUNT_MOST_BUFFERED = 4;
export const COUNT_FAULTS = 5;
export const COUNTS = 6;

const LOOK_EVERY_US = 5_000;

class CommandingHandler implements GatewayHandler {
  readonly #gateway: Gateway;
  readonly #control: Int32Array;
  readonly #counts: Float64Array;
  readonly #open: Uint8Array;
  readonly #paused = new Set<number>();
  #accepting = true;
  #stopped = false;

  constructor(gateway: Gateway, start: CommandingStart) {
    this.#gateway = gateway;
    this.#control = new Int32Array(start.control);
    this.#counts = new Float64Array(start.counts);
    this.#open = new Uint8Array(gateway.capacity);
  }

  onOpen(slot: number): void {
    this.#counts[COUNT_OPENED]!++;
    if (this.#open[slot] === 1) this.#counts[COUNT_FAULTS]!++;
    this.#open[slot] = 1;
    this.#sendText(slot, 'hello');
  }

  onBinary(slot: number, bytes: Uint8Array, start: number, end: number): void {
    this.#gateway.send(slot, bytes, start, end);
  }

  onText(slot: number, bytes: Uint8Array, start: number, end: number): void {
    const text = Buffer.from(bytes.subarray(start, end)).toString();
    const [command, argument = ''] = text.split(' ');
    if (command === '!close') this.#gateway.close(slot, Number(argument));
    else if (command === '!peer') this.#sendText(slot, this.#gateway.peer(slot));
    else if (command === '!all') this.#sendToAll(argument);
    else if (command === '!flood') this.#flood(Number(argument));
    else if (command === '!pause') this.#pause(slot);
    else if (command === '!resume') this.#resumeAll();
    else this.#gateway.send(slot, bytes, start, end, true);
  }

  onClose(slot: number, code: number): void {
    if (this.#open[slot] === 0) this.#counts[COUNT_FAULTS]!++;
    this.#open[slot] = 0;
    this.#counts[COUNT_CLOSED]!++;
    this.#counts[COUNT_LAST_CLOSE_CODE] = code;
  }

  onTick(nowUs: number): number {
    let most = 0;
    for (let slot = 0; slot < Math.min(this.#open.length, 16); slot++) {
      if (this.#open[slot] === 1) most = Math.max(most, this.#gateway.bufferedBytes(slot));
    }
    this.#counts[COUNT_MOST_BUFFERED] = most;
    this.#counts[COUNT_OPEN_NOW] = this.#gateway.openCount;
    const wanted = Atomics.load(this.#control, 0);
    if (wanted >= 1 && this.#accepting) {
      this.#accepting = false;
      this.#gateway.stopAccepting();
    }
    if (wanted === 2 && !this.#stopped) {
      this.#stopped = true;
      this.#gateway.stop();
    }
    return nowUs + LOOK_EVERY_US;
  }

  #sendText(slot: number, text: string): void {
    const bytes = Buffer.from(text);
    this.#gateway.send(slot, bytes, 0, bytes.length, true);
  }

  #sendToAll(text: string): void {
    const slots = new Int32Array(this.#open.length);
    let count = 0;
    for (let slot = 0; slot < this.#open.length; slot++) if (this.#open[slot] === 1) slots[count++] = slot;
    // Not at the start of its buffer, so that a gateway which ignores `start` is found out.
    const bytes = Buffer.from(`....${text}....`);
    this.#gateway.sendMany(slots, count, bytes, 4, bytes.length - 4);
  }

  /** Sends 64 KiB messages to every connection, `kilobytes` in all each. */
  #flood(kilobytes: number): void {
    const bytes = new Uint8Array(65_536).fill(7);
    for (let sent = 0; sent < kilobytes; sent += 64) {
      for (let slot = 0; slot < this.#open.length; slot++) if (this.#open[slot] === 1) this.#gateway.send(slot, bytes, 0, bytes.length);
    }
  }

  #pause(slot: number): void {
    this.#gateway.pause(slot);
    this.#paused.add(slot);
  }

  #resumeAll(): void {
    for (const slot of this.#paused) this.#gateway.resume(slot);
    this.#paused.clear();
  }
}

async function main(): Promise<void> {
  const start = workerData as CommandingStart;
  const options = {
    host: '127.0.0.1',
    port: 0,
    path: '/v1/ws',
    capacity: start.capacity,
    maxMessageBytes: 4_104,
    upgradeTimeoutMs: start.upgradeTimeoutMs,
    ...(start.allowedOrigins === undefined ? {} : { allowedOrigins: start.allowedOrigins }),
  };
  const gateway =
    start.kind === 'ws'
      ? (await import('../../../reference-server/gateway/ws-gateway.js')).createWsGateway(options)
      : (await import('../../../reference-server/gateway/uring-gateway.js')).createUringGateway(options);
  parentPort!.postMessage({ port: await gateway.listen(new CommandingHandler(gateway, start)) });
  await gateway.run();
  parentPort!.postMessage({ ended: true });
}

// This file is also imported for its constants.
if (parentPort !== null && workerData?.control !== undefined) {
  main().catch((error: Error) => parentPort!.postMessage({ failed: error.stack ?? error.message }));
}
