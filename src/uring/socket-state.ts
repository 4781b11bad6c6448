/** States and marks of a slot, and how a completion says which slot, operation and life it belongs to. */

export const FREE = 0;
export const CONNECTING = 1;
export const OPEN = 2;
/** close() was called while bytes wait for a slow peer: they go out first. */
export const FLUSHING = 3;
/** Over; waits until the kernel has let go of everything. */
export const ENDING = 4;

/** Marks: what is under way on the slot. */
export const RECEIVE_ARMED = 1;
export const CONNECT_PENDING = 2;
export const SEND_PENDING = 4;
export const PAUSED = 8;
/** A receive must be armed at this ring's next turn. */
export const RECEIVE_WANTED = 16;
export const UNDER_WAY = RECEIVE_ARMED | CONNECT_PENDING | SEND_PENDING;

/** Operations, in the low four bits of the high word of user data. */
export const FOR_NOTHING = 0;
export const FOR_RECEIVE = 1;
export const FOR_CONNECT = 2;
export const FOR_CHAIN = 3;
export const FOR_SEND_NOW = 4;
export const FOR_SEND_ALL = 5;
export const FOR_ACCEPT = 6;
export const FOR_WAKE = 7;
/** Its result is read during the hand-over that carries it out; nobody waits for the completion. */
export const FOR_INSTALL = 8;
export const OPERATION_MASK = 15;

/**
 * The low word of user data is the slot (15 bits) and the slot's generation (16 bits): a late completion of a row's
 * earlier life has another generation. The high word is the operation; behind it stands, for a send, where its bytes are.
 */
export const SLOT_BITS = 15;
const SLOT_MASK = (1 << SLOT_BITS) - 1;
export const GENERATION_MASK = 0xffff;
export const MAX_SLOTS = 1 << SLOT_BITS;

/** Offsets in an outbox are multiples of 16: the low four bits are free for the operation. */
export const sendNowTag = (offset: number): number => offset | FOR_SEND_NOW;
export const offsetOf = (high: number): number => high & ~OPERATION_MASK;

/** The columns of a ring's slots. */
export class SlotTable {
  readonly slots: number;
  readonly state: Uint8Array;
  readonly marks: Uint8Array;
  readonly generation: Uint16Array;
  /** Why the slot's life ended; errnos of Linux fit a byte. */
  readonly errno: Uint8Array;

  constructor(slots: number) {
    this.slots = slots;
    this.state = new Uint8Array(slots);
    this.marks = new Uint8Array(slots);
    this.generation = new Uint16Array(slots);
    this.errno = new Uint8Array(slots);
  }

  /** The low word of user data for the slot's present life. */
  tag(slot: number): number {
    return slot | (this.generation[slot]! << SLOT_BITS);
  }

  /** The slot that a completion's low word names, or -1 when it belongs to an earlier life. */
  present(low: number): number {
    const slot = low & SLOT_MASK;
    return ((low >>> SLOT_BITS) & GENERATION_MASK) === this.generation[slot] ? slot : -1;
  }
}
