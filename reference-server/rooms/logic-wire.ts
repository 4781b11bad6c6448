/**
 * What a gateway thread and a logic worker say to one another over their rings (ring/).
 *
 * A task is one slot of 16 words, thread -> worker. Its answer has the same words, with the result in place of the operands. A
 * state goes worker -> thread with the slots that are to get it.
 */

/** Kinds of tasks. The first four are answered; the others cannot fail and must not be lost. */
export const TASK_JOIN = 1;
export const TASK_LEAVE = 2;
export const TASK_MOVE = 3;
export const TASK_TRADE = 4;
/** The connection is over, or sits in another worker's room now. */
export const TASK_GONE = 5;
/** The seat of member A (of any thread) becomes this slot's. */
export const TASK_HAND_OVER = 6;
/** The slot missed a state and can take one again. */
export const TASK_WANT_FULL = 7;

/** Words of a task and of its answer. */
export const KIND = 0;
export const SLOT = 1;
/** Which connection of the slot, modulo 256. */
export const LIFE = 2;
export const SEQ = 3;
/** Room of a join or leave; x of a move; amount of a trade; the older member of a hand-over. */
export const A = 4;
/** y of a move. */
export const B = 5;
/** When the packet came: the low 32 bits of clock microseconds. */
export const AT_US = 6;
export const IS_SIGNED = 7;
export const NONCE_LOW = 8;
export const NONCE_HIGH = 9;
/** Four words: the session of a signed operation. */
export const SID = 10;
/** Of an answer, in place of what a task has there. */
export const CODE = 5;
/** Seat of a join, value of a trade. */
export const RESULT = 14;
/** Of a join: members in the upper 16 bits of RESULT; the tick. */
export const TICK = 15;
export const TASK_INTS = 16;

/** A state: these words, then `count` slots of a word each, then the packet. */
export const KIND_STATE = 100;
export const STATE_ROOM = 1;
export const STATE_COUNT = 2;
export const STATE_BYTES = 3;
export const STATE_SLOTS = 4;

/** Bytes of the record of a state with so many receivers and so long a packet. */
export const stateRecordBytes = (count: number, packetBytes: number): number => (STATE_SLOTS + count) * 4 + packetBytes;

/** Tasks that wait for a worker, over all gateway threads. */
export const MAX_QUEUED_TASKS = 1_024;

/** Tasks that may wait in the ring of one of `threads` gateway threads: an equal share, and a power of two. */
export const tasksPerThread = (threads: number): number => 2 ** Math.floor(Math.log2(MAX_QUEUED_TASKS / threads));
