import { allocate, type Memory } from './memory.js';

/** Bytes of one page of kernel-visible memory that a waiting send reads from. */
export const PAGE_BYTES = 65536;

/** Pages for sends that wait for a slow peer: the memory must stay as it is until they complete. Grows on demand. */
export class PagePool {
  readonly #pages: Memory[] = [];
  readonly #bytes: Uint8Array[] = [];
  readonly #free: number[] = [];

  take(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const memory = allocate(PAGE_BYTES);
    this.#pages.push(memory);
    this.#bytes.push(new Uint8Array(memory.buffer));
    return this.#pages.length - 1;
  }

  give(page: number): void {
    this.#free.push(page);
  }

  memory(page: number): Memory {
    return this.#pages[page]!;
  }

  bytes(page: number): Uint8Array {
    return this.#bytes[page]!;
  }
}

/**
 * What a slow peer has not taken yet: a queue of bytes, of which up to one page is with the kernel. Rare, so it may be an
 * object; a connection whose peer keeps up never has one.
 */
export class Backlog {
  readonly page: number;
  /** Bytes of `page` that the waiting send still has to deliver: page[sentBytes .. pageBytes). */
  pageBytes = 0;
  sentBytes = 0;
  #queue = new Uint8Array(1024);
  #start = 0;
  #end = 0;

  constructor(page: number) {
    this.page = page;
  }

  get length(): number {
    return this.#end - this.#start + this.pageBytes - this.sentBytes;
  }

  push(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (this.#end + length > this.#queue.length) this.#makeRoom(length);
    this.#queue.set(bytes.subarray(start, end), this.#end);
    this.#end += length;
  }

  /** Fills the page with what comes next; returns how many bytes that is. */
  fill(page: Uint8Array): number {
    const length = Math.min(this.#end - this.#start, page.length);
    page.set(this.#queue.subarray(this.#start, this.#start + length));
    this.#start += length;
    if (this.#start === this.#end) this.#start = this.#end = 0;
    this.pageBytes = length;
    this.sentBytes = 0;
    return length;
  }

  #makeRoom(length: number): void {
    const held = this.#end - this.#start;
    let size = this.#queue.length;
    while (size < held + length) size *= 2;
    const queue = size === this.#queue.length ? this.#queue : new Uint8Array(size);
    queue.set(this.#queue.subarray(this.#start, this.#end));
    this.#queue = queue;
    this.#start = 0;
    this.#end = held;
  }
}
