import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { WebSocket } from 'ws';
import { COUNTS, type CommandingStart } from './commanding-worker.js';

/** A guard, not a claim: what works is done in a moment on any machine. */
const LONGEST_MS = 60_000;

interface WorkerSays {
  readonly port?: number;
  readonly failed?: string;
  readonly ended?: boolean;
}

export interface GatewaySettings {
  readonly capacity?: number;
  readonly upgradeTimeoutMs?: number;
  readonly allowedOrigins?: readonly string[];
}

/** A gateway in a worker, seen from outside. The thread of an io_uring gateway blocks, so it must be another one than the test's. */
export class GatewayUnderTest {
  readonly #worker: Worker;
  readonly #control: Int32Array;
  readonly #counts: Float64Array;
  readonly port: number;
  readonly ended: Promise<void>;

  constructor(worker: Worker, port: number, control: SharedArrayBuffer, counts: SharedArrayBuffer) {
    this.#worker = worker;
    this.port = port;
    this.#control = new Int32Array(control);
    this.#counts = new Float64Array(counts);
    this.ended = new Promise((resolve) => worker.on('message', (says: WorkerSays) => says.ended && resolve()));
  }

  /** Starts one; a text says why it cannot run here. */
  static async start(kind: 'ws' | 'uring', settings: GatewaySettings = {}): Promise<GatewayUnderTest | string> {
    const control = new SharedArrayBuffer(4);
    const counts = new SharedArrayBuffer(COUNTS * 8);
    const { allowedOrigins } = settings;
    const workerData: CommandingStart = {
      kind,
      capacity: settings.capacity ?? 64,
      upgradeTimeoutMs: settings.upgradeTimeoutMs ?? 60_000,
      control,
      counts,
      ...(allowedOrigins === undefined ? {} : { allowedOrigins }),
    };
    const worker = new Worker(new URL('./commanding-worker.js', import.meta.url), { workerData });
    const first = await new Promise<WorkerSays>((resolve, reject) => worker.once('message', resolve).once('error', reject));
    if (first.failed !== undefined) {
      await worker.terminate();
      return first.failed.split('\n')[0]!;
    }
    return new GatewayUnderTest(worker, first.port!, control, counts);
  }

  count(index: number): number {
    return this.#counts[index]!;
  }

  stopAccepting(): void {
    Atomics.store(this.#control, 0, 1);
  }

  /** Stops the gateway and waits for the end of its thread; true when run() resolved by itself. */
  async stop(): Promise<boolean> {
    Atomics.store(this.#control, 0, 2);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), LONGEST_MS);
    });
    const inTime = await Promise.race([this.ended.then(() => true), late]);
    clearTimeout(timer);
    await this.#worker.terminate();
    return inTime;
  }

  /** A client that got its "hello". */
  async client(options: { headers?: Record<string, string> } = {}): Promise<Client> {
    const client = new Client(new WebSocket(`ws://127.0.0.1:${this.port}/v1/ws`, { perMessageDeflate: false, ...options }));
    await client.next();
    return client;
  }

  async raw(): Promise<RawPeer> {
    const socket = connect(this.port, '127.0.0.1');
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new RawPeer(socket);
  }

  /** A raw socket behind its 101 and the frame of the "hello". */
  async upgraded(): Promise<RawPeer> {
    const peer = await this.raw();
    peer.write(upgradeRequest());
    await peer.until((bytes) => bytes.includes('hello'));
    peer.clear();
    return peer;
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until the condition holds; throws after a minute, because a test must end. */
export async function eventually(what: string, holds: () => boolean): Promise<void> {
  const limit = performance.now() + LONGEST_MS;
  while (!holds()) {
    if (performance.now() > limit) throw new Error(`not within a minute: ${what}`);
    await sleep(5);
  }
}

export function upgradeRequest(changes: Record<string, string | undefined> = {}, requestLine = 'GET /v1/ws HTTP/1.1'): string {
  const headers: Record<string, string | undefined> = {
    Host: '127.0.0.1',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
    ...changes,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return `${[requestLine, ...lines].join('\r\n')}\r\n\r\n`;
}

/** A ws client with its messages in a queue. */
export class Client {
  readonly socket: WebSocket;
  readonly #messages: { data: Buffer; isBinary: boolean }[] = [];
  readonly closed: Promise<number>;
  readonly pongs: Buffer[] = [];

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#messages.push({ data, isBinary }));
    socket.on('pong', (data: Buffer) => this.pongs.push(data));
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.once('close', resolve));
  }

  get received(): number {
    return this.#messages.length;
  }

  async next(): Promise<{ data: Buffer; isBinary: boolean }> {
    await eventually('a message', () => this.#messages.length > 0 || this.socket.readyState === WebSocket.CLOSED);
    const message = this.#messages.shift();
    if (message === undefined) throw new Error('closed before a message came');
    return message;
  }

  async nextText(): Promise<string> {
    return (await this.next()).data.toString();
  }
}

/** A TCP peer that says exactly what it is told. */
export class RawPeer {
  readonly socket: Socket;
  bytes = Buffer.alloc(0);
  ended = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.bytes = Buffer.concat([this.bytes, chunk]);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.ended = true;
    });
    socket.on('end', () => {
      this.ended = true;
    });
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  clear(): void {
    this.bytes = Buffer.alloc(0);
  }

  async until(holds: (bytes: Buffer) => boolean): Promise<Buffer> {
    await eventually('bytes of the gateway', () => holds(this.bytes) || this.ended);
    return this.bytes;
  }

  async untilEnd(): Promise<Buffer> {
    await eventually('the end of the socket', () => this.ended);
    return this.bytes;
  }
}

/** One client frame; the mask is 0x01020304 or absent. */
export function clientFrame(firstByte: number, payload: string | Uint8Array, masked = true): Buffer {
  const data = Buffer.from(payload as Uint8Array);
  const head =
    data.length < 126 ? Buffer.from([firstByte, data.length]) : Buffer.from([firstByte, 126, data.length >>> 8, data.length & 255]);
  if (!masked) return Buffer.concat([head, data]);
  head[1]! |= 0x80;
  const mask = [1, 2, 3, 4];
  return Buffer.concat([head, Buffer.from(mask), data.map((byte, i) => byte ^ mask[i & 3]!)]);
}

/** The code of the close frame that ends these server bytes; 0 when there is none. */
export function closeCodeIn(bytes: Buffer): number {
  for (let at = 0; at + 2 <= bytes.length; ) {
    const length = bytes[at + 1]! & 0x7f;
    const head = length === 126 ? 4 : length === 127 ? 10 : 2;
    const payload = length === 126 ? bytes.readUInt16BE(at + 2) : length === 127 ? bytes.readUInt32BE(at + 6) : length;
    if ((bytes[at]! & 15) === 8) return payload >= 2 ? bytes.readUInt16BE(at + head) : 1005;
    at += head + payload;
  }
  return 0;
}
