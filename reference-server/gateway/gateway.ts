/** Sockets beyond the capacity that may be in the middle of their upgrade, so that a full gateway can still answer 503. */
export const UPGRADING_LIMIT = 4_096;

/**
 * A gateway owns server sockets: it accepts, upgrades (RFC 6455), decodes frames, and hands whole messages to its
 * handler. A connection is a slot, 0 .. capacity - 1. Two implementations, `ws` and `uring`, behave alike.
 */
export interface GatewayHandler {
  /** The connection is upgraded. What is sent from inside this call goes out right behind the 101 answer. */
  onOpen(slot: number, nowUs: number): void;
  /** A whole binary message: bytes[start..end), valid during the call only. */
  onBinary(slot: number, bytes: Uint8Array, start: number, end: number, nowUs: number): void;
  /** A whole text message, checked to be UTF-8. */
  onText(slot: number, bytes: Uint8Array, start: number, end: number, nowUs: number): void;
  /**
   * The connection is over; exactly once for each onOpen. The slot is free afterwards. `code` is the close code that the
   * peer sent, the one we sent, or 1006. Do not call send() or close() for the slot from here.
   */
  onClose(slot: number, code: number, nowUs: number): void;
  /** Called after each batch of events and before each wait. Returns the next deadline in clock microseconds or Infinity. */
  onTick(nowUs: number): number;
}

export interface Gateway {
  readonly kind: 'ws' | 'uring';
  readonly capacity: number;
  /** Connections that are upgraded and not closed. */
  readonly openCount: number;
  /** Starts listening; resolves with the port in use. */
  listen(handler: GatewayHandler): Promise<number>;
  /** Sends bytes[start..end) as one binary message (or text when `text` is true). The bytes are copied or sent before it returns. */
  send(slot: number, bytes: Uint8Array, start: number, end: number, text?: boolean): void;
  /** Sends one and the same message to slots[0..count): encoded once. */
  sendMany(slots: Int32Array, count: number, bytes: Uint8Array, start: number, end: number): void;
  /** Sends a close frame behind what was sent, then ends the connection (after the peer's close frame or 2 s). onClose follows. */
  close(slot: number, code: number): void;
  /** Stops handing on messages of this slot until resume(); the socket is not read meanwhile. */
  pause(slot: number): void;
  resume(slot: number): void;
  /** Bytes sent to this slot that the kernel has not taken yet. */
  bufferedBytes(slot: number): number;
  /** "ip:port" of the peer. */
  peer(slot: number): string;
  /** An eventfd: another thread that writes to it lets onTick follow at once. -1 for a gateway with an event loop: see requestTick(). */
  wakeDescriptor(): number;
  /** Lets onTick follow at once, for a gateway with an event loop. */
  requestTick(): void;
  /** No new connections from now on. */
  stopAccepting(): void;
  /** Runs until stop(); resolves when every socket is closed. */
  run(): Promise<void>;
  /** Ends what is still open at once and lets run() resolve. May be called from the handler. */
  stop(): void;
}

/** PEM texts that belong together. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

export interface GatewayOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** The one path that is upgraded; anything else gets 404. */
  readonly path: string;
  readonly capacity: number;
  /** Largest message accepted, in bytes; more is closed 1009. */
  readonly maxMessageBytes: number;
  /** Frames a message may come in, 4 unless given; more is closed 1008. */
  readonly maxFragments?: number;
  /** A client must have sent its whole upgrade request within this time. */
  readonly upgradeTimeoutMs: number;
  /** Allowed Origin headers; undefined allows any request without Origin and refuses none with one from this host. */
  readonly allowedOrigins?: readonly string[];
  /** Speak TLS 1.2 or 1.3; the ws gateway only. */
  readonly tls?: TlsFiles;
}
