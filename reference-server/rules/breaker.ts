import { type BreakerRule, ERROR_COUNT, SLOW_RATIO } from './rule.js';
import { Window } from './window.js';

export const CLOSED = 0;
export const OPEN = 1;
export const HALF_OPEN = 2;
export const STATE_NAMES = ['closed', 'open', 'half-open'] as const;

/** Answer of tryPass() to a call that shall not be made. */
export const REFUSED = -1;

export interface BreakerOptions {
  /** Called at each change of state; `atMs` may be earlier than the call that noticed it. */
  readonly onChange?: (from: number, to: number, atMs: number) => void;
  /** Calls in flight whose time is watched, a power of two >= 2 (1024). Further ones are counted when they end. */
  readonly watchedCalls?: number;
  /** Number of the first call, 0 .. 2^30 - 1 (0); numbers begin anew after 2^30. */
  readonly firstTicket?: number;
  /** Goes on counting where this breaker, of the same statistic, stands. */
  readonly statisticOf?: Breaker;
}

/** Least time after which a probe that has not ended counts as failed. */
const MIN_LEASE_MS = 1_000;
const WATCHED_CALLS = 1_024;

// Words of the memory: the head, the window, then the start of each watched call.
const STATE = 0;
const NOW_MS = 1;
const RETRY_AT_MS = 2;
/** Tickets from this one on belong to the present state. */
const FIRST_TICKET = 3;
/** The oldest call that is watched, and the one to come. */
const OLDEST_TICKET = 4;
const NEXT_TICKET = 5;
const PROBES_BEGUN = 6;
const PROBES_PASSED = 7;
const HEAD_WORDS = 8;

// A permit is a ticket, and a bit that says that nobody watches the call.
const TICKET_MASK = 0x3fffffff;
const UNWATCHED = 0x40000000;
/** In place of a start. */
const ENDED = -1;

/**
 * A circuit breaker after sentinel-golang's, with these differences: a call that began in an earlier state is ignored (its
 * ticket is older than the state), HALF_OPEN lets max(1, probeNum) calls through and no more, a probe that does not end fails,
 * and with strategy 0 a call that is overdue counts as slow while it is still in flight.
 *
 * A pure function of the calls made to it: what a timer would do is done by the next call, dated back to when it was due. All
 * state is in `memory`; time never goes backwards in it. No call allocates.
 */
export class Breaker {
  readonly rule: BreakerRule;
  /** Everything that changes. A copy put back is the breaker as it was. */
  readonly memory: Float64Array;
  readonly #window: Window;
  readonly #watchFrom: number;
  readonly #watchMask: number;
  readonly #probes: number;
  readonly #leaseMs: number;
  readonly #onChange: ((from: number, to: number, atMs: number) => void) | undefined;

  constructor(rule: BreakerRule, options: BreakerOptions = {}) {
    this.rule = rule;
    this.#probes = Math.max(1, rule.probeNum);
    this.#leaseMs = Math.max(rule.maxAllowedRtMs, MIN_LEASE_MS);
    let watched = options.watchedCalls ?? WATCHED_CALLS;
    while (watched < this.#probes) watched *= 2;
    this.#watchMask = watched - 1;
    this.#watchFrom = HEAD_WORDS + Window.words(rule.statSlidingWindowBucketCount);
    this.#onChange = options.onChange;
    this.memory = new Float64Array(this.#watchFrom + watched);
    this.#window = new Window(this.memory, HEAD_WORDS, rule.statIntervalMs, rule.statSlidingWindowBucketCount);
    this.memory.fill(options.firstTicket ?? 0, FIRST_TICKET, NEXT_TICKET + 1);
    const before = options.statisticOf?.memory;
    if (before !== undefined) this.memory.set(before.subarray(HEAD_WORDS, this.#watchFrom), HEAD_WORDS);
    this.memory[NOW_MS] = before?.[NOW_MS] ?? Number.NEGATIVE_INFINITY;
  }

  /** CLOSED, OPEN or HALF_OPEN at this time. OPEN ends only when a call asks to pass. */
  state(nowMs: number): number {
    this.#settle(nowMs);
    return this.memory[STATE]!;
  }

  /** Milliseconds until a call may pass; 0 when one may now. A HALF_OPEN that waits for its probes says 1. */
  retryAfterMs(nowMs: number): number {
    if (this.wouldPass(nowMs)) return 0;
    return this.memory[STATE] === OPEN ? Math.max(1, this.memory[RETRY_AT_MS]! - this.memory[NOW_MS]!) : 1;
  }

  /** What tryPass() would say: true when the call may be made. */
  wouldPass(nowMs: number): boolean {
    this.#settle(nowMs);
    const { memory } = this;
    const state = memory[STATE]!;
    if (state === CLOSED) return true;
    return state === OPEN ? memory[NOW_MS]! >= memory[RETRY_AT_MS]! : memory[PROBES_BEGUN]! < this.#probes;
  }

  /** A permit (>= 0) that complete() is owed, or REFUSED. `nowMs` is whole milliseconds of a monotonic clock. */
  tryPass(nowMs: number): number {
    this.#settle(nowMs);
    const { memory } = this;
    const state = memory[STATE]!;
    if (state === CLOSED) return this.rule.strategy === SLOW_RATIO ? this.#watch() : memory[NEXT_TICKET]! | UNWATCHED;
    if (state === OPEN) {
      if (memory[NOW_MS]! < memory[RETRY_AT_MS]!) return REFUSED;
      this.#enter(HALF_OPEN, memory[NOW_MS]!);
    } else if (memory[PROBES_BEGUN]! >= this.#probes) return REFUSED;
    memory[PROBES_BEGUN]!++;
    return this.#watch();
  }

  /** The call of this permit has ended and took `rtMs`, whole milliseconds rounded up. */
  complete(permit: number, nowMs: number, rtMs: number, isError: boolean): void {
    this.#settle(nowMs);
    const { memory } = this;
    const ticket = permit & TICKET_MASK;
    if (permit < 0 || isOlder(ticket, memory[FIRST_TICKET]!)) return;
    if (permit < UNWATCHED) {
      // Older than the oldest: it counted when it became overdue.
      if (isOlder(ticket, memory[OLDEST_TICKET]!)) return;
      const start = this.#watchFrom + (ticket & this.#watchMask);
      if (memory[start] === ENDED) return;
      memory[start] = ENDED;
    }
    const isBad = this.rule.strategy === SLOW_RATIO ? rtMs > this.rule.maxAllowedRtMs : isError;
    if (memory[STATE] === CLOSED) this.#count(isBad, memory[NOW_MS]!);
    else if (isBad) this.#open(memory[NOW_MS]!);
    else if (++memory[PROBES_PASSED]! >= this.#probes) {
      this.#enter(CLOSED, memory[NOW_MS]!);
      this.#window.clear();
    }
  }

  /** Does what became due until now, each thing at its own time. */
  #settle(nowMs: number): void {
    const { memory } = this;
    if (nowMs > memory[NOW_MS]!) memory[NOW_MS] = nowMs;
    if (memory[OLDEST_TICKET] !== memory[NEXT_TICKET]) this.#settleWatched(memory[NOW_MS]!);
  }

  #settleWatched(nowMs: number): void {
    const { memory } = this;
    const isClosed = memory[STATE] === CLOSED;
    const allowedMs = isClosed ? this.rule.maxAllowedRtMs : this.#leaseMs;
    while (memory[OLDEST_TICKET] !== memory[NEXT_TICKET]) {
      const oldest = memory[OLDEST_TICKET]!;
      const startMs = memory[this.#watchFrom + (oldest & this.#watchMask)]!;
      if (startMs !== ENDED && nowMs <= startMs + allowedMs) return;
      memory[OLDEST_TICKET] = (oldest + 1) & TICKET_MASK;
      if (startMs === ENDED) continue;
      const dueMs = startMs + allowedMs + 1;
      // Either may leave the state, and with it all that is watched.
      if (isClosed) this.#count(true, dueMs);
      else this.#open(dueMs);
    }
  }

  /** A permit for a call whose time is watched, if there is room. */
  #watch(): number {
    const { memory } = this;
    const ticket = memory[NEXT_TICKET]! | 0;
    if (((ticket - memory[OLDEST_TICKET]!) & TICKET_MASK) > this.#watchMask) return ticket | UNWATCHED;
    memory[this.#watchFrom + (ticket & this.#watchMask)] = memory[NOW_MS]!;
    memory[NEXT_TICKET] = (ticket + 1) & TICKET_MASK;
    return ticket;
  }

  /** Counts a call of the state CLOSED and opens when that was one too many. */
  #count(isBad: boolean, atMs: number): void {
    const window = this.#window;
    const { strategy, minRequestAmount, threshold } = this.rule;
    window.advance(atMs);
    window.add(isBad);
    if (window.total < minRequestAmount) return;
    const measured = strategy === ERROR_COUNT ? window.bad : window.bad / window.total;
    if (measured >= threshold) this.#open(atMs);
  }

  #open(atMs: number): void {
    this.memory[RETRY_AT_MS] = atMs + this.rule.retryTimeoutMs;
    this.#enter(OPEN, atMs);
  }

  #enter(state: number, atMs: number): void {
    const { memory } = this;
    const from = memory[STATE]!;
    memory[STATE] = state;
    memory[PROBES_BEGUN] = 0;
    memory[PROBES_PASSED] = 0;
    // One ticket is left out: unwatched calls hold the number that was to come.
    const first = (memory[NEXT_TICKET]! + 1) & TICKET_MASK;
    memory[FIRST_TICKET] = first;
    memory[OLDEST_TICKET] = first;
    memory[NEXT_TICKET] = first;
    this.#onChange?.(from, state, atMs);
  }
}

/** Ticket numbers begin anew after 2^30; the older of two is the one less than half a turn behind. */
function isOlder(ticket: number, than: number): boolean {
  return ((ticket - than) & TICKET_MASK) > TICKET_MASK >>> 1;
}
