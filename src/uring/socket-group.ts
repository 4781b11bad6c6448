/**
 * All sockets of one thread, over as many rings as the descriptor limit asks for: a ring's table of direct descriptors may
 * not be larger than RLIMIT_NOFILE, but every ring has a table of its own. A row is ring * slotsPerRing + slot. Rings are
 * made when the first of their rows is used.
 */
import { availableParallelism } from 'node:os';
import { type AddressTable, createAddressTable } from './address-table.js';
import { PagePool } from './backlog.js';
import type { SocketEvents } from './events.js';
import { IORING_REGISTER_EVENTFD } from './kernel-constants.js';
import { libc } from './libc.js';
import { localAddress } from './local-address.js';
import { allocate } from './memory.js';
import { prepareRead } from './operations.js';
import { createReceiveArea, type ReceiveArea } from './receive-buffers.js';
import { type RingOwner, SocketRing } from './socket-ring.js';
import { ENDING, FOR_WAKE, FREE } from './socket-state.js';

/**
 * Before it sleeps, a ring that has just dealt with a whole batch looks for the next one in memory for a while: two busy
 * ends would otherwise put each other to sleep between any two batches, and a wake-up costs more than a message.
 */
const SPIN_BATCH = 16;
const SPIN_US = availableParallelism() > 1 ? 50 : 0;
/** Looks between two readings of the clock, of which each allocates 32 bytes. */
const LOOKS_A_READING = 32;
const RECEIVE_BUFFERS = 2048;
const RECEIVE_BUFFER_BYTES = 2048;

export interface GroupOptions {
  /** Rows. */
  readonly capacity: number;
  /** Slots a ring may have: at most RLIMIT_NOFILE and MAX_SLOTS. */
  readonly slotsPerRing: number;
  /** Remote and local addresses, for connect(). */
  readonly targets?: readonly { readonly address: string; readonly port: number }[];
  readonly sources?: readonly string[];
  /** Monotonic microseconds. */
  readonly now: () => number;
}

export class SocketGroup implements RingOwner {
  readonly events: SocketEvents;
  readonly area: ReceiveArea = createReceiveArea(RECEIVE_BUFFERS, RECEIVE_BUFFER_BYTES);
  readonly pages = new PagePool();
  readonly capacity: number;
  readonly slotsPerRing: number;
  nowUs: number;
  /** Gets the accept entries' completions; set by a listener. */
  onAccept: ((ring: SocketRing, index: number, result: number) => void) | undefined;
  readonly #rings: (SocketRing | undefined)[] = [];
  readonly #addresses: AddressTable;
  readonly #now: () => number;
  /** First bytes of connections that are being opened, by row; the map holds only those. */
  readonly #firstBytes = new Map<number, Uint8Array>();
  readonly #wakeFd: number;
  readonly #wakeMemory = allocate(4096);
  #wakeArmed = false;
  /** Other threads may end a wait. */
  #isWakeable = false;
  #turning: SocketRing | undefined;
  /** Completions of the last round. */
  #batch = 0;

  constructor(options: GroupOptions, events: SocketEvents) {
    this.events = events;
    this.capacity = options.capacity;
    this.slotsPerRing = Math.min(options.slotsPerRing, options.capacity);
    this.#now = options.now;
    this.nowUs = options.now();
    this.#addresses = createAddressTable(options.targets ?? [], options.sources ?? []);
    this.#wakeFd = libc().eventfd();
    if (this.#wakeFd < 0) throw new Error(`eventfd: errno ${-this.#wakeFd}`);
    this.ringOf(0);
  }

  /** Rings that exist by now. */
  get ringCount(): number {
    return this.#rings.reduce((count, ring) => count + (ring ? 1 : 0), 0);
  }

  /** Rings that the whole capacity needs. */
  get ringLimit(): number {
    return Math.ceil(this.capacity / this.slotsPerRing);
  }

  ring(index: number): SocketRing | undefined {
    return this.#rings[index];
  }

  /** The ring of this row, made now if it does not exist. */
  ringOf(row: number): SocketRing {
    const index = (row / this.slotsPerRing) | 0;
    return this.#rings[index] ?? this.makeRing(index);
  }

  makeRing(index: number): SocketRing {
    const base = index * this.slotsPerRing;
    const ring = new SocketRing(this, base, Math.min(this.slotsPerRing, this.capacity - base));
    // Not the first ring: it waits by itself, and its own read of the eventfd would signal the eventfd again, for ever.
    if (index > 0) ring.ring.register(IORING_REGISTER_EVENTFD, new Int32Array([this.#wakeFd]), 1);
    this.#rings[index] = ring;
    return ring;
  }

  connect(row: number, target: number, source: number, bytes: Uint8Array, start: number, end: number): void {
    const ring = this.ringOf(row);
    // Whatever an earlier life of the row did not come to send is not this one's.
    if (end > start) this.#firstBytes.set(row, bytes.slice(start, end));
    else this.#firstBytes.delete(row);
    this.#addresses.connect(ring, row - ring.base, target, source, end > start);
  }

  connected(ring: SocketRing, slot: number): void {
    if (this.#firstBytes.size === 0) return;
    const row = ring.base + slot;
    const bytes = this.#firstBytes.get(row);
    if (!bytes) return;
    this.#firstBytes.delete(row);
    ring.send(slot, bytes, 0, bytes.length);
  }

  send(row: number, bytes: Uint8Array, start: number, end: number): void {
    const ring = this.ringOf(row);
    ring.send(row - ring.base, bytes, start, end);
  }

  /** Before sendShared() of other bytes. */
  beginShared(): void {
    for (const ring of this.#rings) ring?.sender.beginShared();
  }

  /** send() of the bytes of the last sendShared() since beginShared(), to one row more: cheaper than to copy them for each. */
  sendShared(row: number, bytes: Uint8Array, start: number, end: number): void {
    const ring = this.ringOf(row);
    ring.sendShared(row - ring.base, bytes, start, end);
  }

  bufferedBytes(row: number): number {
    const ring = this.ringOf(row);
    return ring.sender.bufferedBytes(row - ring.base);
  }

  /** "ip:port" of our end; undefined when the row is not open or the kernel does not say. Slow: three system calls. */
  localAddress(row: number): string | undefined {
    const ring = this.ringOf(row);
    return localAddress(ring, row - ring.base);
  }

  /** What was sent goes out, then the socket closes; onClosed follows. */
  close(row: number): void {
    const ring = this.ringOf(row);
    this.#firstBytes.delete(row);
    ring.close(row - ring.base);
  }

  /** Closes with a reset, dropping what waits; onClosed follows. */
  abort(row: number): void {
    const ring = this.ringOf(row);
    this.#firstBytes.delete(row);
    const state = ring.table.state[row - ring.base];
    if (state === FREE || state === ENDING) return;
    this.#addresses.lingerNot(ring, row - ring.base);
    ring.end(row - ring.base, 0);
  }

  pause(row: number): void {
    const ring = this.ringOf(row);
    ring.pause(row - ring.base);
  }

  resume(row: number): void {
    const ring = this.ringOf(row);
    ring.resume(row - ring.base);
  }

  accepted(ring: SocketRing, index: number, result: number): void {
    this.onAccept?.(ring, index, result);
  }

  woken(): void {
    this.#wakeArmed = false;
  }

  /** The eventfd that ends poll()'s wait when any thread writes to it, until destroy(). Costs nothing before the first call. */
  wakeDescriptor(): number {
    this.#isWakeable = true;
    return this.#wakeFd;
  }

  /** One round over all rings; sleeps up to `waitUs` when none has anything to do. */
  poll(waitUs: number): void {
    const first = this.#rings[0]!;
    if (waitUs > 0 && this.#batch >= SPIN_BATCH && !this.#hasWork()) this.#spin(Math.min(waitUs, SPIN_US));
    if (this.#rings.length === 1) {
      const wait = first.hasWork ? 0 : waitUs;
      // Handed over by the very call that waits: what was written before that ends the wait at once.
      if (this.#isWakeable && wait > 0) this.#armWake(first);
      this.#batch = this.#turn(first, wait);
      return;
    }
    this.#batch = 0;
    let worked = false;
    for (const ring of this.#rings) {
      if (!ring?.hasWork) continue;
      worked = true;
      this.#batch += this.#turn(ring, 0);
    }
    if (worked || waitUs <= 0) {
      this.nowUs = this.#now();
      return;
    }
    // Nothing to do anywhere: wait in the first ring for its own work or for the eventfd that all rings signal. Work may
    // have come between the look above and the arming of this read, so look once more before sleeping.
    if (this.#armWake(first)) first.ring.submit();
    if (!this.#hasWork()) this.#batch = this.#turn(first, waitUs);
  }

  destroy(): void {
    for (const ring of this.#rings) ring?.destroy();
    libc().close(this.#wakeFd);
  }

  /** True when a read of the eventfd was made pending. */
  #armWake(first: SocketRing): boolean {
    if (this.#wakeArmed) return false;
    first.room(1);
    prepareRead(first.ring, this.#wakeFd, this.#wakeMemory, 0, 8, 0, FOR_WAKE);
    this.#wakeArmed = true;
    return true;
  }

  #hasWork(): boolean {
    const rings = this.#rings;
    for (let index = 0; index < rings.length; index++) if (rings[index]?.hasWork) return true;
    return false;
  }

  #spin(spinUs: number): void {
    const untilUs = this.#now() + spinUs;
    do {
      for (let look = 0; look < LOOKS_A_READING; look++) if (this.#hasWork()) return;
    } while (this.#now() < untilUs);
  }

  #turn(ring: SocketRing, waitUs: number): number {
    if (this.#turning) throw new Error('a ring was entered from inside another ring’s turn');
    this.#turning = ring;
    const count = ring.turn(waitUs, this.#now);
    this.#turning = undefined;
    return count;
  }
}
