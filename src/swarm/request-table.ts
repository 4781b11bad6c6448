/** "No request" wherever a request is named. */
export const NO_REQUEST = -1;

const FIRST_CAPACITY = 1024;
export const REQUEST_LIMIT = 2 ** 22;

/**
 * Requests that wait for their answer: one pooled slab for all clients. Each is in two lists, both in the order of
 * sending: its client's, which finds the request of an answer, and its step's. All requests of a step have the same
 * time-out, so the oldest of a step is the next to time out and no request needs a timer.
 */
export class RequestTable {
  /** Columns by request; replaced when the table grows, so read them through the table each time. */
  row = new Uint32Array(FIRST_CAPACITY);
  step = new Uint16Array(FIRST_CAPACITY);
  /** What pairs the answer with it: the sequence number, or 64 bits made from the matching field. */
  keyLow = new Uint32Array(FIRST_CAPACITY);
  keyHigh = new Uint32Array(FIRST_CAPACITY);
  intendedUs = new Float64Array(FIRST_CAPACITY);
  sentUs = new Float64Array(FIRST_CAPACITY);
  /** The client's iteration at the send: the expected answer may name it. */
  iteration = new Uint32Array(FIRST_CAPACITY);

  #rowNext = new Int32Array(FIRST_CAPACITY);
  #rowPrevious = new Int32Array(FIRST_CAPACITY);
  #stepNext = new Int32Array(FIRST_CAPACITY);
  #stepPrevious = new Int32Array(FIRST_CAPACITY);
  /** First and last request of each row, plus one; 0: none. Pages of rows that never send stay untouched. */
  readonly #rowFirst: Uint32Array;
  readonly #rowLast: Uint32Array;
  readonly #stepFirst: Int32Array;
  readonly #stepLast: Int32Array;
  readonly #limit: number;
  #free = NO_REQUEST;
  #used = 0;
  #size = 0;

  constructor(rows: number, steps: number, limit = REQUEST_LIMIT) {
    this.#rowFirst = new Uint32Array(rows);
    this.#rowLast = new Uint32Array(rows);
    this.#stepFirst = new Int32Array(steps).fill(NO_REQUEST);
    this.#stepLast = new Int32Array(steps).fill(NO_REQUEST);
    this.#limit = limit;
  }

  /** Requests that are open. */
  get size(): number {
    return this.#size;
  }

  /** Opens a request behind the others of its row and its step. Returns NO_REQUEST when the table is full. */
  open(row: number, step: number, keyLow: number, keyHigh: number, intendedUs: number, sentUs: number, iteration: number): number {
    const request = this.#take();
    if (request === NO_REQUEST) return NO_REQUEST;
    this.row[request] = row;
    this.step[request] = step;
    this.keyLow[request] = keyLow;
    this.keyHigh[request] = keyHigh;
    this.intendedUs[request] = intendedUs;
    this.sentUs[request] = sentUs;
    this.iteration[request] = iteration;

    const rowLast = this.#rowLast[row]! - 1;
    this.#rowPrevious[request] = rowLast;
    this.#rowNext[request] = NO_REQUEST;
    if (rowLast === NO_REQUEST) this.#rowFirst[row] = request + 1;
    else this.#rowNext[rowLast] = request;
    this.#rowLast[row] = request + 1;

    const stepLast = this.#stepLast[step]!;
    this.#stepPrevious[request] = stepLast;
    this.#stepNext[request] = NO_REQUEST;
    if (stepLast === NO_REQUEST) this.#stepFirst[step] = request;
    else this.#stepNext[stepLast] = request;
    this.#stepLast[step] = request;

    this.#size++;
    return request;
  }

  /** The oldest open request of a row. */
  firstOf(row: number): number {
    return this.#rowFirst[row]! - 1;
  }

  /** The one that the same row sent next. */
  after(request: number): number {
    return this.#rowNext[request]!;
  }

  /** The oldest open request of a step. */
  oldestOf(step: number): number {
    return this.#stepFirst[step]!;
  }

  close(request: number): void {
    const row = this.row[request]!;
    const rowNext = this.#rowNext[request]!;
    const rowPrevious = this.#rowPrevious[request]!;
    if (rowPrevious === NO_REQUEST) this.#rowFirst[row] = rowNext + 1;
    else this.#rowNext[rowPrevious] = rowNext;
    if (rowNext === NO_REQUEST) this.#rowLast[row] = rowPrevious + 1;
    else this.#rowPrevious[rowNext] = rowPrevious;

    const step = this.step[request]!;
    const stepNext = this.#stepNext[request]!;
    const stepPrevious = this.#stepPrevious[request]!;
    if (stepPrevious === NO_REQUEST) this.#stepFirst[step] = stepNext;
    else this.#stepNext[stepPrevious] = stepNext;
    if (stepNext === NO_REQUEST) this.#stepLast[step] = stepPrevious;
    else this.#stepPrevious[stepNext] = stepPrevious;

    this.#rowNext[request] = this.#free;
    this.#free = request;
    this.#size--;
  }

  #take(): number {
    const free = this.#free;
    if (free !== NO_REQUEST) {
      this.#free = this.#rowNext[free]!;
      return free;
    }
    if (this.#used === this.#limit) return NO_REQUEST;
    if (this.#used === this.row.length) this.#grow(Math.min(this.#limit, this.#used * 2));
    return this.#used++;
  }

  #grow(capacity: number): void {
    const u32 = (from: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
      const to = new Uint32Array(capacity);
      to.set(from);
      return to;
    };
    const i32 = (from: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(capacity);
      to.set(from);
      return to;
    };
    const f64 = (from: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
      const to = new Float64Array(capacity);
      to.set(from);
      return to;
    };
    const step = new Uint16Array(capacity);
    step.set(this.step);
    this.step = step;
    this.row = u32(this.row);
    this.keyLow = u32(this.keyLow);
    this.keyHigh = u32(this.keyHigh);
    this.iteration = u32(this.iteration);
    this.intendedUs = f64(this.intendedUs);
    this.sentUs = f64(this.sentUs);
    this.#rowNext = i32(this.#rowNext);
    this.#rowPrevious = i32(this.#rowPrevious);
    this.#stepNext = i32(this.#stepNext);
    this.#stepPrevious = i32(this.#stepPrevious);
  }
}
