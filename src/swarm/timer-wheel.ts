/** Told of each timer that is due. The timer is no longer set and may be set again from inside the call. */
export interface TimerVisitor {
  onTimer(timer: number, nowUs: number): void;
}

export interface TimerWheelOptions {
  /** Timers are 0 .. timers - 1. */
  readonly timers: number;
  /** The clock's time at which tick 0 begins, us. */
  readonly startUs: number;
  /** Width of a tick, us. A timer fires up to one tick late and never early. */
  readonly tickUs?: number;
  /** Buckets, a power of two of at least 32. A timer further away than buckets x tickUs waits whole rounds in its bucket. */
  readonly buckets?: number;
}

/**
 * One hashed timing wheel for all timers of a worker (Varghese and Lauck 1987, scheme 6): setting and cancelling cost the
 * same however many are set, and nothing is allocated. A timer is a number; its three cells are columns.
 */
export class TimerWheel {
  readonly tickUs: number;
  readonly #startUs: number;
  readonly #timers: number;
  readonly #mask: number;
  /** Rings of timers, doubly linked. Above the timers stand the buckets' own cells and the one of the ring being fired. */
  readonly #next: Uint32Array;
  readonly #previous: Uint32Array;
  /** Tick at which the timer fires; 0: not set. */
  readonly #due: Uint32Array;
  /** One bit a bucket: it may hold timers. Cleared when the wheel passes an empty one. */
  readonly #occupied: Uint32Array;
  readonly #firing: number;
  /** The last tick that was fired. */
  #tick = 0;
  #size = 0;

  constructor(options: TimerWheelOptions) {
    const buckets = options.buckets ?? 2 ** 17;
    if (buckets < 32 || (buckets & (buckets - 1)) !== 0) throw new RangeError(`buckets must be a power of two from 32: ${buckets}`);
    this.tickUs = options.tickUs ?? 256;
    this.#startUs = options.startUs;
    this.#timers = options.timers;
    this.#mask = buckets - 1;
    this.#firing = options.timers + buckets;
    this.#next = new Uint32Array(this.#firing + 1);
    this.#previous = new Uint32Array(this.#firing + 1);
    this.#due = new Uint32Array(options.timers);
    this.#occupied = new Uint32Array(buckets >>> 5);
    for (let cell = options.timers; cell <= this.#firing; cell++) {
      this.#next[cell] = cell;
      this.#previous[cell] = cell;
    }
  }

  /** Timers that are set. */
  get size(): number {
    return this.#size;
  }

  /** End of the tick that is being fired, us. */
  get firingUs(): number {
    return this.#startUs + this.#tick * this.tickUs;
  }

  isSet(timer: number): boolean {
    return this.#due[timer] !== 0;
  }

  /** When the timer will fire, to one tick; Infinity when it is not set. */
  dueUs(timer: number): number {
    const tick = this.#due[timer]!;
    return tick === 0 ? Number.POSITIVE_INFINITY : this.#startUs + tick * this.tickUs;
  }

  /** Sets the timer to fire at `dueUs`, in place of what it was set to. A time that has passed fires at the next tick. */
  set(timer: number, dueUs: number): void {
    if (this.#due[timer] !== 0) this.cancel(timer);
    const wanted = Math.ceil((dueUs - this.#startUs) / this.tickUs);
    const tick = wanted > this.#tick ? wanted : this.#tick + 1;
    const bucket = tick & this.#mask;
    this.#due[timer] = tick;
    this.#size++;
    this.#occupied[bucket >>> 5]! |= 1 << (bucket & 31);
    this.#append(this.#timers + bucket, timer);
  }

  /** Does nothing for a timer that is not set. */
  cancel(timer: number): void {
    if (this.#due[timer] === 0) return;
    this.#due[timer] = 0;
    this.#size--;
    this.#unlink(timer);
  }

  /** Fires every timer that is due at `nowUs`: in the order of their ticks, and within a tick in the order they were set. */
  advance(nowUs: number, visitor: TimerVisitor): void {
    const last = Math.floor((nowUs - this.#startUs) / this.tickUs);
    while (this.#tick < last) {
      const tick = this.#tick + 1;
      const bucket = tick & this.#mask;
      const word = this.#occupied[bucket >>> 5]!;
      if (word === 0) {
        // Nothing in the rest of this word's buckets: the timers set by a visitor are set behind #tick, so none is jumped over.
        this.#tick = Math.min(last, tick + (31 - (bucket & 31)));
        continue;
      }
      this.#tick = tick;
      if ((word & (1 << (bucket & 31))) !== 0) this.#fire(bucket, tick, nowUs, visitor);
    }
  }

  /**
   * When advance() should be called next, us: the end of the first tick at or before `untilUs` whose bucket holds timers (of
   * this round or a later one), or Infinity.
   */
  nextUs(untilUs: number): number {
    if (this.#size === 0) return Number.POSITIVE_INFINITY;
    const last = Math.min(Math.floor((untilUs - this.#startUs) / this.tickUs), this.#tick + this.#mask);
    let tick = this.#tick + 1;
    while (tick <= last) {
      const bucket = tick & this.#mask;
      const word = this.#occupied[bucket >>> 5]! >>> (bucket & 31);
      if (word !== 0) {
        tick += 31 - Math.clz32(word & -word);
        return tick <= last ? this.#startUs + tick * this.tickUs : Number.POSITIVE_INFINITY;
      }
      tick += 32 - (bucket & 31);
    }
    return Number.POSITIVE_INFINITY;
  }

  #fire(bucket: number, tick: number, nowUs: number, visitor: TimerVisitor): void {
    const head = this.#timers + bucket;
    const firing = this.#firing;
    const next = this.#next;
    // What is due moves to a ring of its own first: a visitor may set and cancel any timer, those of this tick too.
    for (let timer = next[head]!; timer !== head; ) {
      const following = next[timer]!;
      if (this.#due[timer] === tick) {
        this.#unlink(timer);
        this.#append(firing, timer);
      }
      timer = following;
    }
    if (next[head] === head) this.#occupied[bucket >>> 5]! &= ~(1 << (bucket & 31));
    for (let timer = next[firing]!; timer !== firing; timer = next[firing]!) {
      this.cancel(timer);
      visitor.onTimer(timer, nowUs);
    }
  }

  #append(head: number, timer: number): void {
    const last = this.#previous[head]!;
    this.#next[last] = timer;
    this.#previous[timer] = last;
    this.#next[timer] = head;
    this.#previous[head] = timer;
  }

  #unlink(timer: number): void {
    const next = this.#next[timer]!;
    const previous = this.#previous[timer]!;
    this.#next[previous] = next;
    this.#previous[next] = previous;
  }
}
