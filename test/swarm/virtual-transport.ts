import type { Clock } from '../../src/core/clock.js';
import type { Transport, TransportEvents } from '../../src/net/transport.js';
import { writeCloseFrame, writeFrame } from '../../src/protocol/websocket-frame.js';
import { UPGRADE_RESPONSE_BYTES, writeUpgradeResponse } from '../../src/protocol/websocket-handshake.js';
import { type FrameHandler, FrameReader } from '../../src/protocol/websocket-reader.js';

/** What a scripted server does. Everything happens in virtual time; a delay of 0 means at the same microsecond. */
export interface Script {
  /** Until the TCP connection stands; a negative number is an errno to fail with at once. Default 100. */
  connectUs?(row: number): number;
  /** Until the answer to the upgrade is there; Infinity: never. Default 200. */
  upgradeUs?(row: number): number;
  /** The whole answer to the upgrade; default a valid 101. */
  upgradeAnswer?(row: number, request: string): string;
  onOpen?(server: VirtualServer, row: number): void;
  /** Present: connections are plain streams, and this gets what clients send, as it comes. */
  onBytes?(server: VirtualServer, row: number, bytes: Buffer): void;
  /** Rows from this one on are plain streams beside the others, and onBytesBeside gets what comes on them. */
  readonly poolFrom?: number;
  onBytesBeside?(server: VirtualServer, row: number, bytes: Buffer): void;
  onMessage?(server: VirtualServer, row: number, message: Buffer, isText: boolean): void;
  /** Default: a pong with the same payload at once. */
  onPing?(server: VirtualServer, row: number, payload: Buffer): void;
  /** Default: echoes the close frame and ends the connection. */
  onClose?(server: VirtualServer, row: number, code: number): void;
}

interface Due {
  readonly atUs: number;
  readonly order: number;
  readonly run: () => void;
}

/** The scripted server's side. What is sent to a row whose connection has ended meanwhile goes nowhere. */
export class VirtualServer {
  readonly #transport: VirtualTransport;

  constructor(transport: VirtualTransport) {
    this.#transport = transport;
  }

  get nowUs(): number {
    return this.#transport.nowUs();
  }

  send(row: number, payload: Uint8Array | string, delayUs = 0): void {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
    const frame = new Uint8Array(bytes.length + 16);
    const opcode = typeof payload === 'string' ? 1 : 2;
    this.sendRaw(row, frame.subarray(0, writeFrame(frame, 0, opcode, bytes, 0, bytes.length, false, 0)), delayUs);
  }

  sendControl(row: number, opcode: number, payload: Uint8Array, delayUs = 0): void {
    const frame = new Uint8Array(payload.length + 16);
    this.sendRaw(row, frame.subarray(0, writeFrame(frame, 0, opcode, payload, 0, payload.length, false, 0)), delayUs);
  }

  sendRaw(row: number, bytes: Uint8Array, delayUs = 0): void {
    this.#transport.deliver(row, Uint8Array.from(bytes), delayUs);
  }

  close(row: number, code: number, delayUs = 0): void {
    const frame = new Uint8Array(8);
    this.sendRaw(row, frame.subarray(0, writeCloseFrame(frame, 0, code, false, 0)), delayUs);
  }

  after(delayUs: number, run: () => void): void {
    this.#transport.at(this.nowUs + delayUs, run);
  }

  /** Ends the TCP connection; errno 0 is an orderly end. */
  end(row: number, errno = 0, delayUs = 0): void {
    this.#transport.end(row, errno, delayUs);
  }
}

/** A transport, its network and its server in one, on a clock that only moves from one event to the next. */
export class VirtualTransport implements Transport, Clock, FrameHandler {
  readonly kind = 'node';
  readonly rings = 0;
  readonly capacity: number;
  /** Every connect(), in order. */
  readonly connects: { row: number; source: number; atUs: number; request: string }[] = [];
  readonly aborted: number[] = [];
  /** Most connections that stood at once. */
  peakConnections = 0;
  /** What bufferedBytes() says, by row. */
  readonly buffered = new Map<number, number>();
  ticks = 0;
  #nowUs = 1_000_000;
  #order = 0;
  #due: Due[] = [];
  #events: TransportEvents | undefined;
  #stalls: { readonly atUs: number; readonly forUs: number }[] = [];
  readonly #script: Script;
  readonly #server = new VirtualServer(this);
  /** Number of each row's present connection; 0: none. */
  readonly #life: Uint32Array;
  readonly #upgraded: Uint8Array;
  readonly #reader: FrameReader;
  #lives = 0;

  constructor(capacity: number, script: Script) {
    this.capacity = capacity;
    this.#script = script;
    this.#life = new Uint32Array(capacity);
    this.#upgraded = new Uint8Array(capacity);
    this.#reader = new FrameReader({ capacity, role: 'server', maxMessageBytes: 65_536, maxFragments: 16 }, this);
  }

  nowUs(): number {
    return this.#nowUs;
  }

  unixMs(): number {
    return 1_700_000_000_000 + this.#nowUs / 1000;
  }

  /** From `atUs` on the thread does nothing for a while: as if its machine had stood still. */
  stall(atUs: number, forUs: number): void {
    this.#stalls.push({ atUs, forUs });
  }

  at(atUs: number, run: () => void): void {
    this.#due.push({ atUs, order: this.#order++, run });
  }

  connect(row: number, _target: number, source: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.#life[row] !== 0) throw new Error(`row ${row} is in use`);
    const request = Buffer.from(bytes.slice(start, end)).toString('latin1');
    this.connects.push({ row, source, atUs: this.#nowUs, request });
    this.#life[row] = ++this.#lives;
    this.#upgraded[row] = 0;
    this.#reader.reset(row);
    this.peakConnections = Math.max(
      this.peakConnections,
      this.#life.reduce((sum, life) => sum + Math.min(1, life), 0),
    );
    const connectUs = this.#script.connectUs?.(row) ?? 100;
    if (connectUs < 0) {
      this.end(row, -connectUs, 10);
      return;
    }
    this.#later(row, connectUs, () => {
      this.#events!.onConnected(row, this.#nowUs);
      if (this.#onBytes(row)) this.#script.onOpen?.(this.#server, row);
    });
    if (this.#onBytes(row)) {
      if (end > start) throw new Error('a plain stream begins with bytes that no step sent');
      return;
    }
    const upgradeUs = this.#script.upgradeUs?.(row) ?? 200;
    if (Number.isFinite(upgradeUs)) this.#later(row, connectUs + upgradeUs, () => this.#answerUpgrade(row, request));
  }

  send(row: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.#life[row] === 0) throw new Error(`row ${row} is not connected`);
    const copy = bytes.slice(start, end);
    this.#later(row, 0, () => {
      const onBytes = this.#onBytes(row);
      if (onBytes) onBytes(this.#server, row, Buffer.from(copy));
      else this.#reader.push(row, copy, 0, copy.length);
    });
  }

  bufferedBytes(row: number): number {
    return this.buffered.get(row) ?? 0;
  }

  close(row: number): void {
    this.end(row, 0, 20);
  }

  abort(row: number): void {
    if (this.#life[row] === 0) return;
    this.aborted.push(row);
    this.end(row, 0, 0);
  }

  /** Runs in virtual time. Throws when nothing is left to happen and the swarm does not end, or after `limitUs`. */
  async run(events: TransportEvents): Promise<void> {
    this.#events = events;
    const limitUs = this.#nowUs + 3_600_000_000;
    for (;;) {
      this.ticks++;
      const deadlineUs = events.onTick(this.#nowUs);
      if (deadlineUs < 0) return;
      this.#due.sort((a, b) => a.atUs - b.atUs || a.order - b.order);
      const nextUs = Math.min(deadlineUs, this.#due[0]?.atUs ?? Number.POSITIVE_INFINITY);
      if (nextUs > limitUs) throw new Error('nothing will ever happen again');
      this.#nowUs = Math.max(this.#nowUs, nextUs);
      for (const { atUs, forUs } of this.#stalls.filter((stall) => stall.atUs <= this.#nowUs))
        this.#nowUs = Math.max(this.#nowUs, atUs + forUs);
      this.#stalls = this.#stalls.filter((stall) => stall.atUs > this.#nowUs);
      const now = this.#due.filter((due) => due.atUs <= this.#nowUs);
      this.#due = this.#due.filter((due) => due.atUs > this.#nowUs);
      for (const due of now) due.run();
    }
  }

  deliver(row: number, bytes: Uint8Array, delayUs: number): void {
    this.#later(row, delayUs, () => this.#events!.onData(row, bytes, 0, bytes.length, this.#nowUs));
  }

  end(row: number, errno: number, delayUs: number): void {
    this.#later(row, delayUs, () => {
      this.#life[row] = 0;
      this.#events!.onClosed(row, errno, this.#nowUs);
    });
  }

  onMessage(row: number, opcode: number, bytes: Uint8Array, start: number, end: number): void {
    this.#script.onMessage?.(this.#server, row, Buffer.from(bytes.slice(start, end)), opcode === 1);
  }

  onPing(row: number, bytes: Uint8Array, start: number, end: number): void {
    const payload = Buffer.from(bytes.slice(start, end));
    if (this.#script.onPing) this.#script.onPing(this.#server, row, payload);
    else this.#server.sendControl(row, 10, payload);
  }

  onPong(_row: number, _bytes: Uint8Array, _start: number, _end: number): void {}

  onCloseFrame(row: number, code: number): void {
    if (this.#script.onClose) {
      this.#script.onClose(this.#server, row, code);
      return;
    }
    this.#server.close(row, code);
    this.#server.end(row, 0, 50);
  }

  onProtocolError(row: number, closeCode: number, reason: string): void {
    throw new Error(`the client on row ${row} broke the protocol: ${closeCode} ${reason}`);
  }

  #onBytes(row: number): Script['onBytes'] {
    const { poolFrom = Number.POSITIVE_INFINITY } = this.#script;
    return row >= poolFrom ? this.#script.onBytesBeside : this.#script.onBytes;
  }

  #answerUpgrade(row: number, request: string): void {
    const custom = this.#script.upgradeAnswer?.(row, request);
    const answer = custom === undefined ? acceptedUpgrade(request) : new Uint8Array(Buffer.from(custom, 'latin1'));
    this.#upgraded[row] = 1;
    this.#events!.onData(row, answer, 0, answer.length, this.#nowUs);
    if (custom === undefined) this.#script.onOpen?.(this.#server, row);
  }

  #later(row: number, delayUs: number, run: () => void): void {
    const life = this.#life[row]!;
    this.at(this.#nowUs + delayUs, () => {
      if (life !== 0 && this.#life[row] === life) run();
    });
  }
}

/** The 101 that a server of RFC 6455 answers to this request. */
export function acceptedUpgrade(request: string): Uint8Array {
  const bytes = new Uint8Array(Buffer.from(request, 'latin1'));
  const out = new Uint8Array(UPGRADE_RESPONSE_BYTES + 64);
  const keyStart = request.toLowerCase().indexOf('sec-websocket-key: ') + 19;
  return out.slice(0, writeUpgradeResponse(bytes, keyStart, '', out, 0));
}
