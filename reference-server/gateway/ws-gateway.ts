import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { systemClock } from '../../src/core/clock.js';
import { type Gateway, type GatewayHandler, type GatewayOptions, UPGRADING_LIMIT } from './gateway.js';
import { frameMessage } from './ws-gateway-frame.js';
import { judgeUpgrade, refusalHeaders, refuseUpgrade } from './ws-gateway-upgrade.js';

const LISTEN_BACKLOG = 65_535;
/** How long a peer may take to answer our close frame. */
const CLOSE_TIMEOUT_MS = 2_000;

const DEFAULT_MAX_FRAGMENTS = 4;

const FREE = 0;
const OPEN = 1;
const CLOSING = 2;

/** Close codes of the faults that ws finds; every other fault of the peer's frames is 1002. */
const FAULT_CODES: Record<string, number> = {
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 1009,
};

/** What ws 8.21 and later know and their types do not. */
interface HardenedOptions extends ServerOptions {
  readonly maxFragments: number;
  readonly maxBufferedChunks: number;
  readonly closeTimeout: number;
}

interface Message {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

/** The portable gateway: npm ws with limits that hold against hostile peers (security.md S1 to S3). */
export function createWsGateway(options: GatewayOptions): Gateway {
  return new WsGateway(options);
}

class WsGateway implements Gateway {
  readonly kind = 'ws';
  readonly capacity: number;
  readonly #options: GatewayOptions;
  readonly #http: Server;
  readonly #upgrader: WebSocketServer;
  readonly #sockets: (WebSocket | undefined)[];
  readonly #streams: (Socket | undefined)[];
  readonly #state: Uint8Array;
  readonly #paused: Uint8Array;
  /** The close code this side sent or found; 0 until then. */
  readonly #code: Uint16Array;
  readonly #freeSlots: Int32Array;
  #freeCount: number;
  /** Messages of paused slots that ws had read already: at most what one read of the socket held. */
  readonly #held = new Map<number, Message[]>();
  #handler!: GatewayHandler;
  #tickQueued = false;
  #timer: NodeJS.Timeout | undefined;
  #timerUs = Infinity;
  #accepting = true;
  #stopped = false;
  readonly #ended: Promise<void>;

  constructor(options: GatewayOptions) {
    const { capacity } = options;
    this.#options = options;
    this.capacity = capacity;
    this.#sockets = new Array(capacity).fill(undefined);
    this.#streams = new Array(capacity).fill(undefined);
    this.#state = new Uint8Array(capacity);
    this.#paused = new Uint8Array(capacity);
    this.#code = new Uint16Array(capacity);
    this.#freeSlots = new Int32Array(capacity);
    // Popped from the end: slot 0 is the first to be used.
    for (let slot = 0; slot < capacity; slot++) this.#freeSlots[slot] = capacity - 1 - slot;
    this.#freeCount = capacity;
    const limits = {
      maxHeaderSize: 4_096,
      headersTimeout: options.upgradeTimeoutMs,
      requestTimeout: options.upgradeTimeoutMs + 1_000,
      connectionsCheckingInterval: Math.min(500, options.upgradeTimeoutMs),
      noDelay: true,
    };
    this.#http =
      options.tls === undefined
        ? createServer(limits)
        : createTlsServer({ ...limits, ...options.tls, minVersion: 'TLSv1.2', handshakeTimeout: options.upgradeTimeoutMs });
    this.#http.maxConnections = capacity + UPGRADING_LIMIT;
    this.#ended = new Promise((resolve) => this.#http.once('close', resolve));
    const hardened: HardenedOptions = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.maxMessageBytes,
      maxFragments: options.maxFragments ?? DEFAULT_MAX_FRAGMENTS,
      maxBufferedChunks: Math.max(64, options.maxFragments ?? 0),
      closeTimeout: CLOSE_TIMEOUT_MS,
    };
    this.#upgrader = new WebSocketServer(hardened);
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as Socket, head));
    this.#http.on('request', (request, response) => {
      const status = judgeUpgrade(request, options.path, options.allowedOrigins);
      // Here only requests arrive that did not ask for an upgrade.
      const refusal = status === 101 ? 426 : status;
      response.writeHead(refusal, refusalHeaders(refusal)).end();
    });
  }

  get openCount(): number {
    return this.capacity - this.#freeCount;
  }

  listen(handler: GatewayHandler): Promise<number> {
    this.#handler = handler;
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen({ host, port, backlog: LISTEN_BACKLOG }, () => {
        this.#http.off('error', reject);
        this.#queueTick();
        resolve((this.#http.address() as AddressInfo).port);
      });
    });
  }

  send(slot: number, bytes: Uint8Array, start: number, end: number, text = false): void {
    if (this.#state[slot] === OPEN) this.#streams[slot]!.write(frameMessage(bytes, start, end, text));
  }

  sendMany(slots: Int32Array, count: number, bytes: Uint8Array, start: number, end: number): void {
    const frame = frameMessage(bytes, start, end, false);
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      if (this.#state[slot] === OPEN) this.#streams[slot]!.write(frame);
    }
  }

  close(slot: number, code: number): void {
    if (this.#state[slot] !== OPEN) return;
    this.#state[slot] = CLOSING;
    this.#code[slot] = code;
    this.#held.delete(slot);
    const socket = this.#sockets[slot]!;
    // A paused socket would never read the peer's close frame.
    if (this.#paused[slot] === 1) socket.resume();
    socket.close(code);
  }

  pause(slot: number): void {
    if (this.#state[slot] !== OPEN || this.#paused[slot] === 1) return;
    this.#paused[slot] = 1;
    this.#sockets[slot]!.pause();
  }

  resume(slot: number): void {
    if (this.#paused[slot] === 0) return;
    this.#paused[slot] = 0;
    // Later, because a handler may resume from inside the very call that hands it a message.
    const socket = this.#sockets[slot];
    setImmediate(() => this.#handOnHeld(slot, socket));
  }

  bufferedBytes(slot: number): number {
    return this.#streams[slot]?.writableLength ?? 0;
  }

  peer(slot: number): string {
    const stream = this.#streams[slot];
    return stream === undefined ? '' : `${stream.remoteAddress}:${stream.remotePort}`;
  }

  wakeDescriptor(): number {
    return -1;
  }

  requestTick(): void {
    this.#queueTick();
  }

  stopAccepting(): void {
    if (!this.#accepting) return;
    this.#accepting = false;
    this.#http.close();
    this.#http.closeIdleConnections();
  }

  run(): Promise<void> {
    return this.#ended;
  }

  stop(): void {
    this.stopAccepting();
    this.#stopped = true;
    for (const socket of this.#sockets) socket?.terminate();
    this.#http.closeAllConnections();
    clearTimeout(this.#timer);
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const status = judgeUpgrade(request, this.#options.path, this.#options.allowedOrigins);
    if (status !== 101) refuseUpgrade(socket, status);
    else if (this.#freeCount === 0 || !this.#accepting) refuseUpgrade(socket, 503);
    else this.#upgrader.handleUpgrade(request, socket, head, (webSocket) => this.#open(webSocket, socket));
  }

  #open(socket: WebSocket, stream: Socket): void {
    const slot = this.#freeSlots[--this.#freeCount]!;
    this.#sockets[slot] = socket;
    this.#streams[slot] = stream;
    this.#state[slot] = OPEN;
    this.#paused[slot] = 0;
    this.#code[slot] = 0;
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#receive(slot, data, isBinary));
    socket.on('error', (error: NodeJS.ErrnoException) => this.#fault(slot, error));
    socket.once('close', (code: number) => this.#closed(slot, code));
    this.#handler.onOpen(slot, systemClock.nowUs());
    this.#queueTick();
  }

  #receive(slot: number, data: Buffer, isBinary: boolean): void {
    if (this.#state[slot] !== OPEN) return;
    const held = this.#held.get(slot);
    if (held !== undefined) held.push({ data, isBinary });
    else if (this.#paused[slot] === 1) this.#held.set(slot, [{ data, isBinary }]);
    else this.#handOn(slot, data, isBinary);
  }

  #handOn(slot: number, data: Buffer, isBinary: boolean): void {
    const nowUs = systemClock.nowUs();
    if (isBinary) this.#handler.onBinary(slot, data, 0, data.length, nowUs);
    else this.#handler.onText(slot, data, 0, data.length, nowUs);
    this.#queueTick();
  }

  #handOnHeld(slot: number, socket: WebSocket | undefined): void {
    if (this.#sockets[slot] !== socket) return;
    const held = this.#held.get(slot);
    while (held !== undefined && held.length > 0 && this.#state[slot] === OPEN && this.#paused[slot] === 0) {
      const { data, isBinary } = held.shift()!;
      this.#handOn(slot, data, isBinary);
    }
    if (this.#paused[slot] === 1 || this.#state[slot] !== OPEN) return;
    this.#held.delete(slot);
    socket?.resume();
  }

  /** ws has sent the close frame for this fault already; only its code is kept here. */
  #fault(slot: number, error: NodeJS.ErrnoException): void {
    const code = error.code ?? '';
    if (this.#code[slot] === 0 && code.startsWith('WS_ERR_')) this.#code[slot] = FAULT_CODES[code] ?? 1002;
    this.#state[slot] = CLOSING;
  }

  #closed(slot: number, peerCode: number): void {
    const code = this.#code[slot] || peerCode;
    this.#held.delete(slot);
    this.#sockets[slot] = undefined;
    this.#streams[slot] = undefined;
    this.#state[slot] = FREE;
    this.#freeSlots[this.#freeCount++] = slot;
    this.#handler.onClose(slot, code, systemClock.nowUs());
    this.#queueTick();
  }

  /** One tick behind each batch of events of the event loop, however many they were. */
  #queueTick(): void {
    if (this.#tickQueued) return;
    this.#tickQueued = true;
    setImmediate(() => this.#tick());
  }

  #tick(): void {
    this.#tickQueued = false;
    const nowUs = systemClock.nowUs();
    const deadlineUs = this.#handler.onTick(nowUs);
    // A timer that fires too early costs one empty tick; setting a new one each time costs more.
    if (this.#stopped || deadlineUs >= this.#timerUs) return;
    clearTimeout(this.#timer);
    this.#timerUs = deadlineUs;
    this.#timer = setTimeout(
      () => {
        this.#timerUs = Infinity;
        this.#tick();
      },
      Math.min(60_000, Math.max(1, Math.ceil((deadlineUs - nowUs) / 1_000))),
    );
  }
}
