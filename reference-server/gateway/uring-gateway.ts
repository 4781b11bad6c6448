import { systemClock } from '../../src/core/clock.js';
import { copyWords, WordView } from '../../src/core/words.js';
import { copyBytes } from '../../src/protocol/bytes.js';
import {
  frameHeaderBytes,
  OPCODE_BINARY,
  OPCODE_CLOSE,
  OPCODE_PONG,
  OPCODE_TEXT,
  writeCloseFrame,
  writeFrameHeader,
} from '../../src/protocol/websocket-frame.js';
import { writeHttpError, writeUpgradeResponse } from '../../src/protocol/websocket-handshake.js';
import { FrameReader } from '../../src/protocol/websocket-reader.js';
import { Acceptor } from '../../src/uring/acceptor.js';
import { slotsPerRing } from '../../src/uring/descriptor-limit.js';
import { SocketGroup } from '../../src/uring/socket-group.js';
import { DeadlineQueue } from './deadline-queue.js';
import { type Gateway, type GatewayHandler, type GatewayOptions, UPGRADING_LIMIT } from './gateway.js';
import { INCOMPLETE, UPGRADED, UpgradeJudge } from './uring-upgrade.js';

const FREE = 0;
const UPGRADING = 1;
const OPEN = 2;
/** Upgraded, and on its way out: our close frame is sent, or the peer's is answered. */
const CLOSING = 3;
/** Never upgraded, and on its way out. */
const LEAVING = 4;

const NO_STATUS = 1005;
const ABNORMAL = 1006;
const CLOSE_TIMEOUT_US = 2_000_000;
const DEFAULT_MAX_FRAGMENTS = 4;
const FIRST_SCRATCH_BYTES = 1 << 16;
const LONGEST_HEADER_BYTES = 12; // of a frame that is not masked: 10, and then to a whole word

/** The fast gateway: accepts, upgrades and frames over io_uring. run() keeps its thread inside the kernel's wait. */
export function createUringGateway(options: GatewayOptions): Gateway {
  return new UringGateway(options);
}

class UringGateway implements Gateway {
  readonly kind = 'uring';
  readonly capacity: number;
  openCount = 0;
  readonly #options: GatewayOptions;
  readonly #group: SocketGroup;
  readonly #reader: FrameReader;
  readonly #judge: UpgradeJudge;
  readonly #state: Uint8Array;
  /** Counts the lives of a slot, for the deadline queues. */
  readonly #life: Uint16Array;
  /** The close code that was sent or received; 0 until then. */
  readonly #code: Uint16Array;
  readonly #upgradeDeadlines: DeadlineQueue;
  readonly #closeDeadlines = new DeadlineQueue(CLOSE_TIMEOUT_US);
  readonly #upgradeIsLate = (slot: number, life: number): void => {
    if (this.#life[slot] === life && this.#state[slot] === UPGRADING) this.#refuse(slot, 408);
  };
  readonly #closeIsLate = (slot: number, life: number): void => {
    if (this.#life[slot] === life && this.#state[slot]! >= CLOSING) this.#group.abort(slot);
  };
  #scratch = new Uint8Array(FIRST_SCRATCH_BYTES);
  #scratchWords = new Int32Array(this.#scratch.buffer);
  /** Where the frame begins that #frame() wrote. */
  #frameStart = 0;
  /** Of the array that messages stand in: what comes back as it came stands in the one that bytes are received in. */
  readonly #source = new WordView();
  #acceptor: Acceptor | undefined;
  #handler!: GatewayHandler;
  #stopped = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.capacity = options.capacity + UPGRADING_LIMIT;
    this.#group = new SocketGroup(
      { capacity: this.capacity, slotsPerRing: slotsPerRing(), now: systemClock.nowUs },
      {
        onAccepted: (slot, nowUs) => this.#accepted(slot, nowUs),
        onConnected: () => {},
        onData: (slot, bytes, start, end, nowUs) => this.#data(slot, bytes, start, end, nowUs),
        onClosed: (slot, _errno, nowUs) => this.#closed(slot, nowUs),
      },
    );
    this.#state = new Uint8Array(this.capacity);
    this.#life = new Uint16Array(this.capacity);
    this.#code = new Uint16Array(this.capacity);
    this.#judge = new UpgradeJudge(options.path, options.allowedOrigins);
    this.#upgradeDeadlines = new DeadlineQueue(options.upgradeTimeoutMs * 1e3);
    const { maxMessageBytes } = options;
    this.#reader = new FrameReader(
      { capacity: this.capacity, role: 'server', maxMessageBytes, maxFragments: options.maxFragments ?? DEFAULT_MAX_FRAGMENTS },
      {
        onMessage: (slot, opcode, bytes, start, end) => this.#message(slot, opcode, bytes, start, end),
        onPing: (slot, bytes, start, end) => this.#sendFrame(slot, OPCODE_PONG, bytes, start, end),
        onPong: () => {},
        onCloseFrame: (slot, code) => this.#closeFrame(slot, code),
        onProtocolError: (slot, code) => this.close(slot, code),
      },
    );
  }

  listen(handler: GatewayHandler): Promise<number> {
    this.#handler = handler;
    try {
      this.#acceptor = new Acceptor(this.#group, this.#options.host, this.#options.port);
    } catch (error) {
      return Promise.reject(error);
    }
    return Promise.resolve(this.#acceptor.port);
  }

  send(slot: number, bytes: Uint8Array, start: number, end: number, text = false): void {
    this.#sendFrame(slot, text ? OPCODE_TEXT : OPCODE_BINARY, bytes, start, end);
  }

  sendMany(slots: Int32Array, count: number, bytes: Uint8Array, start: number, end: number): void {
    const frameEnd = this.#frame(bytes, start, end, OPCODE_BINARY);
    this.#group.beginShared();
    for (let i = 0; i < count; i++) {
      const slot = slots[i]!;
      if (this.#state[slot] === OPEN) this.#group.sendShared(slot, this.#scratch, this.#frameStart, frameEnd);
    }
  }

  close(slot: number, code: number): void {
    if (this.#state[slot] !== OPEN) return;
    this.#group.send(slot, this.#scratch, 0, writeCloseFrame(this.#scratch, 0, code, false, 0));
    this.#code[slot] = code;
    this.#state[slot] = CLOSING;
    this.#closeDeadlines.add(slot, this.#life[slot]!, this.#group.nowUs);
    if (this.#reader.isHalted(slot)) this.resume(slot);
  }

  pause(slot: number): void {
    if (this.#state[slot] !== OPEN) return;
    this.#reader.halt(slot);
    this.#group.pause(slot);
  }

  resume(slot: number): void {
    this.#group.resume(slot);
    this.#reader.resume(slot);
  }

  bufferedBytes(slot: number): number {
    return this.#group.bufferedBytes(slot);
  }

  peer(slot: number): string {
    return this.#acceptor!.peer(slot);
  }

  wakeDescriptor(): number {
    return this.#group.wakeDescriptor();
  }

  /** The loop ticks by itself at each turn. */
  requestTick(): void {}

  stopAccepting(): void {
    this.#acceptor?.stop();
  }

  stop(): void {
    this.#stopped = true;
  }

  run(): Promise<void> {
    try {
      while (!this.#stopped) {
        this.#acceptor!.arm();
        const nowUs = systemClock.nowUs();
        this.#upgradeDeadlines.expire(nowUs, this.#upgradeIsLate);
        this.#closeDeadlines.expire(nowUs, this.#closeIsLate);
        const wanted = this.#handler.onTick(nowUs);
        if (this.#stopped) break;
        const deadlineUs = Math.min(wanted, this.#upgradeDeadlines.nextUs, this.#closeDeadlines.nextUs);
        this.#group.poll(Math.min(Math.max(deadlineUs - nowUs, 0), 1e6));
      }
      this.stopAccepting();
      for (let slot = 0; slot < this.capacity; slot++) if (this.#state[slot] !== FREE) this.#closed(slot, systemClock.nowUs());
      this.#group.destroy();
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #accepted(slot: number, nowUs: number): void {
    this.#state[slot] = UPGRADING;
    this.#life[slot] = (this.#life[slot]! + 1) & 0xffff;
    this.#code[slot] = 0;
    this.#upgradeDeadlines.add(slot, this.#life[slot]!, nowUs);
  }

  #data(slot: number, bytes: Uint8Array, start: number, end: number, nowUs: number): void {
    const state = this.#state[slot];
    if (state === OPEN || state === CLOSING) this.#reader.push(slot, bytes, start, end);
    else if (state === UPGRADING) this.#upgrade(slot, bytes, start, end, nowUs);
  }

  #upgrade(slot: number, bytes: Uint8Array, start: number, end: number, nowUs: number): void {
    const judge = this.#judge;
    let status = judge.judge(slot, bytes, start, end);
    if (status === INCOMPLETE) return;
    if (status === UPGRADED && this.openCount >= this.#options.capacity) status = 503;
    if (status !== UPGRADED) {
      this.#refuse(slot, status);
      return;
    }
    this.#group.send(slot, this.#scratch, 0, writeUpgradeResponse(judge.bytes, judge.request.keyStart, '', this.#scratch, 0));
    this.#state[slot] = OPEN;
    this.openCount++;
    this.#reader.reset(slot);
    const { bytes: rest, restStart, restEnd } = judge;
    this.#handler.onOpen(slot, nowUs);
    if (restEnd > restStart && this.#state[slot] === OPEN) this.#reader.push(slot, rest, restStart, restEnd);
  }

  #message(slot: number, opcode: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.#state[slot] !== OPEN) return;
    const { nowUs } = this.#group;
    if (opcode === OPCODE_BINARY) this.#handler.onBinary(slot, bytes, start, end, nowUs);
    else this.#handler.onText(slot, bytes, start, end, nowUs);
  }

  #sendFrame(slot: number, opcode: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.#state[slot] !== OPEN) return;
    const frameEnd = this.#frame(bytes, start, end, opcode);
    this.#group.send(slot, this.#scratch, this.#frameStart, frameEnd);
  }

  #closeFrame(slot: number, code: number): void {
    if (this.#state[slot] === OPEN) {
      // RFC 6455 section 5.5.1: a close frame is answered by one that echoes its code.
      const end =
        code === NO_STATUS
          ? writeFrameHeader(this.#scratch, 0, OPCODE_CLOSE, 0, false, 0)
          : writeCloseFrame(this.#scratch, 0, code, false, 0);
      this.#group.send(slot, this.#scratch, 0, end);
      this.#code[slot] = code;
    }
    this.#leave(slot, CLOSING);
  }

  /** Answers an upgrade request with an HTTP status and ends the connection. */
  #refuse(slot: number, status: number): void {
    this.#group.send(slot, this.#scratch, 0, writeHttpError(status, this.#scratch, 0));
    this.#leave(slot, LEAVING);
  }

  /** Ends the connection once what was sent is out; a peer that does not take it is cut off after CLOSE_TIMEOUT_US. */
  #leave(slot: number, state: number): void {
    this.#state[slot] = state;
    this.#closeDeadlines.add(slot, this.#life[slot]!, this.#group.nowUs);
    this.#group.close(slot);
  }

  #closed(slot: number, nowUs: number): void {
    const state = this.#state[slot];
    this.#state[slot] = FREE;
    this.#judge.forget(slot);
    if (state !== OPEN && state !== CLOSING) return;
    this.#reader.reset(slot);
    this.openCount--;
    this.#handler.onClose(slot, this.#code[slot] || ABNORMAL, nowUs);
  }

  /** Writes a frame around bytes[start..end), from scratch[#frameStart] on, and returns its end. */
  #frame(bytes: Uint8Array, start: number, end: number, opcode: number): number {
    // As far from a whole word as the payload is where it comes from, so that it can be copied by words.
    const payloadAt = LONGEST_HEADER_BYTES + (start & 3);
    const needed = payloadAt + end - start;
    if (needed > this.#scratch.length) {
      this.#scratch = new Uint8Array((needed * 2 + 3) & ~3);
      this.#scratchWords = new Int32Array(this.#scratch.buffer);
    }
    this.#frameStart = payloadAt - frameHeaderBytes(end - start, false);
    writeFrameHeader(this.#scratch, this.#frameStart, opcode, end - start, false, 0);
    const words = this.#source.of(bytes);
    if (words === undefined) return copyBytes(bytes, start, end, this.#scratch, payloadAt);
    copyWords(words, start, end, this.#scratchWords, payloadAt);
    return needed;
  }
}
