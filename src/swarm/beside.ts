import type { Prng } from '../core/prng.js';
import { COUNTER, TREND } from '../measure/metric-names.js';
import type { Recorder } from '../measure/recorder.js';
import type { Transport } from '../net/transport.js';
import type { EveryStep } from '../scenario/program.js';
import * as C from './client-table.js';
import type { Flow } from './flow.js';
import { MAX_BUFFERED_BYTES, PAUSE_US } from './sender.js';
import type { Timers } from './timers.js';

/** Rounds of one client in a row before others have their turn. */
const ROUNDS_A_TURN = 64;
/** A round is missed when it was due this long before the connection ended: less is what a timer may be late by. */
const MISSED_AFTER_US = 1_000;

export interface BesideParts {
  readonly table: C.ClientTable;
  readonly flows: readonly Flow[];
  readonly transport: Transport;
  readonly recorder: Recorder;
  readonly timers: Timers;
}

/** What sends the step at `pc` for a client: the machine. */
export interface StepSender {
  sendStep(flow: Flow, row: number, pc: number, iteration: number, intendedUs: number, nowUs: number): boolean;
}

/**
 * `every` steps: what runs beside the flow of a client until its connection ends. Like the rounds of a paced loop they stand
 * on a grid that the plan fixes, spread over the clients, and a round that is late is sent with the time that was meant.
 */
export class Beside {
  readonly #parts: BesideParts;
  readonly #prng: Prng;
  /** By number of the every step in its flow, then by row: which tick of its grid is next, when it is meant, rounds since the start. */
  readonly #tick: readonly Uint32Array[];
  readonly #nextUs: readonly Float64Array[];
  readonly #round: readonly Uint32Array[];

  /** `most`: every steps of the flow that has most of them. */
  constructor(parts: BesideParts, prng: Prng, most: number) {
    this.#parts = parts;
    this.#prng = prng;
    const byStep = Array.from({ length: most });
    this.#tick = byStep.map(() => new Uint32Array(parts.table.rows));
    this.#nextUs = byStep.map(() => new Float64Array(parts.table.rows));
    this.#round = byStep.map(() => new Uint32Array(parts.table.rows));
  }

  /** The flow of this row has come to that every step. */
  start(flow: Flow, row: number, index: number, nowUs: number): void {
    const { periodUs } = flow.plan.program.everys[index]!;
    const phaseUs = flow.phaseUs(flow.clientOf(this.#parts.table, row), periodUs);
    this.#tick[index]![row] = Math.max(0, Math.ceil((nowUs - phaseUs) / periodUs));
    this.#round[index]![row] = 0;
    this.#plan(flow, row, index);
    // Its place was moved to before now: the plan of this connection begins now.
    this.#nextUs[index]![row] = Math.max(nowUs, this.#nextUs[index]![row]!);
    this.#parts.timers.setBeside(row, index, this.#nextUs[index]![row]!);
  }

  /** The timer of that every step has fired. */
  due(machine: StepSender, flow: Flow, row: number, index: number, nowUs: number): void {
    const { table, timers, transport } = this.#parts;
    const phase = table.phase[row]!;
    // Before its connection is ended in order a client waits for its last answers, and asks nothing more.
    if (phase < C.OPEN || phase > C.READY || table.waits[row] === C.WAIT_SETTLED) return;
    const next = this.#nextUs[index]!;
    for (let rounds = 0; next[row]! <= nowUs && rounds < ROUNDS_A_TURN; rounds++) {
      if (transport.bufferedBytes(row) > MAX_BUFFERED_BYTES) {
        timers.setBeside(row, index, nowUs + PAUSE_US);
        return;
      }
      this.#send(machine, flow, row, index, nowUs);
      this.#round[index]![row]! += 1;
      this.#tick[index]![row]! += 1;
      this.#plan(flow, row, index);
    }
    timers.setBeside(row, index, next[row]!);
  }

  /** The connection of this row ends, and with it the plan: what was due before and not sent is missed. */
  stop(row: number, nowUs: number): void {
    const { table, timers, flows, recorder } = this.#parts;
    const { everys } = flows[table.scenario[row]!]!.plan.program;
    for (let index = 0; index < everys.length; index++) {
      if (!timers.isBesideSet(row, index)) continue;
      timers.cancelBeside(row, index);
      const { periodUs, body, after } = everys[index]!;
      const lateUs = nowUs - MISSED_AFTER_US - this.#nextUs[index]![row]!;
      if (lateUs <= 0) continue;
      const missed = Math.ceil(lateUs / periodUs) * (after - body);
      recorder.count(COUNTER.messages_planned, missed);
      recorder.count(COUNTER.messages_missed, missed);
    }
  }

  /** Sets when the next round is meant: its place on the grid, moved by the jitter. */
  #plan(flow: Flow, row: number, index: number): void {
    const { periodUs, jitter }: EveryStep = flow.plan.program.everys[index]!;
    const gridUs = flow.phaseUs(flow.clientOf(this.#parts.table, row), periodUs) + this.#tick[index]![row]! * periodUs;
    this.#nextUs[index]![row] = jitter === 0 ? gridUs : gridUs + periodUs * jitter * (2 * this.#prng.next() - 1);
  }

  #send(machine: StepSender, flow: Flow, row: number, index: number, nowUs: number): void {
    const { recorder } = this.#parts;
    const { body, after } = flow.plan.program.everys[index]!;
    const intendedUs = this.#nextUs[index]![row]!;
    for (let pc = body; pc < after; pc++) {
      recorder.count(COUNTER.messages_planned);
      if (machine.sendStep(flow, row, pc, this.#round[index]![row]!, intendedUs, nowUs)) {
        recorder.record(TREND.scheduling_lag, nowUs - intendedUs);
        recorder.record(TREND.pacing_lag, nowUs - intendedUs);
      } else recorder.count(COUNTER.messages_missed);
    }
  }
}
