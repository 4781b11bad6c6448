/**
 * The outgoing half of a ring's sockets. Bytes are copied to the outbox and handed over with MSG_DONTWAIT, so the kernel
 * has copied them when the hand-over returns, or says at once that a slow peer took less. Then the rest moves to a backlog
 * and goes out by a send that waits. A slot has at most one such entry in a batch, so that the rest of a short one is
 * never overtaken by the next.
 */
import { copyWords, WordView } from '../core/words.js';
import { Backlog, type PagePool } from './backlog.js';
import { EAGAIN } from './kernel-constants.js';
import { prepareSendAll, prepareSendNow } from './operations.js';
import { Outbox } from './outbox.js';
import type { Ring } from './ring.js';
import {
  FLUSHING,
  FOR_NOTHING,
  FOR_SEND_ALL,
  FOR_SEND_NOW,
  OPEN,
  OPERATION_MASK,
  offsetOf,
  SEND_PENDING,
  type SlotTable,
  sendNowTag,
} from './socket-state.js';

const OUTBOX_BYTES = 1 << 18;

export class SocketSender {
  readonly #ring: Ring;
  readonly #table: SlotTable;
  readonly #pages: PagePool;
  /** Hands over everything pending in the ring, and calls afterHandOver() of this sender. */
  readonly #handOver: () => void;
  readonly #outbox = new Outbox(OUTBOX_BYTES);
  /** Of the send whose piece of the outbox begins at index * 16: its length, times four, and how far behind that its bytes begin. */
  readonly #places = new Uint32Array(OUTBOX_BYTES >> 4);
  /** What is sent nearly always stands in one array of the caller's. */
  readonly #source = new WordView();
  readonly #backlogs = new Map<number, Backlog>();
  /** The batch (of hand-overs) in which the slot last got a send entry. A stale equal number only costs a hand-over. */
  readonly #sentIn: Uint16Array;
  #batch = 1;
  #sends = 0;
  #lastEntry = -1;
  #lastAt = 0;
  #lastSlot = -1;
  /** Where the bytes of sendShared() lie in the outbox, and in which batch; -1: nowhere yet. */
  #sharedAt = -1;
  #sharedIn = 0;

  constructor(ring: Ring, table: SlotTable, pages: PagePool, handOver: () => void) {
    this.#ring = ring;
    this.#table = table;
    this.#pages = pages;
    this.#handOver = handOver;
    this.#sentIn = new Uint16Array(table.slots);
  }

  /** Whether bytes of the slot wait for a slow peer. */
  isBehind(slot: number): boolean {
    return this.#backlogs.size > 0 && this.#backlogs.has(slot);
  }

  /** Whether the slot's last send may still be in the batch that is being filled. */
  isInBatch(slot: number): boolean {
    return this.#sentIn[slot] === this.#batch;
  }

  bufferedBytes(slot: number): number {
    return this.#backlogs.get(slot)?.length ?? 0;
  }

  send(slot: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.isInBatch(slot)) {
      if (this.#extendLast(slot, bytes, start, end - start)) return;
      if (!this.isBehind(slot)) this.#handOver();
    }
    if (this.isBehind(slot)) return this.#hold(slot, bytes, start, end);
    if (this.#ring.room < 1) this.#handOver();
    const skew = start & 3;
    const length = end - start;
    let piece = this.#outbox.take(skew + length);
    if (piece < 0) {
      this.#handOver();
      piece = this.#outbox.take(skew + length);
      if (piece < 0) return this.#hold(slot, bytes, start, end);
    }
    const at = piece + skew;
    const words = this.#source.of(bytes);
    if (words === undefined) copy(bytes, start, length, this.#outbox.bytes, at);
    else copyWords(words, start, end, this.#outbox.words, at);
    this.#lastEntry = prepareSendNow(this.#ring, slot, this.#outbox.memory, at, length, this.#table.tag(slot), sendNowTag(piece));
    this.#places[piece >> 4] = (length << 2) | skew;
    this.#lastAt = at;
    this.#lastSlot = slot;
    this.#sentIn[slot] = this.#batch;
    this.#sends++;
  }

  /** What sendShared() sends from now on are other bytes. */
  beginShared(): void {
    this.#sharedAt = -1;
  }

  /** send() of bytes that go to many slots: they are copied once for all slots of a batch. */
  sendShared(slot: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.isInBatch(slot) || this.isBehind(slot)) return this.send(slot, bytes, start, end);
    if (this.#ring.room < 1) this.#handOver();
    if (this.#sharedAt < 0 || this.#sharedIn !== this.#batch) {
      this.send(slot, bytes, start, end);
      this.#sharedAt = this.isInBatch(slot) ? this.#lastAt : -1;
      this.#sharedIn = this.#batch;
    } else {
      const at = this.#sharedAt;
      prepareSendNow(this.#ring, slot, this.#outbox.memory, at, end - start, this.#table.tag(slot), sendNowTag(at & ~15));
      this.#sentIn[slot] = this.#batch;
      this.#sends++;
    }
    // Nothing may be put behind bytes that are not this slot's alone.
    this.#lastSlot = -1;
  }

  /** To be called behind each hand-over: takes in which sends fell short; the outbox is free again then. `head` is the
   * first completion that has not been dealt with. */
  afterHandOver(head: number): void {
    if (this.#sends > 0) this.#takeShortSends(head);
    this.#sends = 0;
    this.#lastEntry = -1;
    this.#outbox.reset();
    this.#batch = (this.#batch + 1) & 0xffff;
  }

  /** A waiting send of the slot delivered `count` bytes: goes on with what comes next. */
  sentMore(slot: number, count: number): void {
    const backlog = this.#backlogs.get(slot);
    if (!backlog) return;
    backlog.sentBytes += count;
    this.#sendNext(slot, backlog);
  }

  /** Forgets what waits, unless the kernel still reads from it. */
  drop(slot: number): void {
    if (this.#backlogs.size === 0) return;
    const backlog = this.#backlogs.get(slot);
    if (!backlog || this.#table.marks[slot]! & SEND_PENDING) return;
    this.#pages.give(backlog.page);
    this.#backlogs.delete(slot);
  }

  destroy(): void {
    this.#outbox.destroy();
  }

  #extendLast(slot: number, bytes: Uint8Array, start: number, length: number): boolean {
    if (this.#lastSlot !== slot || this.#lastEntry < 0) return false;
    const { words } = this.#ring;
    const before = words[this.#lastEntry + 6]!;
    if (!this.#outbox.extend(this.#lastAt, before, before + length)) return false;
    copy(bytes, start, length, this.#outbox.bytes, this.#lastAt + before);
    words[this.#lastEntry + 6] = before + length;
    this.#places[this.#lastAt >> 4] = ((before + length) << 2) | (this.#lastAt & 3);
    return true;
  }

  #takeShortSends(from: number): void {
    const { queue, completionTail, completions, completionMask } = this.#ring;
    const tail = Atomics.load(queue, completionTail);
    for (let head = from; head !== tail; head = (head + 1) | 0) {
      const at = completions + ((head & completionMask) << 2);
      const high = queue[at + 1]!;
      if ((high & OPERATION_MASK) !== FOR_SEND_NOW) continue;
      queue[at + 1] = FOR_NOTHING;
      this.#fellShort(queue[at]!, offsetOf(high), queue[at + 2]!);
    }
  }

  #fellShort(low: number, offset: number, result: number): void {
    const slot = this.#table.present(low);
    if (slot < 0 || (this.#table.state[slot] !== OPEN && this.#table.state[slot] !== FLUSHING)) return;
    // Any other error ends the connection; the receive says so too and tells why.
    if (result < 0 && result !== -EAGAIN) return;
    const place = this.#places[offset >> 4]!;
    const start = offset + (place & 3);
    this.#hold(slot, this.#outbox.bytes, start + Math.max(0, result), start + (place >>> 2));
  }

  #hold(slot: number, bytes: Uint8Array, start: number, end: number): void {
    let backlog = this.#backlogs.get(slot);
    if (!backlog) {
      backlog = new Backlog(this.#pages.take());
      this.#backlogs.set(slot, backlog);
    }
    backlog.push(bytes, start, end);
    if (!(this.#table.marks[slot]! & SEND_PENDING)) this.#sendNext(slot, backlog);
  }

  #sendNext(slot: number, backlog: Backlog): void {
    if (backlog.sentBytes === backlog.pageBytes && backlog.fill(this.#pages.bytes(backlog.page)) === 0) return this.drop(slot);
    if (this.#ring.room < 1) this.#handOver();
    const { page, sentBytes, pageBytes } = backlog;
    prepareSendAll(this.#ring, slot, this.#pages.memory(page), sentBytes, pageBytes - sentBytes, this.#table.tag(slot), FOR_SEND_ALL);
    this.#table.marks[slot]! |= SEND_PENDING;
  }
}

/** A loop beats subarray and set for the few dozen bytes of a usual message. */
function copy(from: Uint8Array, start: number, length: number, to: Uint8Array, at: number): void {
  if (length > 256) to.set(from.subarray(start, start + length), at);
  else for (let i = 0; i < length; i++) to[at + i] = from[start + i]!;
}
