/**
 * A transport moves bytes for many clients at once: intents in, batches of completions out. A client is a row number,
 * 0 .. capacity - 1, chosen by the caller. The transport owns the loop, because one of them waits inside a system call
 * and the other inside Node's event loop; the caller's code is the same on both.
 */
export interface TransportEvents {
  /** The TCP (or TLS) connection of this row stands. `firstBytes` of connect() are already on their way. */
  onConnected(row: number, nowUs: number): void;
  /** Bytes of the stream: bytes[start..end). Valid during the call only. */
  onData(row: number, bytes: Uint8Array, start: number, end: number, nowUs: number): void;
  /**
   * The connection of this row is over and the row is free again; exactly once for every connect().
   * errno is 0 when the peer ended it in order or close() or abort() was called, else a positive Linux errno (ECONNREFUSED 111, ...).
   */
  onClosed(row: number, errno: number, nowUs: number): void;
  /**
   * Called before each wait: do what is due, queue intents. Returns the time of the next deadline in clock
   * microseconds (Infinity for none), or -1 to leave run() (open rows are then closed without further events).
   */
  onTick(nowUs: number): number;
}

export interface Transport {
  readonly kind: 'uring' | 'node';
  readonly capacity: number;
  /** Rings of io_uring in use; 0 for the node transport. */
  readonly rings: number;
  /** onTick is called so often at least, us; absent: only when a deadline has come. */
  readonly longestWaitUs?: number;
  /**
   * Opens a connection for a free row to target number `target`, from source address number `source` (-1: the system
   * chooses), and sends bytes[start..end) as soon as it stands. The bytes are copied or sent before control returns.
   */
  connect(row: number, target: number, source: number, bytes: Uint8Array, start: number, end: number): void;
  /** Queues bytes[start..end) behind what was sent before. They are copied before control returns. */
  send(row: number, bytes: Uint8Array, start: number, end: number): void;
  /** Bytes accepted by send() that the kernel has not taken yet (a slow peer). 0 in the usual case. */
  bufferedBytes(row: number): number;
  /**
   * Ends the connection: what was sent goes out first, then the stream is shut; onClosed follows, at the latest after a few
   * seconds. Until then onData may still bring what the peer had sent.
   */
  close(row: number): void;
  /** Ends the connection at once with a reset, dropping what is queued; only onClosed follows. */
  abort(row: number): void;
  /** Why the last connection of this row failed, in words, where errno alone does not say it (TLS). Read it in onClosed. */
  lastErrorText?(row: number): string | undefined;
  /** "ip:port" of our end of this row's connection; undefined when it cannot be known. Slow: not for every message. */
  localAddress?(row: number): string | undefined;
  /** Runs until events.onTick returns -1; rejects with what a callback threw. */
  run(events: TransportEvents): Promise<void>;
}

/** A resolved endpoint: numeric address and port. */
export interface Endpoint {
  /** "127.0.0.1" or "::1". */
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
  /** Instead of the transport's own: null speaks none. */
  readonly tls?: TlsOptions | null;
}

export interface TlsOptions {
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface TransportOptions {
  readonly capacity: number;
  readonly targets: readonly Endpoint[];
  /** Numeric local addresses; may be empty. */
  readonly sources: readonly string[];
  /** Present for tls and wss; only the node transport has it. */
  readonly tls?: TlsOptions;
}
