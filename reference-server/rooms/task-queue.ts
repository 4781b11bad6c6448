import { SlotProducer } from '../ring/slot-ring.js';
import { KIND, LIFE, SLOT, TASK_INTS } from './logic-wire.js';
import { Waker, type WakeWords } from './wake.js';

/**
 * The tasks of one gateway thread for one logic worker. An operation finds no room when the queue is full; what must not be lost then
 * waits aside, at most a few tasks a connection, and everything later waits behind it.
 */
export class TaskQueue {
  /** The task that begin() or post() made; its operands are filled in before commit(). */
  words: Int32Array;
  at = 0;
  readonly #ring: SlotProducer;
  readonly #waker: Waker;
  readonly #aside: Int32Array[] = [];
  #limit: number;

  constructor(tasks: SharedArrayBuffer, wake: WakeWords) {
    this.#ring = new SlotProducer(tasks);
    this.#waker = new Waker(wake);
    this.#limit = this.#ring.capacity;
    this.words = this.#ring.words;
  }

  /** Tasks that wait aside. */
  get asideCount(): number {
    return this.#aside.length;
  }

  /** Operations are refused when this many tasks wait; at most the ring's capacity. */
  limit(tasks: number): void {
    this.#limit = Math.min(this.#ring.capacity, tasks);
  }

  /** True when begin() would refuse. */
  get isFull(): boolean {
    return this.#aside.length > 0 || this.#ring.claim(this.#limit) < 0;
  }

  /** Begins a task that may be refused; false, and counted, when the queue is full. */
  begin(kind: number, slot: number, life: number): boolean {
    const at = this.#aside.length > 0 ? -1 : this.#ring.claim(this.#limit);
    if (at < 0) {
      this.#ring.refuse();
      return false;
    }
    this.#fill(this.#ring.words, at, kind, slot, life);
    return true;
  }

  commit(): void {
    if (this.words === this.#ring.words) this.#ring.commit();
  }

  /** Counts an operation that was turned away without begin(). */
  refuse(): void {
    this.#ring.refuse();
  }

  /** Begins a task that must not be lost. */
  post(kind: number, slot: number, life: number): void {
    const at = this.#aside.length > 0 ? -1 : this.#ring.claim();
    if (at >= 0) return this.#fill(this.#ring.words, at, kind, slot, life);
    const task = new Int32Array(TASK_INTS);
    this.#aside.push(task);
    this.#fill(task, 0, kind, slot, life);
  }

  /** Shows the worker what was committed, and wakes it. Called once a turn. */
  flush(): void {
    if (this.#aside.length > 0) this.#takeBack();
    if (this.#ring.publish() > 0) this.#waker.wake();
  }

  #takeBack(): void {
    let taken = 0;
    for (; taken < this.#aside.length; taken++) {
      const at = this.#ring.claim();
      if (at < 0) break;
      this.#ring.words.set(this.#aside[taken]!, at);
      this.#ring.commit();
    }
    this.#aside.splice(0, taken);
  }

  #fill(words: Int32Array, at: number, kind: number, slot: number, life: number): void {
    words[at + KIND] = kind;
    words[at + SLOT] = slot;
    words[at + LIFE] = life;
    this.words = words;
    this.at = at;
  }
}
