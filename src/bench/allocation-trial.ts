/**
 * The program that `gwrk bench allocation` starts for each way to keep the bytes that connections have not read to their end:
 * node allocation-trial.js WAY CONNECTIONS MESSAGES SEED. Prints one line of JSON.
 *
 * Messages of 16 to 4,096 bytes arrive for random connections, in two pieces; every hundredth message its connection ends and another takes its
 * place. All three ways see the same pieces in the same order.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Prng } from '../core/prng.js';

export interface AllocationFigures {
  readonly gcCount: number;
  readonly gcMs: number;
  /** Times that a connection's buffer was replaced by a larger one. */
  readonly growths: number;
  readonly messageNs: number;
  readonly rssPeakBytes: number;
}

const LARGEST_BYTES = 4_096;

/** What holds the unread bytes of every connection. */
interface Store {
  growths: number;
  /** Adds `length` bytes of `from`. */
  add(connection: number, from: Uint8Array, length: number): void;
  /** The message is whole: reads it and forgets it. Returns its first and last byte, added up. */
  take(connection: number): number;
  /** The connection ends; another one gets its number. */
  end(connection: number): void;
}

/** A buffer a connection, made when something arrives and replaced by one of twice the size when it is too small. */
class Growing implements Store {
  growths = 0;
  readonly #connections: { buffer: Uint8Array; length: number }[];

  constructor(connections: number) {
    this.#connections = Array.from({ length: connections }, () => ({ buffer: new Uint8Array(64), length: 0 }));
  }

  add(connection: number, from: Uint8Array, length: number): void {
    const own = this.#connections[connection]!;
    let size = own.buffer.length;
    while (size < own.length + length) size *= 2;
    if (size > own.buffer.length) {
      const larger = new Uint8Array(size);
      larger.set(own.buffer.subarray(0, own.length));
      own.buffer = larger;
      this.growths++;
    }
    own.buffer.set(from.subarray(0, length), own.length);
    own.length += length;
  }

  take(connection: number): number {
    const own = this.#connections[connection]!;
    const message = own.buffer.slice(0, own.length);
    own.length = 0;
    return message[0]! + message.at(-1)!;
  }

  end(connection: number): void {
    this.#connections[connection] = { buffer: new Uint8Array(64), length: 0 };
  }
}

/** One block with a place of the largest size for every connection, made once. */
class Preallocated implements Store {
  growths = 0;
  readonly #bytes: Uint8Array;
  /** Behind the places: where the kernel would put what arrives. A copy within one block makes no view. */
  readonly #receivedAt: number;
  readonly #lengths: Uint32Array;

  constructor(connections: number) {
    this.#receivedAt = connections * LARGEST_BYTES;
    this.#bytes = new Uint8Array(this.#receivedAt + LARGEST_BYTES);
    this.#bytes.fill(7, this.#receivedAt);
    this.#lengths = new Uint32Array(connections);
  }

  add(connection: number, _from: Uint8Array, length: number): void {
    const at = connection * LARGEST_BYTES + this.#lengths[connection]!;
    this.#bytes.copyWithin(at, this.#receivedAt, this.#receivedAt + length);
    this.#lengths[connection]! += length;
  }

  take(connection: number): number {
    const at = connection * LARGEST_BYTES;
    const length = this.#lengths[connection]!;
    this.#lengths[connection] = 0;
    return this.#bytes[at]! + this.#bytes[at + length - 1]!;
  }

  end(connection: number): void {
    this.#lengths[connection] = 0;
  }
}

const NONE = -1;

/** Places of the largest size that a connection has only while something of it is unread; a stack of free ones. */
class Pooled implements Store {
  growths = 0;
  readonly #bytes: Uint8Array;
  readonly #receivedAt: number;
  readonly #places: Int32Array;
  readonly #lengths: Uint32Array;
  readonly #free: Int32Array;
  #freeCount: number;

  /** A fourth of the connections at once is more than this load ever has in the middle of a message. */
  constructor(connections: number) {
    const places = Math.ceil(connections / 4);
    this.#receivedAt = places * LARGEST_BYTES;
    this.#bytes = new Uint8Array(this.#receivedAt + LARGEST_BYTES);
    this.#bytes.fill(7, this.#receivedAt);
    this.#places = new Int32Array(connections).fill(NONE);
    this.#lengths = new Uint32Array(connections);
    this.#free = Int32Array.from({ length: places }, (_, place) => place);
    this.#freeCount = places;
  }

  add(connection: number, _from: Uint8Array, length: number): void {
    let place = this.#places[connection]!;
    if (place === NONE) {
      if (this.#freeCount === 0) throw new Error('the pool is empty');
      place = this.#free[--this.#freeCount]!;
      this.#places[connection] = place;
      this.#lengths[connection] = 0;
    }
    const at = place * LARGEST_BYTES + this.#lengths[connection]!;
    this.#bytes.copyWithin(at, this.#receivedAt, this.#receivedAt + length);
    this.#lengths[connection]! += length;
  }

  take(connection: number): number {
    const at = this.#places[connection]! * LARGEST_BYTES;
    const sum = this.#bytes[at]! + this.#bytes[at + this.#lengths[connection]! - 1]!;
    this.end(connection);
    return sum;
  }

  end(connection: number): void {
    const place = this.#places[connection]!;
    if (place === NONE) return;
    this.#places[connection] = NONE;
    this.#free[this.#freeCount++] = place;
  }
}

const WAYS: Readonly<Record<string, new (connections: number) => Store>> = { growing: Growing, preallocated: Preallocated, pooled: Pooled };

const [way = '', connectionsText = '', messagesText = '', seed = '1'] = process.argv.slice(2);
const connections = Number(connectionsText);
const messages = Number(messagesText);
const random = new Prng(Number(seed));
const piece = new Uint8Array(LARGEST_BYTES).fill(7);
const store = new WAYS[way]!(connections);
let [gcCount, gcMs, wrong] = [0, 0, 0];
const observer = new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) {
    gcCount++;
    gcMs += duration;
  }
});
observer.observe({ entryTypes: ['gc'] });

const TURN = 1_024;
const start = performance.now();
for (let sent = 0; sent < messages; ) {
  for (const end = Math.min(messages, sent + TURN); sent < end; sent++) {
    const connection = Math.floor(random.next() * connections);
    const length = random.between(16, LARGEST_BYTES);
    const first = random.between(1, length - 1);
    store.add(connection, piece, first);
    store.add(connection, piece, length - first);
    if (store.take(connection) !== 14) wrong++;
    if (sent % 100 === 99) store.end(connection);
  }
  await nextTurn(); // as a server does between two turns: the observer hears of collections
}
const messageNs = ((performance.now() - start) * 1e6) / messages;
await nextTurn();
observer.disconnect();
if (wrong > 0) throw new Error(`${wrong} messages were not what was sent`);
const figures: AllocationFigures = {
  gcCount,
  gcMs,
  growths: store.growths,
  messageNs,
  rssPeakBytes: process.resourceUsage().maxRSS * 1024,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
