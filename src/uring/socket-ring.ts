/**
 * The sockets of one ring: a table of direct descriptors, addressed by slot, and the life of each from its beginning to
 * the moment when the kernel has let go of it.
 */
import type { PagePool } from './backlog.js';
import type { SocketEvents } from './events.js';
import {
  ECANCELED,
  ENOBUFS,
  IORING_CQE_F_BUFFER,
  IORING_CQE_F_MORE,
  IORING_REGISTER_FILES2,
  IORING_RSRC_REGISTER_SPARSE,
} from './kernel-constants.js';
import { prepareCancel, prepareClose, prepareReceive, RECEIVE_GROUP } from './operations.js';
import { BufferRing, type ReceiveArea } from './receive-buffers.js';
import { Ring } from './ring.js';
import { SocketSender } from './socket-sender.js';
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
  FOR_WAKE,
  FREE,
  GENERATION_MASK,
  OPEN,
  OPERATION_MASK,
  PAUSED,
  RECEIVE_ARMED,
  RECEIVE_WANTED,
  SEND_PENDING,
  SlotTable,
  UNDER_WAY,
} from './socket-state.js';

const ENTRIES = 2048;
const COMPLETIONS = 8192;
/** Completions dealt with before the kernel is told: it may post new ones meanwhile. */
const TELL_EVERY = 256;

/** What the group that owns the ring wants to hear besides its users' events. */
export interface RingOwner {
  readonly events: SocketEvents;
  readonly area: ReceiveArea;
  readonly pages: PagePool;
  nowUs: number;
  /** An accept entry completed: `result` is a slot of `ring` or -errno. */
  accepted(ring: SocketRing, index: number, result: number): void;
  woken(): void;
  /** The connection of this slot stands: what is to go out first may go now. */
  connected(ring: SocketRing, slot: number): void;
}

export class SocketRing {
  readonly ring = new Ring(ENTRIES, COMPLETIONS);
  /** Row of slot 0. */
  readonly base: number;
  readonly table: SlotTable;
  readonly sender: SocketSender;
  /** Slots in use or promised to an accept. */
  used = 0;
  readonly #owner: RingOwner;
  readonly #buffers: BufferRing;
  /** Slots that wait for a receive to be armed. */
  readonly #wanted: number[] = [];
  /** Slots that close as soon as the hand-over of their last send is over. */
  readonly #closing: number[] = [];
  /** Slots whose end must be told outside of the caller's call. */
  readonly #over: number[] = [];
  /** The first completion that has not been dealt with. */
  #head: number;

  constructor(owner: RingOwner, base: number, slots: number) {
    this.#owner = owner;
    this.base = base;
    this.table = new SlotTable(slots);
    const files = new Uint32Array(8); // struct io_uring_rsrc_register
    files[0] = slots;
    files[1] = IORING_RSRC_REGISTER_SPARSE;
    this.ring.register(IORING_REGISTER_FILES2, files, 32);
    this.#buffers = new BufferRing(this.ring, owner.area, RECEIVE_GROUP);
    this.sender = new SocketSender(this.ring, this.table, owner.pages, () => this.handOver());
    this.#head = this.ring.queue[this.ring.completionHead]!;
  }

  /** Whether a turn of this ring would do anything. */
  get hasWork(): boolean {
    return this.ring.pending > 0 || this.#wanted.length > 0 || this.#closing.length > 0 || this.#over.length > 0 || this.ring.hasWork;
  }

  /** Makes sure that `count` entries can be claimed. */
  room(count: number): void {
    if (this.ring.room < count) this.handOver();
  }

  begin(slot: number, state: number): void {
    this.table.state[slot] = state;
    this.table.marks[slot] = state === CONNECTING ? CONNECT_PENDING : 0;
    this.table.errno[slot] = 0;
  }

  /** Arms the receive of a slot at this ring's own turn: see BufferRing on why not at once. */
  wantReceive(slot: number): void {
    const { marks } = this.table;
    if (marks[slot]! & (RECEIVE_ARMED | RECEIVE_WANTED)) return;
    marks[slot]! |= RECEIVE_WANTED;
    this.#wanted.push(slot);
  }

  pause(slot: number): void {
    const { state, marks } = this.table;
    if (state[slot] !== OPEN || marks[slot]! & PAUSED) return;
    marks[slot]! |= PAUSED;
    this.#cancel(slot, RECEIVE_ARMED, FOR_RECEIVE);
  }

  resume(slot: number): void {
    const { state, marks } = this.table;
    if (!(marks[slot]! & PAUSED)) return;
    marks[slot]! &= ~PAUSED;
    if (state[slot] === OPEN) this.wantReceive(slot);
  }

  send(slot: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.table.state[slot] === OPEN) this.sender.send(slot, bytes, start, end);
  }

  sendShared(slot: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.table.state[slot] === OPEN) this.sender.sendShared(slot, bytes, start, end);
  }

  /** What was sent goes out, then the socket closes. */
  close(slot: number): void {
    const { state } = this.table;
    if (state[slot] === CONNECTING) return this.end(slot, 0);
    if (state[slot] !== OPEN) return;
    state[slot] = FLUSHING;
    if (this.sender.isInBatch(slot)) this.#closing.push(slot);
    else this.#endFlushed(slot);
  }

  /** Ends the slot's life; the end is told when the kernel has let go of it. */
  end(slot: number, errno: number): void {
    const { state, marks } = this.table;
    if (state[slot] === ENDING || state[slot] === FREE) return;
    state[slot] = ENDING;
    this.table.errno[slot] = errno;
    this.sender.drop(slot);
    this.#cancel(slot, RECEIVE_ARMED, FOR_RECEIVE);
    this.#cancel(slot, CONNECT_PENDING, FOR_CONNECT);
    this.#cancel(slot, SEND_PENDING, FOR_SEND_ALL);
    if (!(marks[slot]! & UNDER_WAY)) this.#over.push(slot);
  }

  /**
   * One turn: hands over what is pending, collects and deals with what is ready; waits up to `waitUs` for the first.
   * Returns the number of completions it dealt with.
   */
  turn(waitUs: number, now: () => number): number {
    let wait = waitUs;
    let count = 0;
    do {
      this.#armWanted();
      if (wait > 0 && this.#over.length === 0) this.ring.wait(wait);
      else this.ring.collect();
      wait = 0;
      this.#owner.nowUs = now();
      this.#afterHandOver();
      count += this.#drain();
      while (this.#over.length > 0) this.#release(this.#over.pop()!);
      // Receives that were asked for meanwhile are armed in this turn, because arming may receive at once.
    } while (this.#wanted.length > 0);
    return count;
  }

  destroy(): void {
    this.ring.destroy();
    this.#buffers.destroy();
    this.sender.destroy();
  }

  /** Hands over without collecting. */
  handOver(): void {
    this.ring.submit();
    this.#afterHandOver();
  }

  #afterHandOver(): void {
    if (this.ring.pending > 0) this.ring.submit();
    this.sender.afterHandOver(this.#head);
    if (this.#closing.length === 0) return;
    for (const slot of this.#closing.splice(0)) this.#endFlushed(slot);
  }

  #endFlushed(slot: number): void {
    if (this.table.state[slot] === FLUSHING && !this.sender.isBehind(slot)) this.end(slot, 0);
  }

  #armWanted(): void {
    const { state, marks } = this.table;
    for (const slot of this.#wanted) {
      if (!(marks[slot]! & RECEIVE_WANTED)) continue;
      marks[slot]! &= ~RECEIVE_WANTED;
      if (state[slot] !== OPEN || marks[slot]! & (RECEIVE_ARMED | PAUSED)) continue;
      this.room(1);
      prepareReceive(this.ring, slot, this.table.tag(slot), FOR_RECEIVE);
      marks[slot]! |= RECEIVE_ARMED;
    }
    this.#wanted.length = 0;
  }

  #cancel(slot: number, mark: number, operation: number): void {
    if (!(this.table.marks[slot]! & mark)) return;
    this.room(1);
    prepareCancel(this.ring, this.table.tag(slot), operation, 0, FOR_NOTHING);
  }

  #drain(): number {
    const { queue, completionHead, completionTail, completions, completionMask } = this.ring;
    let tail = Atomics.load(queue, completionTail);
    let count = 0;
    while (this.#head !== tail) {
      const at = completions + ((this.#head & completionMask) << 2);
      this.#head = (this.#head + 1) | 0;
      this.#visit(queue[at]!, queue[at + 1]!, queue[at + 2]!, queue[at + 3]!);
      if (++count % TELL_EVERY === 0) this.#tell();
      if (this.#head === tail) tail = Atomics.load(queue, completionTail);
    }
    Atomics.store(queue, completionHead, this.#head);
    this.#buffers.publish();
    return count;
  }

  #tell(): void {
    Atomics.store(this.ring.queue, this.ring.completionHead, this.#head);
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
    const slot = this.table.present(low);
    if (flags & IORING_CQE_F_BUFFER) {
      const id = flags >>> 16;
      if (slot >= 0 && this.table.state[slot] === OPEN && result > 0) {
        const { area, events, nowUs } = this.#owner;
        events.onData(this.base + slot, area.bytes, id * area.size, id * area.size + result, nowUs);
      }
      this.#buffers.give(id);
    }
    if (flags & IORING_CQE_F_MORE || slot < 0) return;
    this.table.marks[slot]! &= ~RECEIVE_ARMED;
    if (this.table.state[slot] === ENDING) this.#letGo(slot);
    else this.#receiveEnded(slot, result);
  }

  #receiveEnded(slot: number, result: number): void {
    // Out of buffers or out of room for completions: normal under load. Cancelled: paused, and perhaps resumed since.
    if (result === -ENOBUFS || result > 0 || result === -ECANCELED) this.wantReceive(slot);
    // The peer sends nothing more, but may still read what waits for it.
    else if (result === 0 && this.sender.isBehind(slot)) this.table.state[slot] = FLUSHING;
    else this.end(slot, -result);
  }

  #connected(low: number, result: number): void {
    const slot = this.table.present(low);
    const { state, marks } = this.table;
    if (slot < 0 || !(marks[slot]! & CONNECT_PENDING)) return;
    marks[slot]! &= ~CONNECT_PENDING;
    if (state[slot] === ENDING) return this.#letGo(slot);
    if (result < 0) return this.end(slot, -result);
    state[slot] = OPEN;
    this.wantReceive(slot);
    this.#owner.connected(this, slot);
    if (state[slot] === OPEN) this.#owner.events.onConnected(this.base + slot, this.#owner.nowUs);
  }

  #sentAll(low: number, result: number): void {
    const slot = this.table.present(low);
    if (slot < 0) return;
    this.table.marks[slot]! &= ~SEND_PENDING;
    if (this.table.state[slot] === ENDING) {
      this.#letGo(slot);
    } else if (result < 0) {
      this.end(slot, -result);
    } else {
      this.sender.sentMore(slot, result);
      this.#endFlushed(slot);
    }
  }

  #letGo(slot: number): void {
    if (!(this.table.marks[slot]! & UNDER_WAY)) this.#release(slot);
  }

  #release(slot: number): void {
    const { state, marks, generation, errno } = this.table;
    this.room(1);
    prepareClose(this.ring, slot, 0, FOR_NOTHING);
    marks[slot] = 0;
    this.sender.drop(slot);
    state[slot] = FREE;
    generation[slot] = (generation[slot]! + 1) & GENERATION_MASK;
    this.used--;
    this.#owner.events.onClosed(this.base + slot, errno[slot]!, this.#owner.nowUs);
  }
}
