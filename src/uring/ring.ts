/**
 * One io_uring: submission entries are filled in mapped memory and handed over by one system call a batch. Heads and tails
 * follow io_uring(7): the kernel owns the submission head and the completion tail, we own the other two.
 */
import {
  EAGAIN,
  EBUSY,
  EINTR,
  ETIME,
  IORING_ENTER_EXT_ARG,
  IORING_ENTER_GETEVENTS,
  IORING_OFF_SQ_RING,
  IORING_OFF_SQES,
  IORING_SETUP_CLAMP,
  IORING_SETUP_CQSIZE,
  IORING_SETUP_DEFER_TASKRUN,
  IORING_SETUP_NO_SQARRAY,
  IORING_SETUP_SINGLE_ISSUER,
  IORING_SETUP_SUBMIT_ALL,
  IORING_SETUP_TASKRUN_FLAG,
  IORING_SQ_CQ_OVERFLOW,
  IORING_SQ_TASKRUN,
} from './kernel-constants.js';
import { type Libc, libc } from './libc.js';
import { allocate, type Memory, mapDescriptor, release } from './memory.js';

const EINVAL = 22;

export class Ring {
  readonly fd: number;
  readonly entryCount: number;
  /** The submission entries, 64 bytes each, in three widths. */
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly halves: Uint16Array;
  /** The queues' shared memory: read completions at `completions + (index & completionMask) * 4`. */
  readonly queue: Int32Array;
  readonly completionHead: number;
  readonly completionTail: number;
  readonly completionMask: number;
  readonly completions: number;
  /** Index of the flags that the kernel sets (IORING_SQ_*). */
  readonly flagsAt: number;
  /** Entries filled and not yet handed over. */
  pending = 0;
  readonly #libc: Libc;
  readonly #mask: number;
  readonly #tailAt: number;
  readonly #mappings: Memory[] = [];
  readonly #waitWords: Uint32Array;
  readonly #waitAddress: number;
  #tail = 0;

  /** Throws an Error with the errno when the kernel refuses. */
  constructor(entries: number, completions: number) {
    this.#libc = libc();
    const params = new Uint32Array(30); // struct io_uring_params: sq_off at word 10, cq_off at word 20
    const { fd, sqArray } = setUp(this.#libc, entries, completions, params);
    this.fd = fd;
    this.entryCount = params[0]!;
    const queueBytes = Math.max(params[25]! + params[1]! * 16, sqArray ? params[16]! + params[0]! * 4 : 0);
    const queue = mapDescriptor(fd, queueBytes, IORING_OFF_SQ_RING);
    const entryMemory = mapDescriptor(fd, this.entryCount * 64, IORING_OFF_SQES);
    this.queue = new Int32Array(queue.buffer);
    if (sqArray) for (let i = 0; i < this.entryCount; i++) this.queue[params[16]! / 4 + i] = i;
    this.words = new Int32Array(entryMemory.buffer);
    this.bytes = new Uint8Array(entryMemory.buffer);
    this.halves = new Uint16Array(entryMemory.buffer);
    this.#mask = this.entryCount - 1;
    this.#tailAt = params[11]! / 4;
    this.flagsAt = params[14]! / 4;
    this.completionHead = params[20]! / 4;
    this.completionTail = params[21]! / 4;
    this.completionMask = params[1]! - 1;
    this.completions = params[25]! / 4;
    // struct io_uring_getevents_arg {sigmask u64, sigmask_sz u32, min_wait_usec u32, ts u64} and behind it the timespec.
    const wait = allocate(4096);
    this.#waitWords = new Uint32Array(wait.buffer);
    new BigUint64Array(wait.buffer)[2] = wait.address + 32n;
    this.#waitAddress = Number(wait.address);
    this.#mappings.push(queue, entryMemory, wait);
  }

  /** Entries that may still be filled before the next hand-over. */
  get room(): number {
    return this.entryCount - this.pending;
  }

  /** True when the kernel has work for this ring that runs at the next collect() (read from memory, no system call). */
  get hasWork(): boolean {
    return (Atomics.load(this.queue, this.flagsAt) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) !== 0;
  }

  /** Claims the next entry, zeroed; returns its index in 32-bit words. The caller has made sure of room. */
  claim(): number {
    const at = (this.#tail & this.#mask) << 4;
    this.#tail = (this.#tail + 1) | 0;
    this.pending++;
    // fill() would leave compiled code, which costs more than all of this.
    const { words } = this;
    words[at] = 0;
    words[at + 1] = 0;
    words[at + 2] = 0;
    words[at + 3] = 0;
    words[at + 4] = 0;
    words[at + 5] = 0;
    words[at + 6] = 0;
    words[at + 7] = 0;
    words[at + 8] = 0;
    words[at + 9] = 0;
    words[at + 10] = 0;
    words[at + 11] = 0;
    words[at + 12] = 0;
    words[at + 13] = 0;
    words[at + 14] = 0;
    words[at + 15] = 0;
    return at;
  }

  /** Hands over what is pending without collecting anything. */
  submit(): void {
    const before = this.pending;
    this.#enter(0, 0, 0, 0);
    // The kernel takes all of a batch or stops at one entry that it refuses whole; where it stops with completions
    // overflowing (EBUSY) only collecting helps.
    while (this.pending > 0) this.#enter(0, this.pending === before ? IORING_ENTER_GETEVENTS : 0, 0, 0);
  }

  /**
   * Hands over what is pending and collects the completions that are ready. The kernel says that there is work behind having
   * listed it, so another processor may say so of work that is done by then, and nothing but the next work takes that back:
   * a ring of quiet sockets would look busy for minutes. So the flag is taken back here, before the kernel looks at its list.
   */
  collect(): void {
    if ((this.queue[this.flagsAt]! & IORING_SQ_TASKRUN) !== 0) Atomics.and(this.queue, this.flagsAt, ~IORING_SQ_TASKRUN);
    this.#enter(0, IORING_ENTER_GETEVENTS, 0, 0);
  }

  /** Hands over what is pending and waits for at least one completion, `waitUs` at most. */
  wait(waitUs: number): void {
    const seconds = Math.floor(waitUs / 1e6);
    this.#waitWords[8] = seconds;
    this.#waitWords[10] = (waitUs - seconds * 1e6) * 1e3;
    this.#enter(1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, this.#waitAddress, 24);
  }

  /** io_uring_register on this ring; throws with the errno. */
  register(opcode: number, argument: ArrayBufferView | null, count: number): void {
    const result = this.#libc.register(this.fd, opcode, argument, count);
    if (result < 0) throw new Error(`io_uring_register ${opcode}: errno ${-result}`);
  }

  /** Ends everything that is under way in this ring. */
  destroy(): void {
    this.#libc.close(this.fd);
    for (const memory of this.#mappings) release(memory);
  }

  #enter(minimum: number, flags: number, argument: number, size: number): void {
    Atomics.store(this.queue, this.#tailAt, this.#tail);
    const result = this.#libc.enter(this.fd, this.pending, minimum, flags, argument, size);
    if (result >= 0) this.pending -= result;
    // EINTR: a signal came. ETIME: the wait is over. EAGAIN and EBUSY: memory is short or completions wait to be taken;
    // in all four nothing is lost and the next call goes on.
    else if (result !== -EINTR && result !== -ETIME && result !== -EAGAIN && result !== -EBUSY) {
      throw new Error(`io_uring_enter: errno ${-result}`);
    }
  }
}

function setUp(c: Libc, entries: number, completions: number, params: Uint32Array): { fd: number; sqArray: boolean } {
  const flags =
    IORING_SETUP_SINGLE_ISSUER |
    IORING_SETUP_DEFER_TASKRUN |
    IORING_SETUP_TASKRUN_FLAG |
    IORING_SETUP_SUBMIT_ALL |
    IORING_SETUP_CQSIZE |
    IORING_SETUP_CLAMP;
  for (const optional of [IORING_SETUP_NO_SQARRAY, 0]) {
    params.fill(0);
    params[1] = completions;
    params[2] = flags | optional;
    const fd = c.setup(entries, params);
    if (fd >= 0) return { fd, sqArray: optional === 0 };
    if (fd !== -EINVAL || optional === 0) throw new Error(`io_uring_setup: errno ${-fd}`);
  }
  throw new Error('io_uring_setup failed');
}
