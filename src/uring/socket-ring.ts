/**
 * The sockets of one ring: a table of direct descriptors, addressed by slot, and the rules by which bytes go in and out.
 *
 * Sending: bytes are copied to the outbox and handed over with MSG_DONTWAIT, so the kernel has copied them when the
 * hand-over returns, or says at once that a slow peer took less. Then the rest moves to a backlog and goes out by a send
 * that waits. A slot has at most one such entry in a batch, so that a short one is never overtaken by the next.
 */
import { Backlog, type PagePool } from './backlog.js';
import type { SocketEvents } from './events.js';
import {
  EAGAIN,
  ECANCELED,
  ENOBUFS,
  IORING_CQE_F_BUFFER,
  IORING_CQE_F_MORE,
  IORING_REGISTER_FILES2,
  IORING_RSRC_REGISTER_SPARSE,
} from './kernel-constants.js';
import { prepareCancel, prepareClose, prepareReceive, prepareSendAll, prepareSendNow } from './operations.js';
import { Outbox } from './outbox.js';
import { BufferRing, type ReceiveArea } from './receive-buffers.js';
import { Ring } from './ring.js';
import {
  CONNECT_PENDING,
  CONNECTING,
  ENDING,
  FLUSHING,
  FOR_ACCEPT,
  FOR_CHAIN,
  FOR_CONNECT,
  FOR_NOTHING,
  FOR_RECEIVE,
  FOR_SEND_ALL,
  FOR_SEND_NOW,
  FOR_WAKE,
  FREE,
  GENERATION_MASK,
  generationOf,
  OPEN,
  OPERATION_MASK,
  offsetOf,
  PAUSED,
  RECEIVE_ARMED,
  RECEIVE_WANTED,
  SEND_PENDING,
  SLOT_MASK,
  sendNowTag,
  slotOf,
  tagOf,
  UNDER_WAY,
} from './socket-state.js';

const ENTRIES = 2048;
const COMPLETIONS = 8192;
const OUTBOX_BYTES = 1 << 18;

/** What the group that owns the ring wants to hear besides its users' events. */
export interface RingOwner {
  readonly events: SocketEvents;
  readonly area: ReceiveArea;
  readonly pages: PagePool;
  nowUs: number;
  /** An accept entry completed: `result` is a slot of `ring` or -errno. */
  accepted(ring: SocketRing, index: number, result: number): void;
  woken(): void;
  /** The connection of this row stands: what is to go out first may go now. */
  connected(ring: SocketRing, slot: number): void;
}

export class SocketRing {
  readonly ring: Ring;
  /** Row of slot 0. */
  readonly base: number;
  readonly slots: number;
  /** Slots in use or promised to an accept. */
  used = 0;
  readonly state: Uint8Array;
  readonly marks: Uint8Array;
  readonly generation: Uint16Array;
  readonly #owner: RingOwner;
  readonly #buffers: BufferRing;
  readonly #outbox = new Outbox(OUTBOX_BYTES);
  readonly #backlogs = new Map<number, Backlog>();
  /** The batch (of hand-overs) in which the slot last got a send entry. A stale equal number only costs a hand-over. */
  readonly #sentIn: Uint16Array;
  /** Slots that wait for a receive to be armed, and slots whose end must be told outside of the caller's call. */
  readonly #wanted: number[] = [];
  readonly #over: number[] = [];
  /** Slots that close as soon as the hand-over of their last send is over. */
  readonly #closing: number[] = [];
  readonly #errno: Uint8Array;
  /** Length of the send whose bytes begin at offset * 16 of the outbox. */
  readonly #lengths = new Uint32Array(OUTBOX_BYTES >> 4);
  #batch = 1;
  #sends = 0;
  #lastSendEntry = -1;
  #lastSendAt = 0;
  #lastSendSlot = -1;
  #head = 0;

  constructor(owner: RingOwner, base: number, slots: number) {
    this.#owner = owner;
    this.base = base;
    this.slots = slots;
    this.ring = new Ring(ENTRIES, COMPLETIONS);
    const table = new Uint32Array(8); // struct io_uring_rsrc_register
    table[0] = slots;
    table[1] = IORING_RSRC_REGISTER_SPARSE;
    this.ring.register(IORING_REGISTER_FILES2, table, 32);
    this.#buffers = new BufferRing(this.ring, owner.area, 1);
    this.state = new Uint8Array(slots);
    this.marks = new Uint8Array(slots);
    this.generation = new Uint16Array(slots);
    this.#sentIn = new Uint16Array(slots);
    this.#errno = new Uint8Array(slots);
    this.#head = this.ring.queue[this.ring.completionHead]!;
  }

  /** Whether a turn of this ring would do anything. */
  get hasWork(): boolean {
    return this.ring.pending > 0 || this.#closing.length > 0 || this.#wanted.length > 0 || this.#over.length > 0 || this.ring.hasWork;
  }

  /** Makes sure that `count` entries can be claimed. */
  room(count: number): void {
    if (this.ring.room < count) this.#handOver();
  }

  /** The user data of the slot's present life. */
  tag(slot: number): number {
    return tagOf(slot, this.generation[slot]!);
  }

  begin(slot: number, state: number): void {
    this.state[slot] = state;
    this.marks[slot] = state === CONNECTING ? CONNECT_PENDING : 0;
    this.#errno[slot] = 0;
  }

  /** Arms the receive of a slot at this ring's own turn: see BufferRing on why not at once. */
  wantReceive(slot: number): void {
    if (this.marks[slot]! & (RECEIVE_ARMED | RECEIVE_WANTED)) return;
    this.marks[slot]! |= RECEIVE_WANTED;
    this.#wanted.push(slot);
  }

  pause(slot: number): void {
    if (this.state[slot] !== OPEN || this.marks[slot]! & PAUSED) return;
    this.marks[slot]! |= PAUSED;
    this.#cancel(slot, RECEIVE_ARMED, FOR_RECEIVE);
  }

  resume(slot: number): void {
    if (!(this.marks[slot]! & PAUSED)) return;
    this.marks[slot]! &= ~PAUSED;
    if (this.state[slot] === OPEN) this.wantReceive(slot);
  }

  bufferedBytes(slot: number): number {
    return this.#backlogs.get(slot)?.length ?? 0;
  }

  send(slot: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.state[slot] !== OPEN) return;
    const length = end - start;
    const backlog = this.#backlogs.get(slot);
    if (backlog) {
      backlog.push(bytes, start, end);
      return;
    }
    if (this.#sentIn[slot] === this.#batch) {
      if (this.#extendLast(slot, bytes, start, length)) return;
      this.#handOver();
      if (this.#backlogs.has(slot)) return this.send(slot, bytes, start, end);
    }
    this.room(1);
    let at = this.#outbox.take(length);
    if (at < 0) {
      this.#handOver();
      at = this.#backlogs.has(slot) ? -1 : this.#outbox.take(length);
      if (at < 0) return this.#hold(slot, bytes, start, end);
    }
    copy(bytes, start, length, this.#outbox.bytes, at);
    this.#lastSendEntry = prepareSendNow(this.ring, slot, this.#outbox.memory, at, length, this.tag(slot), sendNowTag(at));
    this.#lengths[at >> 4] = length;
    this.#lastSendAt = at;
    this.#lastSendSlot = slot;
    this.#sentIn[slot] = this.#batch;
    this.#sends++;
  }

  /** What was sent goes out, then the socket closes. */
  close(slot: number): void {
    if (this.state[slot] === CONNECTING) return this.end(slot, 0);
    if (this.state[slot] !== OPEN) return;
    this.state[slot] = FLUSHING;
    if (this.#sentIn[slot] === this.#batch) this.#closing.push(slot);
    else if (!this.#backlogs.has(slot)) this.end(slot, 0);
  }

  /** Ends the slot's life; the end is told when the kernel has let go of it. */
  end(slot: number, errno: number): void {
    if (this.state[slot] === ENDING || this.state[slot] === FREE) return;
    this.state[slot] = ENDING;
    this.#errno[slot] = errno;
    const backlog = this.#backlogs.get(slot);
    if (backlog && !(this.marks[slot]! & SEND_PENDING)) this.#dropBacklog(slot, backlog);
    this.#cancel(slot, RECEIVE_ARMED, FOR_RECEIVE);
    this.#cancel(slot, CONNECT_PENDING, FOR_CONNECT);
    this.#cancel(slot, SEND_PENDING, FOR_SEND_ALL);
    if (!(this.marks[slot]! & UNDER_WAY)) this.#over.push(slot);
  }

  /** One turn: hands over what is pending, collects and deals with what is ready; waits up to `waitUs` for the first. */
  turn(waitUs: number, now: () => number): void {
    let wait = waitUs;
    do {
      this.#armWanted();
      const sends = this.#sends;
      if (wait > 0 && this.#over.length === 0) this.ring.wait(wait);
      else this.ring.collect();
      wait = 0;
      this.#owner.nowUs = now();
      this.#afterHandOver(sends);
      this.#drain();
      while (this.#over.length > 0) this.#release(this.#over.pop()!);
      // Receives that were asked for meanwhile are armed in this turn, because arming may receive at once.
    } while (this.#wanted.length > 0);
  }

  destroy(): void {
    this.ring.destroy();
    this.#buffers.destroy();
    this.#outbox.destroy();
  }

  #armWanted(): void {
    for (const slot of this.#wanted) {
      if (!(this.marks[slot]! & RECEIVE_WANTED)) continue;
      this.marks[slot]! &= ~RECEIVE_WANTED;
      if (this.state[slot] !== OPEN || this.marks[slot]! & (RECEIVE_ARMED | PAUSED)) continue;
      this.room(1);
      prepareReceive(this.ring, slot, this.tag(slot), FOR_RECEIVE);
      this.marks[slot]! |= RECEIVE_ARMED;
    }
    this.#wanted.length = 0;
  }

  #extendLast(slot: number, bytes: Uint8Array, start: number, length: number): boolean {
    if (this.#lastSendSlot !== slot || this.#lastSendEntry < 0) return false;
    const before = this.ring.words[this.#lastSendEntry + 6]!;
    if (!this.#outbox.extend(this.#lastSendAt, before, before + length)) return false;
    copy(bytes, start, length, this.#outbox.bytes, this.#lastSendAt + before);
    this.ring.words[this.#lastSendEntry + 6] = before + length;
    this.#lengths[this.#lastSendAt >> 4] = before + length;
    return true;
  }

  /** Hands over without collecting, and takes in at once which sends fell short: the outbox is free again behind it. */
  #handOver(): void {
    const sends = this.#sends;
    this.ring.submit();
    this.#afterHandOver(sends);
  }

  #afterHandOver(sends: number): void {
    if (this.ring.pending > 0) this.ring.submit();
    if (sends > 0) this.#takeShortSends();
    this.#sends = 0;
    this.#lastSendEntry = -1;
    this.#outbox.reset();
    this.#batch = (this.#batch + 1) & 0xffff;
    if (this.#closing.length > 0) this.#closeFlushed();
  }

  #closeFlushed(): void {
    const closing = this.#closing.splice(0);
    for (const slot of closing) if (this.state[slot] === FLUSHING && !this.#backlogs.has(slot)) this.end(slot, 0);
  }

  #takeShortSends(): void {
    const { queue, completionTail, completions, completionMask } = this.ring;
    const tail = Atomics.load(queue, completionTail);
    for (let head = this.#head; head !== tail; head = (head + 1) | 0) {
      const at = completions + ((head & completionMask) << 2);
      const high = queue[at + 1]!;
      if ((high & OPERATION_MASK) !== FOR_SEND_NOW) continue;
      queue[at + 1] = FOR_NOTHING;
      this.#sendFellShort(queue[at]!, offsetOf(high), queue[at + 2]!);
    }
  }

  #sendFellShort(low: number, offset: number, result: number): void {
    const slot = slotOf(low);
    if (generationOf(low) !== this.generation[slot] || (this.state[slot] !== OPEN && this.state[slot] !== FLUSHING)) return;
    // Any other error ends the connection; the receive says so too and tells why.
    if (result < 0 && result !== -EAGAIN) return;
    this.#hold(slot, this.#outbox.bytes, offset + Math.max(0, result), offset + this.#lengths[offset >> 4]!);
  }

  #hold(slot: number, bytes: Uint8Array, start: number, end: number): void {
    let backlog = this.#backlogs.get(slot);
    if (!backlog) {
      backlog = new Backlog(this.#owner.pages.take());
      this.#backlogs.set(slot, backlog);
    }
    backlog.push(bytes, start, end);
    if (!(this.marks[slot]! & SEND_PENDING)) this.#sendBacklog(slot, backlog);
  }

  #sendBacklog(slot: number, backlog: Backlog): void {
    const { pages } = this.#owner;
    if (backlog.sentBytes === backlog.pageBytes && backlog.fill(pages.bytes(backlog.page)) === 0) {
      this.#dropBacklog(slot, backlog);
      if (this.state[slot] === FLUSHING) this.end(slot, 0);
      return;
    }
    this.room(1);
    const { page, sentBytes, pageBytes } = backlog;
    prepareSendAll(this.ring, slot, pages.memory(page), sentBytes, pageBytes - sentBytes, this.tag(slot), FOR_SEND_ALL);
    this.marks[slot]! |= SEND_PENDING;
  }

  #dropBacklog(slot: number, backlog: Backlog): void {
    this.#owner.pages.give(backlog.page);
    this.#backlogs.delete(slot);
  }

  #cancel(slot: number, mark: number, operation: number): void {
    if (!(this.marks[slot]! & mark)) return;
    this.room(1);
    prepareCancel(this.ring, this.tag(slot), operation, 0, FOR_NOTHING);
  }

  #drain(): void {
    const { queue, completionHead, completionTail, completions, completionMask } = this.ring;
    let tail = Atomics.load(queue, completionTail);
    let since = 0;
    while (this.#head !== tail) {
      const at = completions + ((this.#head & completionMask) << 2);
      this.#head = (this.#head + 1) | 0;
      this.#visit(queue[at]!, queue[at + 1]!, queue[at + 2]!, queue[at + 3]!);
      if ((++since & 255) === 0) {
        Atomics.store(queue, completionHead, this.#head);
        this.#buffers.publish();
      }
      if (this.#head === tail) tail = Atomics.load(queue, completionTail);
    }
    Atomics.store(queue, completionHead, this.#head);
    this.#buffers.publish();
  }

  #visit(low: number, high: number, result: number, flags: number): void {
    const operation = high & OPERATION_MASK;
    if (operation === FOR_RECEIVE) this.#received(low, result, flags);
    else if (operation === FOR_ACCEPT) this.#owner.accepted(this, low, result);
    else if (operation === FOR_WAKE) this.#owner.woken();
    else if (operation === FOR_CONNECT || operation === FOR_CHAIN) this.#connected(low, result);
    else if (operation === FOR_SEND_ALL) this.#sentAll(low, result);
  }

  #received(low: number, result: number, flags: number): void {
    const slot = low & SLOT_MASK;
    const present = generationOf(low) === this.generation[slot];
    if (flags & IORING_CQE_F_BUFFER) {
      const id = flags >>> 16;
      if (present && this.state[slot] === OPEN && result > 0) {
        const { area, events, nowUs } = this.#owner;
        events.onData(this.base + slot, area.bytes, id * area.size, id * area.size + result, nowUs);
      }
      this.#buffers.give(id);
    }
    if (flags & IORING_CQE_F_MORE || !present) return;
    this.marks[slot]! &= ~RECEIVE_ARMED;
    if (this.state[slot] === ENDING) this.#letGo(slot);
    else if (result === -ENOBUFS || result > 0) this.wantReceive(slot);
    else if (result === -ECANCELED) {
      // A pause was asked for; when resume() came before the kernel let go, the receive is armed again.
      if (!(this.marks[slot]! & PAUSED)) this.wantReceive(slot);
    } else if (result === 0 && this.#backlogs.has(slot)) {
      // The peer sends nothing more, but may still read what waits for it.
      this.state[slot] = FLUSHING;
    } else this.end(slot, -result);
  }

  #connected(low: number, result: number): void {
    const slot = slotOf(low);
    if (generationOf(low) !== this.generation[slot] || !(this.marks[slot]! & CONNECT_PENDING)) return;
    this.marks[slot]! &= ~CONNECT_PENDING;
    if (this.state[slot] === ENDING) return this.#letGo(slot);
    if (result < 0) return this.end(slot, -result);
    this.state[slot] = OPEN;
    this.wantReceive(slot);
    this.#owner.connected(this, slot);
    if (this.state[slot] === OPEN) this.#owner.events.onConnected(this.base + slot, this.#owner.nowUs);
  }

  #sentAll(low: number, result: number): void {
    const slot = slotOf(low);
    if (generationOf(low) !== this.generation[slot]) return;
    this.marks[slot]! &= ~SEND_PENDING;
    const backlog = this.#backlogs.get(slot);
    if (!backlog) return;
    if (this.state[slot] === ENDING) {
      this.#dropBacklog(slot, backlog);
      this.#letGo(slot);
    } else if (result < 0) this.end(slot, -result);
    else {
      backlog.sentBytes += result;
      this.#sendBacklog(slot, backlog);
    }
  }

  #letGo(slot: number): void {
    if (!(this.marks[slot]! & UNDER_WAY)) this.#release(slot);
  }

  #release(slot: number): void {
    this.room(1);
    prepareClose(this.ring, slot, 0, FOR_NOTHING);
    const errno = this.#errno[slot]!;
    const backlog = this.#backlogs.get(slot);
    if (backlog) this.#dropBacklog(slot, backlog);
    this.state[slot] = FREE;
    this.marks[slot] = 0;
    this.generation[slot] = (this.generation[slot]! + 1) & GENERATION_MASK;
    this.used--;
    this.#owner.events.onClosed(this.base + slot, errno, this.#owner.nowUs);
  }
}

/** A loop beats subarray and set for the few dozen bytes of a usual message. */
function copy(from: Uint8Array, start: number, length: number, to: Uint8Array, at: number): void {
  if (length > 256) to.set(from.subarray(start, start + length), at);
  else for (let i = 0; i < length; i++) to[at + i] = from[start + i]!;
}
