/** What a wheel calls for each node whose deadline has passed. */
export interface DeadlineOwner {
  onDeadline(node: number, nowUs: number): void;
}

/**
 * One deadline a node, 0 .. nodes - 1, in a hashed wheel of time: setting, moving and cancelling are O(1), and time passing
 * costs one look at a bucket a tick. A deadline fires at the first tick that is not before it: never early, at most one
 * tick late. Deadlines beyond one turn of the wheel stay in their bucket for another turn.
 *
 * 12 bytes a node; memory of nodes that were never used is never touched.
 */
export class TimingWheel {
  readonly #tickUs: number;
  readonly #mask: number;
  readonly #startUs: number;
  /** First node of each bucket plus 1, 0 for an empty one. One bucket more than the wheel has: the nodes that fire now. */
  readonly #heads: Int32Array;
  /** Next node in the bucket plus 1; 0 ends it. */
  readonly #next: Int32Array;
  /** Previous node plus 1, or minus the bucket minus 1 for the first of a bucket; 0 for a node without a deadline. */
  readonly #previous: Int32Array;
  /** Tick at which the node fires. */
  readonly #dueTick: Int32Array;
  /** Every tick up to this one has been fired. */
  #tick = 0;
  #count = 0;

  /** `buckets` is a power of two. `startUs` is the time of tick 0. */
  constructor(nodes: number, tickUs: number, buckets: number, startUs: number) {
    this.#tickUs = tickUs;
    this.#mask = buckets - 1;
    this.#startUs = startUs;
    this.#heads = new Int32Array(buckets + 1);
    this.#next = new Int32Array(nodes);
    this.#previous = new Int32Array(nodes);
    this.#dueTick = new Int32Array(nodes);
  }

  /** Nodes with a deadline. */
  get count(): number {
    return this.#count;
  }

  /** Sets the node's only deadline, in place of an earlier one. One that lies in the past fires at the next tick. */
  set(node: number, deadlineUs: number): void {
    this.cancel(node);
    const wanted = Math.ceil((deadlineUs - this.#startUs) / this.#tickUs);
    // 2^31 - 1 ticks are years; a deadline of Infinity is as far away as that.
    this.#insert(node, wanted <= this.#tick ? this.#tick + 1 : wanted > 0x7fffffff ? 0x7fffffff : wanted);
  }

  /** Takes the node's deadline away; nothing happens when it has none. */
  cancel(node: number): void {
    const previous = this.#previous[node]!;
    if (previous === 0) return;
    const next = this.#next[node]!;
    if (previous > 0) this.#next[previous - 1] = next;
    else this.#heads[-previous - 1] = next;
    if (next !== 0) this.#previous[next - 1] = previous;
    this.#previous[node] = 0;
    this.#count--;
  }

  /** Fires what is due at `nowUs`. The owner may set and cancel deadlines of any node, also of the one that fires. */
  advance(nowUs: number, owner: DeadlineOwner): void {
    const target = Math.floor((nowUs - this.#startUs) / this.#tickUs);
    if (this.#count === 0) {
      // Nothing to fire on the way.
      if (target > this.#tick) this.#tick = target;
      return;
    }
    // After a long stall one turn of the wheel sees every bucket.
    if (target - this.#tick > this.#mask + 1) this.#tick = target - this.#mask - 1;
    while (this.#tick < target) {
      // The tick counts as fired before its nodes are, so that what the owner sets meanwhile lands behind it.
      this.#tick++;
      this.#fire(this.#tick & this.#mask, nowUs, owner);
    }
  }

  /** Time of the next tick in clock microseconds; Infinity when no node has a deadline. */
  nextTickUs(): number {
    return this.#count === 0 ? Infinity : this.#startUs + (this.#tick + 1) * this.#tickUs;
  }

  /** Fires the nodes of a bucket that are due at this tick; those of a later turn go back. */
  #fire(bucket: number, nowUs: number, owner: DeadlineOwner): void {
    const heads = this.#heads;
    const first = heads[bucket]!;
    if (first === 0) return;
    // On a list of their own: what goes back into the bucket must not be met again.
    const firing = this.#mask + 1;
    heads[bucket] = 0;
    heads[firing] = first;
    this.#previous[first - 1] = -firing - 1;
    while (heads[firing] !== 0) {
      const node = heads[firing]! - 1;
      this.cancel(node);
      if (this.#dueTick[node]! <= this.#tick) owner.onDeadline(node, nowUs);
      else this.#insert(node, this.#dueTick[node]!);
    }
  }

  #insert(node: number, dueTick: number): void {
    const bucket = dueTick & this.#mask;
    const first = this.#heads[bucket]!;
    this.#next[node] = first;
    this.#previous[node] = -bucket - 1;
    if (first !== 0) this.#previous[first - 1] = node + 1;
    this.#heads[bucket] = node + 1;
    this.#dueTick[node] = dueTick;
    this.#count++;
  }
}
