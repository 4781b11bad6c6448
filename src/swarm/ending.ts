import { COUNTER } from '../measure/metric-names.js';
import type { Recorder } from '../measure/recorder.js';
import type { Arrivals } from './arrivals.js';
import type { Clients } from './clients.js';
import type { Connections } from './connections.js';
import type { Population } from './population.js';

const RUNNING = 0;
const LEAVING = 1;
const CUTTING_OFF = 2;
const OVER = 3;

/** Rows told to leave, or cut off, between two looks at the network. */
const LEAVES_A_TURN = 128;
const CUT_OFF_A_TURN = 4096;
/** So long the transport may take to give up connections that were cut off. */
const CUT_OFF_WITHIN_US = 5_000_000;

/** The end of one scenario: no more arrivals, its clients leave in order, a bounded number at once, and who has not left in time is cut off. */
export class Ending {
  readonly #population: Population;
  readonly #arrivals: Arrivals;
  readonly #clients: Clients;
  readonly #connections: Connections;
  readonly #recorder: Recorder;
  readonly #maxLeaving: number;
  #state = RUNNING;
  /** Rows before this one have been told to leave, or cut off. */
  #cursor = 0;
  #untilUs = Number.POSITIVE_INFINITY;

  constructor(
    population: Population,
    arrivals: Arrivals,
    clients: Clients,
    connections: Connections,
    recorder: Recorder,
    maxLeaving: number,
  ) {
    this.#population = population;
    this.#arrivals = arrivals;
    this.#clients = clients;
    this.#connections = connections;
    this.#recorder = recorder;
    this.#maxLeaving = maxLeaving;
  }

  get isOver(): boolean {
    return this.#state === OVER;
  }

  /** Ends the scenario now instead of at its planned end. */
  stop(nowUs: number): void {
    if (this.#state !== RUNNING) return;
    this.#population.flow.endUs = Math.min(this.#population.flow.endUs, nowUs);
    this.#arrivals.stop();
  }

  /** When it must be looked at again, us, if nothing else happens; a time that has passed means at once. */
  nextUs(): number {
    if (this.#state === RUNNING) return this.#population.flow.endUs;
    return this.#canTellMore ? 0 : this.#untilUs;
  }

  run(nowUs: number): void {
    const { flow } = this.#population;
    if (this.#state === RUNNING && nowUs >= flow.endUs) {
      this.#state = LEAVING;
      this.#untilUs = flow.endUs + flow.plan.gracefulStopUs;
      // Who should have come and found no row before the end is a planned client that never became ready.
      if (!flow.isOpen) this.#recorder.count(COUNTER.sessions_failed, this.#arrivals.stop());
      else this.#arrivals.stop();
      this.#giveUpStarts(nowUs);
    }
    if (this.#state === LEAVING) this.#tellToLeave(nowUs);
    if (this.#state === LEAVING && nowUs >= this.#untilUs) {
      this.#state = CUTTING_OFF;
      this.#cursor = 0;
    }
    if (this.#state === CUTTING_OFF) this.#cutOff(nowUs);
    if (this.#population.live === 0 && this.#arrivals.isOver) this.#over();
  }

  /** Before those who came leave, which may take long: nobody goes on connecting meanwhile. */
  #giveUpStarts(nowUs: number): void {
    const { firstRow, rows } = this.#population.flow;
    for (let row = firstRow; row < firstRow + rows; row++) if (this.#clients.isToStart(row)) this.#clients.leave(row, nowUs);
  }

  #tellToLeave(nowUs: number): void {
    const { firstRow, rows } = this.#population.flow;
    const end = Math.min(rows, this.#cursor + LEAVES_A_TURN);
    while (this.#cursor < end && this.#connections.closingCount < this.#maxLeaving) this.#clients.leave(firstRow + this.#cursor++, nowUs);
  }

  get #canTellMore(): boolean {
    return this.#state === LEAVING && this.#cursor < this.#population.flow.rows && this.#connections.closingCount < this.#maxLeaving;
  }

  #cutOff(nowUs: number): void {
    const { firstRow, rows } = this.#population.flow;
    if (this.#cursor < rows) {
      const end = Math.min(rows, this.#cursor + CUT_OFF_A_TURN);
      while (this.#cursor < end) this.#clients.cutOff(firstRow + this.#cursor++, nowUs);
      this.#untilUs = this.#cursor < rows ? nowUs : nowUs + CUT_OFF_WITHIN_US;
    } else if (nowUs >= this.#untilUs) {
      this.#over();
    }
  }

  #over(): void {
    if (this.#state === OVER) return;
    this.#state = OVER;
    this.#recorder.count(COUNTER.dropped_iterations, this.#population.takeOwed());
  }
}
