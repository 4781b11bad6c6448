import net from 'node:net';
import tls from 'node:tls';
import { type Clock, systemClock } from '../core/clock.js';
import { errnoOf, socketErrorText } from './errno.js';
import { TickTimer } from './tick-timer.js';
import type { TlsOptions, Transport, TransportEvents, TransportOptions } from './transport.js';

const FREE = 0;
const CONNECTING = 1;
const OPEN = 2;
/** Our side or the peer's has ended: nothing more is accepted for sending. */
const ENDING = 3;
const ABORTED = 4;

const READ_BUFFER_BYTES = 65_536;
/** How long a connection whose end has begun may take to end. */
const LINGER_MS = 5_000;

/** A socket that knows its row. For TLS `raw` is the TCP socket below. */
interface RowSocket extends net.Socket {
  row: number;
  raw: net.Socket;
  linger: NodeJS.Timeout | undefined;
}

/** The transport of every platform: one socket of Node a row. The only one with TLS. */
export class NodeTransport implements Transport {
  readonly kind = 'node';
  readonly capacity: number;
  readonly rings = 0;
  readonly #options: TransportOptions;
  readonly #clock: Clock;
  /** By target: what is said of TLS, and its context. */
  readonly #secure: readonly ({ readonly options: TlsOptions; readonly context: tls.SecureContext } | undefined)[];
  readonly #timer: TickTimer;
  /** The socket of each row's present life; events of any other socket are dropped. */
  readonly #sockets: (RowSocket | null)[];
  readonly #state: Uint8Array;
  readonly #errno: Int32Array;
  readonly #errorTexts = new Map<number, string>();
  #events: TransportEvents | undefined;
  #resolve: (() => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;

  // One function an event for all sockets: with a closure a connection they would be a third of a client's memory.
  readonly #onConnect: (this: net.Socket) => void;
  readonly #onBytes: (this: net.Socket, length: number, bytes: Uint8Array) => boolean;
  readonly #onChunk: (this: net.Socket, chunk: Uint8Array) => void;
  readonly #onEnd: (this: net.Socket) => void;
  readonly #onError: (this: net.Socket, error: NodeJS.ErrnoException) => void;
  readonly #onClose: (this: net.Socket) => void;
  readonly #onRead: net.OnReadOpts;

  constructor(options: TransportOptions, clock: Clock = systemClock) {
    this.capacity = options.capacity;
    this.#options = options;
    this.#clock = clock;
    const contexts = new Map<TlsOptions, tls.SecureContext>();
    this.#secure = options.targets.map(({ tls: own = options.tls }) => {
      if (!own) return undefined;
      const context = contexts.get(own) ?? tls.createSecureContext(own);
      contexts.set(own, context);
      return { options: own, context };
    });
    this.#timer = new TickTimer(clock, (nowUs) => this.#tick(nowUs));
    this.#sockets = new Array<RowSocket | null>(options.capacity).fill(null);
    this.#state = new Uint8Array(options.capacity);
    this.#errno = new Int32Array(options.capacity);

    const self = this;
    this.#onConnect = function () {
      self.#connected(this as RowSocket);
    };
    this.#onBytes = function (length, bytes) {
      self.#received(this as RowSocket, bytes, length);
      return true;
    };
    this.#onChunk = function (chunk) {
      self.#received(this as RowSocket, chunk, chunk.length);
    };
    this.#onEnd = function () {
      self.#peerEnded(this as RowSocket);
    };
    this.#onError = function (error) {
      self.#failed(this as RowSocket, error);
    };
    this.#onClose = function () {
      self.#closed(this as RowSocket);
    };
    // All sockets of this thread read into one buffer: a read and its callback are one step of the event loop.
    this.#onRead = { buffer: new Uint8Array(READ_BUFFER_BYTES), callback: this.#onBytes };
  }

  connect(row: number, target: number, source: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.#state[row] !== FREE) throw new Error(`row ${row} is in use`);
    this.#state[row] = CONNECTING;
    this.#errno[row] = 0;
    this.#errorTexts.delete(row);
    const secure = this.#secure[target];
    const socket = secure === undefined ? this.#openPlain(row) : this.#openTls(row, target, secure.options, secure.context);
    socket.on('end', this.#onEnd).on('error', this.#onError).on('close', this.#onClose);
    this.#sockets[row] = socket;
    const endpoint = this.#options.targets[target]!;
    const localAddress = source < 0 ? undefined : this.#options.sources[source]!;
    socket.raw.connect({
      host: endpoint.address,
      port: endpoint.port,
      family: endpoint.family,
      noDelay: true,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    if (end > start) socket.write(copyOf(bytes, start, end));
  }

  send(row: number, bytes: Uint8Array, start: number, end: number): void {
    const state = this.#state[row];
    if ((state === OPEN || state === CONNECTING) && end > start) this.#sockets[row]!.write(copyOf(bytes, start, end));
  }

  bufferedBytes(row: number): number {
    return this.#sockets[row]?.writableLength ?? 0;
  }

  close(row: number): void {
    const state = this.#state[row];
    if (state !== OPEN && state !== CONNECTING) return;
    this.#state[row] = ENDING;
    const socket = this.#sockets[row]!;
    socket.end();
    this.#limitEnding(socket);
  }

  abort(row: number): void {
    const state = this.#state[row];
    if (state === FREE || state === ABORTED) return;
    this.#state[row] = ABORTED;
    const socket = this.#sockets[row]!;
    // A socket that still connects has nothing to reset, and Node would wait for the connection first. One that has been
    // shut cannot be reset: libuv refuses it (EINVAL), and Node would then never close it.
    const isShut = state === ENDING && socket.raw.writableLength === 0;
    if (socket.raw.connecting || isShut) socket.destroy();
    else socket.raw.resetAndDestroy();
  }

  /** What the last connection of this row failed with, in words; undefined when it did not fail. Read it in onClosed. */
  lastErrorText(row: number): string | undefined {
    return this.#errorTexts.get(row);
  }

  localAddress(row: number): string | undefined {
    const { localAddress: address, localPort, localFamily } = this.#sockets[row]?.raw ?? {};
    if (address === undefined || localPort === undefined) return undefined;
    return localFamily === 'IPv6' ? `[${address}]:${localPort}` : `${address}:${localPort}`;
  }

  run(events: TransportEvents): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#events = events;
      this.#resolve = resolve;
      this.#reject = reject;
      this.#timer.start();
    });
  }

  #openPlain(row: number): RowSocket {
    const socket = new net.Socket({ onread: this.#onRead } as net.SocketConstructorOpts) as RowSocket;
    return adopt(socket, socket, row).on('connect', this.#onConnect) as RowSocket;
  }

  #openTls(row: number, target: number, { rejectUnauthorized, servername }: TlsOptions, secureContext: tls.SecureContext): RowSocket {
    const raw = new net.Socket();
    adopt(raw, raw, row).on('error', this.#onError);
    // The certificate is checked against this name; only a name may be sent as such (RFC 6066 section 3).
    const host = servername ?? this.#options.targets[target]!.address;
    const name = net.isIP(host) === 0 ? { servername: host } : { host };
    const stream = tls.connect({ socket: raw, secureContext, rejectUnauthorized, ...name });
    return adopt(stream, raw, row).on('secureConnect', this.#onConnect).on('data', this.#onChunk) as RowSocket;
  }

  /** Whether this socket is the present life of its row, and events are wanted at all. */
  #isLive(socket: RowSocket): boolean {
    return this.#events !== undefined && this.#sockets[socket.row]?.raw === socket.raw;
  }

  #connected(socket: RowSocket): void {
    if (!this.#isLive(socket) || this.#state[socket.row] !== CONNECTING) return;
    this.#state[socket.row] = OPEN;
    try {
      this.#events!.onConnected(socket.row, this.#clock.nowUs());
    } catch (error) {
      this.#leave(error);
    }
    this.#timer.wake();
  }

  #received(socket: RowSocket, bytes: Uint8Array, length: number): void {
    if (!this.#isLive(socket) || this.#state[socket.row] === ABORTED) return;
    try {
      this.#events!.onData(socket.row, bytes, 0, length, this.#clock.nowUs());
    } catch (error) {
      this.#leave(error);
    }
    this.#timer.wake();
  }

  /** Node answers the peer's end with ours once the queue is sent; a peer that no longer reads must not hold the row. */
  #peerEnded(socket: RowSocket): void {
    if (!this.#isLive(socket) || this.#state[socket.row] === ENDING) return;
    this.#state[socket.row] = ENDING;
    this.#limitEnding(socket);
  }

  #failed(socket: RowSocket, error: NodeJS.ErrnoException): void {
    if (!this.#isLive(socket)) return;
    const state = this.#state[socket.row];
    // After close() or abort() the connection ends as its owner wished, whatever the network says.
    if (state !== CONNECTING && state !== OPEN) return;
    if (this.#errno[socket.row] !== 0) return;
    this.#errno[socket.row] = errnoOf(error);
    this.#errorTexts.set(socket.row, socketErrorText(error));
  }

  #closed(socket: RowSocket): void {
    clearTimeout(socket.linger);
    if (!this.#isLive(socket)) return;
    const { row } = socket;
    this.#sockets[row] = null;
    this.#state[row] = FREE;
    try {
      this.#events!.onClosed(row, this.#errno[row]!, this.#clock.nowUs());
    } catch (error) {
      this.#leave(error);
    }
    this.#timer.wake();
  }

  #limitEnding(socket: RowSocket): void {
    socket.linger = setTimeout(destroySocket, LINGER_MS, socket);
  }

  #tick(nowUs: number): number {
    try {
      const nextUs = this.#events!.onTick(nowUs);
      if (nextUs < 0) this.#leave();
      return nextUs;
    } catch (error) {
      this.#leave(error);
      return -1;
    }
  }

  /** Ends run(): closes every row without telling it, and gives the sockets one turn of the loop to be closed. */
  #leave(error?: unknown): void {
    if (this.#events === undefined) return;
    this.#events = undefined;
    this.#timer.stop();
    for (let row = 0; row < this.capacity; row++) {
      const socket = this.#sockets[row];
      if (!socket) continue;
      this.#sockets[row] = null;
      this.#state[row] = FREE;
      socket.destroy();
    }
    setImmediate(() => (error === undefined ? this.#resolve!() : this.#reject!(error)));
  }
}

function adopt(socket: net.Socket, raw: net.Socket, row: number): RowSocket {
  return Object.assign(socket, { row, raw, linger: undefined });
}

/** Node keeps what it cannot write at once, so it must not be the caller's buffer. */
function copyOf(bytes: Uint8Array, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafe(end - start);
  copy.set(bytes.subarray(start, end));
  return copy;
}

function destroySocket(socket: net.Socket): void {
  socket.destroy();
}
