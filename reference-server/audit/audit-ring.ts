import { AUDIT_EVENTS } from './audit-events.js';

/**
 * How events leave a thread for the audit thread: records in shared memory, one writer and one reader, no lock and no message.
 * A record that does not fit is counted as lost; the writer never waits. Writing one of 110 bytes costs about 100 ns.
 */
const HEADER_BYTES = 64;
/** Int32 words of the header: where the writer and the reader stand (bytes, modulo 2^32), records lost, the writer's thread id. */
const WRITTEN = 0;
const READ = 1;
const LOST = 2;
const THREAD_ID = 3;

/** Offsets in a record. A length of 0 says that the next record stands at the start of the ring. */
const LENGTH = 0;
const EVENT = 4;
const CODE = 6;
const SEQ = 8;
const HAS = 12;
const PEER_BYTES = 13;
const DETAIL_BYTES = 14;
const MONO_US = 16;
const TOOK_US = 24;
const SID = 32;
const USER = 48;
const DEVICE = 64;
const TEXT = 80;

const HAS_SID = 1;
const HAS_USER = 2;
const HAS_DEVICE = 4;

const MAX_PEER_BYTES = 64;
/** A longer detail is cut: it is a line for people, not a store. */
export const MAX_DETAIL_BYTES = 1_024;

export const NO_BYTES = new Uint8Array(0);
/** Instead of a time that was not taken. */
export const NO_TIME = -1;

/** The memory of a ring that holds about this many bytes of records, a power of two. */
export function createAuditRing(bytes = 2 * 1_048_576): SharedArrayBuffer {
  if (bytes < 4_096 || (bytes & (bytes - 1)) !== 0) throw new RangeError('a ring has a power of two of bytes, at least 4,096');
  return new SharedArrayBuffer(HEADER_BYTES + bytes);
}

/** The thread's end. Allocates nothing but what encoding a detail takes. */
export class AuditRingWriter {
  readonly #state: Int32Array;
  readonly #bytes: Buffer;
  readonly #u16: Uint16Array;
  readonly #u32: Uint32Array;
  readonly #f64: Float64Array;
  readonly #size: number;

  /** `threadId` is the kernel's id of the writing thread, 0 when unknown. */
  constructor(ring: SharedArrayBuffer, threadId: number) {
    this.#size = ring.byteLength - HEADER_BYTES;
    this.#state = new Int32Array(ring, 0, HEADER_BYTES / 4);
    this.#bytes = Buffer.from(ring, HEADER_BYTES, this.#size);
    this.#u16 = new Uint16Array(ring, HEADER_BYTES, this.#size / 2);
    this.#u32 = new Uint32Array(ring, HEADER_BYTES, this.#size / 4);
    this.#f64 = new Float64Array(ring, HEADER_BYTES, this.#size / 8);
    Atomics.store(this.#state, THREAD_ID, threadId);
  }

  /**
   * Notes an event. `monoUs` is when it began; `tookUs` how long it took, or NO_TIME. sid, user (hash of the uid) and device (hash
   * of the fingerprint) are 16 bytes at their offsets, or NO_BYTES. False when the ring had no room and the event is lost.
   */
  write(
    event: number,
    code: number,
    seq: number,
    monoUs: number,
    tookUs: number,
    sid: Uint8Array,
    sidAt: number,
    user: Uint8Array,
    userAt: number,
    device: Uint8Array,
    deviceAt: number,
    peer: string,
    detail: string,
  ): boolean {
    const peerBytes = Math.min(peer.length, MAX_PEER_BYTES);
    const detailBytes = detail === '' ? 0 : Math.min(Buffer.byteLength(detail), MAX_DETAIL_BYTES);
    const length = (TEXT + peerBytes + detailBytes + 7) & ~7;
    const at = this.#reserve(length);
    if (at < 0) return false;
    const bytes = this.#bytes;
    this.#u16[(at + EVENT) >> 1] = event;
    this.#u16[(at + CODE) >> 1] = code;
    this.#u32[(at + SEQ) >> 2] = seq;
    let has = 0;
    if (sid.length > 0) {
      has |= HAS_SID;
      copy16(bytes, at + SID, sid, sidAt);
    }
    if (user.length > 0) {
      has |= HAS_USER;
      copy16(bytes, at + USER, user, userAt);
    }
    if (device.length > 0) {
      has |= HAS_DEVICE;
      copy16(bytes, at + DEVICE, device, deviceAt);
    }
    bytes[at + HAS] = has;
    bytes[at + PEER_BYTES] = peerBytes;
    this.#f64[(at + MONO_US) >> 3] = monoUs;
    this.#f64[(at + TOOK_US) >> 3] = tookUs;
    for (let i = 0; i < peerBytes; i++) bytes[at + TEXT + i] = peer.charCodeAt(i);
    // utf8 writing stops before a letter that does not fit whole
    this.#u16[(at + DETAIL_BYTES) >> 1] = detailBytes === 0 ? 0 : bytes.write(detail, at + TEXT + peerBytes, detailBytes, 'utf8');
    this.#u32[(at + LENGTH) >> 2] = length;
    Atomics.store(this.#state, WRITTEN, (this.#state[WRITTEN]! + length) | 0);
    return true;
  }

  /** Where a record of this length goes, or -1. */
  #reserve(length: number): number {
    const written = this.#state[WRITTEN]!;
    const free = this.#size - ((written - Atomics.load(this.#state, READ)) >>> 0);
    const at = (written >>> 0) & (this.#size - 1);
    const toEnd = this.#size - at;
    if (length <= toEnd && length <= free) return at;
    if (length > toEnd && toEnd + length <= free) {
      this.#u32[at >> 2] = 0;
      Atomics.store(this.#state, WRITTEN, (written + toEnd) | 0);
      return 0;
    }
    Atomics.add(this.#state, LOST, 1);
    return -1;
  }
}

function copy16(to: Uint8Array, toAt: number, from: Uint8Array, fromAt: number): void {
  for (let i = 0; i < 16; i++) to[toAt + i] = from[fromAt + i]!;
}

/** An event as it comes out of a ring. Hashes and ids are base64url; what the event does not have is undefined. */
export interface AuditRecord {
  readonly ev: string;
  readonly monoUs: number;
  readonly tookUs: number | undefined;
  readonly code: number;
  readonly seq: number;
  readonly sid: string | undefined;
  readonly uidHash: string | undefined;
  readonly dfpHash: string | undefined;
  readonly peer: string | undefined;
  readonly detail: string | undefined;
  /** The kernel's id of the thread that wrote it; 0 when unknown. */
  readonly tid: number;
}

/** The audit thread's end. */
export class AuditRingReader {
  readonly #state: Int32Array;
  readonly #bytes: Buffer;
  readonly #size: number;

  constructor(ring: SharedArrayBuffer) {
    this.#size = ring.byteLength - HEADER_BYTES;
    this.#state = new Int32Array(ring, 0, HEADER_BYTES / 4);
    this.#bytes = Buffer.from(ring, HEADER_BYTES, this.#size);
  }

  /** Records that found no room since the start. */
  get lost(): number {
    return Atomics.load(this.#state, LOST) >>> 0;
  }

  /** The next record, or undefined when there is none now. */
  next(): AuditRecord | undefined {
    for (;;) {
      const read = this.#state[READ]!;
      if (read === Atomics.load(this.#state, WRITTEN)) return undefined;
      const at = (read >>> 0) & (this.#size - 1);
      const length = this.#bytes.readUInt32LE(at + LENGTH);
      if (length === 0) {
        Atomics.store(this.#state, READ, (read + this.#size - at) | 0);
        continue;
      }
      const record = this.#decode(at);
      Atomics.store(this.#state, READ, (read + length) | 0);
      return record;
    }
  }

  #decode(at: number): AuditRecord {
    const bytes = this.#bytes;
    const has = bytes[at + HAS]!;
    const tookUs = bytes.readDoubleLE(at + TOOK_US);
    const detailAt = at + TEXT + bytes[at + PEER_BYTES]!;
    const text = (from: number, to: number): string | undefined => (from === to ? undefined : bytes.toString('utf8', from, to));
    const id = (bit: number, from: number): string | undefined =>
      (has & bit) === 0 ? undefined : bytes.toString('base64url', at + from, at + from + 16);
    return {
      ev: AUDIT_EVENTS[bytes.readUInt16LE(at + EVENT)]!,
      monoUs: bytes.readDoubleLE(at + MONO_US),
      tookUs: tookUs === NO_TIME ? undefined : tookUs,
      code: bytes.readUInt16LE(at + CODE),
      seq: bytes.readUInt32LE(at + SEQ),
      sid: id(HAS_SID, SID),
      uidHash: id(HAS_USER, USER),
      dfpHash: id(HAS_DEVICE, DEVICE),
      peer: text(at + TEXT, detailAt),
      detail: text(detailAt, detailAt + bytes.readUInt16LE(at + DETAIL_BYTES)),
      tid: this.#state[THREAD_ID]!,
    };
  }
}
