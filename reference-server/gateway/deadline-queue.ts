/**
 * Deadlines that all lie equally far ahead: whoever comes first is due first, so a ring of entries is enough. An entry is a
 * slot and the life of the slot that it was made for; entries of past lives are the caller's to ignore.
 */
export class DeadlineQueue {
  readonly #delayUs: number;
  #slots = new Int32Array(1024);
  #lives = new Int32Array(1024);
  #dueUs = new Float64Array(1024);
  #head = 0;
  #count = 0;

  constructor(delayUs: number) {
    this.#delayUs = delayUs;
  }

  add(slot: number, life: number, nowUs: number): void {
    if (this.#count === this.#slots.length) this.#grow();
    const at = (this.#head + this.#count++) & (this.#slots.length - 1);
    this.#slots[at] = slot;
    this.#lives[at] = life;
    this.#dueUs[at] = nowUs + this.#delayUs;
  }

  /** When the first entry is due; Infinity when there is none. */
  get nextUs(): number {
    return this.#count === 0 ? Infinity : this.#dueUs[this.#head]!;
  }

  /** Hands over every entry that is due. */
  expire(nowUs: number, visit: (slot: number, life: number) => void): void {
    while (this.#count > 0 && this.#dueUs[this.#head]! <= nowUs) {
      const slot = this.#slots[this.#head]!;
      const life = this.#lives[this.#head]!;
      this.#head = (this.#head + 1) & (this.#slots.length - 1);
      this.#count--;
      visit(slot, life);
    }
  }

  #grow(): void {
    const size = this.#slots.length;
    const order = Array.from({ length: size }, (_, i) => (this.#head + i) & (size - 1));
    const slots = new Int32Array(size * 2);
    const lives = new Int32Array(size * 2);
    const dueUs = new Float64Array(size * 2);
    for (const [to, from] of order.entries()) {
      slots[to] = this.#slots[from]!;
      lives[to] = this.#lives[from]!;
      dueUs[to] = this.#dueUs[from]!;
    }
    this.#slots = slots;
    this.#lives = lives;
    this.#dueUs = dueUs;
    this.#head = 0;
  }
}
