/**
 * Submission entries, one function an operation (man io_uring_enter(2), section on struct io_uring_sqe). An entry is 16
 * words: 0 opcode, flags and priority; 1 descriptor; 2-3 offset; 4-5 address; 6 length; 7 operation flags; 8-9 user data;
 * 10 buffer group; 11 file index; 12-13 third address. All sockets here are direct descriptors: slots of the ring's table.
 */
import {
  IORING_FILE_INDEX_ALLOC,
  IORING_OP_ACCEPT,
  IORING_OP_ASYNC_CANCEL,
  IORING_OP_BIND,
  IORING_OP_CLOSE,
  IORING_OP_CONNECT,
  IORING_OP_FIXED_FD_INSTALL,
  IORING_OP_READ,
  IORING_OP_RECV,
  IORING_OP_SEND,
  IORING_OP_SOCKET,
  IORING_OP_URING_CMD,
  IORING_RECV_MULTISHOT,
  IORING_RECVSEND_POLL_FIRST,
  IOSQE_BUFFER_SELECT,
  IOSQE_CQE_SKIP_SUCCESS,
  IOSQE_FIXED_FILE,
  IOSQE_IO_LINK,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_WAITALL,
  SOCK_STREAM,
  SOCKET_URING_OP_SETSOCKOPT,
} from './kernel-constants.js';
import type { Memory } from './memory.js';
import type { Ring } from './ring.js';

/** The buffer group that every ring's receives pick from. */
export const RECEIVE_GROUP = 1;

function begin(ring: Ring, opcode: number, flags: number, descriptor: number, low: number, high: number): number {
  const at = ring.claim();
  const { words } = ring;
  words[at] = opcode | (flags << 8);
  words[at + 1] = descriptor;
  words[at + 8] = low;
  words[at + 9] = high;
  return at;
}

function point(ring: Ring, at: number, memory: Memory, offset: number): void {
  const sum = memory.low + offset;
  ring.words[at + 4] = sum | 0;
  ring.words[at + 5] = memory.high + (sum > 0xffffffff ? 1 : 0);
}

/**
 * A new socket in table slot `slot`. Completes only when it fails. Entries of one hand-over are issued in their order and
 * this one never waits, so the next may use the slot without a link, which would cost each of them a round of task work.
 */
export function prepareSocket(ring: Ring, family: number, slot: number, low: number, high: number): void {
  const at = begin(ring, IORING_OP_SOCKET, IOSQE_CQE_SKIP_SUCCESS, family, low, high);
  ring.words[at + 2] = SOCK_STREAM;
  ring.words[at + 11] = slot + 1;
}

/** setsockopt(level, name) with `length` bytes at memory[offset]; completes only when it fails (Linux 6.7). */
export function prepareSetOption(
  ring: Ring,
  slot: number,
  level: number,
  name: number,
  memory: Memory,
  offset: number,
  length: number,
  low: number,
  high: number,
): void {
  const at = begin(ring, IORING_OP_URING_CMD, IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS, slot, low, high);
  ring.words[at + 2] = SOCKET_URING_OP_SETSOCKOPT;
  ring.words[at + 4] = level;
  ring.words[at + 5] = name;
  ring.words[at + 11] = length;
  const sum = memory.low + offset;
  ring.words[at + 12] = sum | 0;
  ring.words[at + 13] = memory.high + (sum > 0xffffffff ? 1 : 0);
}

/** bind() to the sockaddr at memory[offset]; completes only when it fails, and then the next entry is not issued (Linux 6.11). */
export function prepareBind(ring: Ring, slot: number, memory: Memory, offset: number, length: number, low: number, high: number): void {
  const at = begin(ring, IORING_OP_BIND, IOSQE_FIXED_FILE | IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS, slot, low, high);
  point(ring, at, memory, offset);
  ring.words[at + 2] = length;
}

/** connect() to the sockaddr at memory[offset]; always completes. */
export function prepareConnect(ring: Ring, slot: number, memory: Memory, offset: number, length: number, low: number, high: number): void {
  const at = begin(ring, IORING_OP_CONNECT, IOSQE_FIXED_FILE, slot, low, high);
  point(ring, at, memory, offset);
  ring.words[at + 2] = length;
}

/**
 * One accept() on a plain listening descriptor into a slot that the kernel picks; its result is the slot. The peer's
 * sockaddr is written to memory[offset]; the word at memory[lengthOffset] says how long it may be.
 */
export function prepareAccept(
  ring: Ring,
  listener: number,
  memory: Memory,
  offset: number,
  lengthOffset: number,
  low: number,
  high: number,
): void {
  const at = begin(ring, IORING_OP_ACCEPT, 0, listener, low, high);
  point(ring, at, memory, offset);
  const sum = memory.low + lengthOffset;
  ring.words[at + 2] = sum | 0;
  ring.words[at + 3] = memory.high + (sum > 0xffffffff ? 1 : 0);
  ring.words[at + 11] = IORING_FILE_INDEX_ALLOC;
}

/**
 * Receives until told otherwise, a completion for each piece, into buffers that the kernel picks (Linux 6.0). It is armed
 * when a connection begins, before anything can have come: POLL_FIRST saves the attempt that would find nothing.
 */
export function prepareReceive(ring: Ring, slot: number, low: number, high: number): void {
  const at = begin(ring, IORING_OP_RECV, IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT, slot, low, high);
  ring.halves[at * 2 + 1] = IORING_RECV_MULTISHOT | IORING_RECVSEND_POLL_FIRST;
  ring.halves[at * 2 + 20] = RECEIVE_GROUP;
}

/**
 * Sends memory[offset .. offset + length) at once. All of it is copied by the kernel during the hand-over, or the entry
 * completes with a short count or -EAGAIN; when it succeeds whole it does not complete at all.
 */
export function prepareSendNow(
  ring: Ring,
  slot: number,
  memory: Memory,
  offset: number,
  length: number,
  low: number,
  high: number,
): number {
  const at = begin(ring, IORING_OP_SEND, IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS, slot, low, high);
  point(ring, at, memory, offset);
  ring.words[at + 6] = length;
  ring.words[at + 7] = MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL;
  return at;
}

/** Sends memory[offset .. offset + length), waiting for the peer as long as it takes; always completes. The memory must stay. */
export function prepareSendAll(ring: Ring, slot: number, memory: Memory, offset: number, length: number, low: number, high: number): void {
  const at = begin(ring, IORING_OP_SEND, IOSQE_FIXED_FILE, slot, low, high);
  point(ring, at, memory, offset);
  ring.words[at + 6] = length;
  ring.words[at + 7] = MSG_WAITALL | MSG_NOSIGNAL;
}

/**
 * Cancels the entry with this user data, which then completes with -ECANCELED. The kernel finds it by a hash; a cancel by
 * descriptor would walk over everything that the ring has under way.
 */
export function prepareCancel(ring: Ring, targetLow: number, targetHigh: number, low: number, high: number): void {
  const at = begin(ring, IORING_OP_ASYNC_CANCEL, IOSQE_CQE_SKIP_SUCCESS, -1, low, high);
  ring.words[at + 4] = targetLow;
  ring.words[at + 5] = targetHigh;
}

/** Frees the slot; the socket closes when nothing is under way on it. Completes only when it fails. */
export function prepareClose(ring: Ring, slot: number, low: number, high: number): void {
  const at = begin(ring, IORING_OP_CLOSE, IOSQE_CQE_SKIP_SUCCESS, 0, low, high);
  ring.words[at + 11] = slot + 1;
}

/** A plain descriptor for the socket in slot `slot`: the result. Carried out during the hand-over; always completes. */
export function prepareInstall(ring: Ring, slot: number, low: number, high: number): void {
  begin(ring, IORING_OP_FIXED_FD_INSTALL, IOSQE_FIXED_FILE, slot, low, high);
}

/** Reads `length` bytes from a plain descriptor into memory[offset]; always completes. */
export function prepareRead(ring: Ring, fd: number, memory: Memory, offset: number, length: number, low: number, high: number): void {
  const at = begin(ring, IORING_OP_READ, 0, fd, low, high);
  point(ring, at, memory, offset);
  ring.words[at + 6] = length;
}
