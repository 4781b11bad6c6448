import { type Counters, NONCE_RINGS, OP_WINDOWS } from './counters.js';
import { NonceRings } from './nonce-ring.js';
import { OpWindows } from './op-window.js';
import type { SessionColumns } from './session-columns.js';

/** A session's ring outlives its connection by this time, so that an operation sent again after a reconnect is known. */
const KEPT_US = 600_000_000;

/**
 * What sessions that sign own beside their slot: the nonce ring of the session, the operation window of the user. Both are
 * made at the first signed operation and given back exactly once.
 */
export class SigningMemory {
  readonly rings = new NonceRings();
  readonly windows = new OpWindows();
  readonly #columns: SessionColumns;
  readonly #counters: Counters;
  /** Rings of sessions without a connection, by sid, in the order in which they end. */
  readonly #kept = new Map<string, { readonly ring: number; readonly untilUs: number }>();

  constructor(columns: SessionColumns, counters: Counters) {
    this.#columns = columns;
    this.#counters = counters;
  }

  /** The ring of the slot's session, made when it has none. */
  ringOf(slot: number): number {
    const held = this.#columns.ring[slot]!;
    if (held !== 0) return held - 1;
    const ring = this.rings.allocate();
    this.#columns.ring[slot] = ring + 1;
    this.#count();
    return ring;
  }

  /** The window of the slot's user. */
  windowOf(slot: number): number {
    const held = this.#columns.window[slot]!;
    if (held !== 0) return held - 1;
    const window = this.windows.acquire(this.#columns.user, slot * 16);
    this.#columns.window[slot] = window + 1;
    this.#count();
    return window;
  }

  /** A connection begins or goes on with a session: it gets back the ring that the session left. */
  attach(slot: number): void {
    if (this.#kept.size === 0) return;
    const sid = this.#sidOf(this.#columns.identity, slot * 16);
    const kept = this.#kept.get(sid);
    if (kept === undefined) return;
    this.#kept.delete(sid);
    this.#columns.ring[slot] = kept.ring + 1;
  }

  /** A newer connection takes the session over while the older one still stands. */
  handOver(older: number, newer: number): void {
    this.#columns.ring[newer] = this.#columns.ring[older]!;
    this.#columns.ring[older] = 0;
  }

  /** The connection ends and its session stays. */
  detach(slot: number, nowUs: number): void {
    const ring = this.#columns.ring[slot]!;
    if (ring !== 0) {
      this.#columns.ring[slot] = 0;
      this.#kept.set(this.#sidOf(this.#columns.identity, slot * 16), { ring: ring - 1, untilUs: nowUs + KEPT_US });
    }
    const window = this.#columns.window[slot]!;
    if (window !== 0) {
      this.#columns.window[slot] = 0;
      this.windows.release(window - 1, nowUs);
    }
    if (ring !== 0 || window !== 0) this.#count();
  }

  /** The session is gone: its ring is freed at once. */
  forget(sid: Uint8Array, sidAt: number): void {
    const key = this.#sidOf(sid, sidAt);
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    this.#kept.delete(key);
    this.rings.release(kept.ring);
    this.#count();
  }

  /** Frees what has outlived its time. */
  sweep(nowUs: number): void {
    for (const [sid, { ring, untilUs }] of this.#kept) {
      if (untilUs > nowUs) break;
      this.#kept.delete(sid);
      this.rings.release(ring);
    }
    this.windows.sweep(nowUs);
    this.#count();
  }

  #sidOf(bytes: Uint8Array, at: number): string {
    return Buffer.from(bytes.buffer, bytes.byteOffset + at, 16).toString('latin1');
  }

  #count(): void {
    this.#counters.values[NONCE_RINGS] = this.rings.inUse;
    this.#counters.values[OP_WINDOWS] = this.windows.inUse;
  }
}
