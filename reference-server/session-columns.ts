import { UidColumns } from './uid-columns.js';

/**
 * What the server knows of its connections: one column a field, one row a slot, allocated once. About 110 bytes a slot;
 * zero means "none" everywhere, so that the memory of slots never used is never touched.
 */
export class SessionColumns {
  readonly capacity: number;
  /** One of session-states.ts. */
  readonly state: Uint8Array;
  /** Seq of the last client packet that passed its seq check. */
  readonly lastSeq: Uint32Array;
  /** Number of the last good heartbeat. */
  readonly heartbeat: Uint32Array;
  /** OP and OP_SIGNED of this connection; each got exactly one OP_ACK, so this is opsAcked too (ruling 20). */
  readonly opsSeen: Uint32Array;
  /** Monotonic time by which the peer must have done what its state asks of it. */
  readonly deadlineUs: Float64Array;
  /** Monotonic time at which the access token ends; it was fixed at AUTH or REFRESH, so a step of the clock does not move it. */
  readonly expiresUs: Float64Array;
  /** Unix seconds at which the session's access ended when this was last looked at: another one later means a refresh. */
  readonly sessionExpS: Uint32Array;
  /** Since when more than SLOW_BYTES wait for this peer; 0: they do not. */
  readonly slowSinceUs: Float64Array;
  /** Not 0 while a room operation is with a logic worker: whatever the peer sent behind it waits for the answer. */
  readonly waiting: Uint8Array;
  /** 16 bytes a slot: the server's nonce until AUTH, the sid afterwards. */
  readonly identity: Uint8Array;
  /** 16 bytes a slot: hash of the user id. */
  readonly user: Uint8Array;
  /** The user id itself, for what the store is asked. */
  readonly uids: UidColumns;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.state = new Uint8Array(capacity);
    this.lastSeq = new Uint32Array(capacity);
    this.heartbeat = new Uint32Array(capacity);
    this.opsSeen = new Uint32Array(capacity);
    this.deadlineUs = new Float64Array(capacity);
    this.expiresUs = new Float64Array(capacity);
    this.sessionExpS = new Uint32Array(capacity);
    this.slowSinceUs = new Float64Array(capacity);
    this.waiting = new Uint8Array(capacity);
    this.identity = new Uint8Array(capacity * 16);
    this.user = new Uint8Array(capacity * 16);
    this.uids = new UidColumns(capacity);
  }

  /** A new connection in this slot. Its room was given back before, and nothing waits. */
  reset(slot: number): void {
    this.lastSeq[slot] = 0;
    this.heartbeat[slot] = 0;
    this.opsSeen[slot] = 0;
    this.expiresUs[slot] = 0;
    this.slowSinceUs[slot] = 0;
  }
}
