import { COUNTER } from '../measure/metric-names.js';
import type { Recorder } from '../measure/recorder.js';
import type { LoopStep } from '../scenario/program.js';
import * as C from './client-table.js';
import type { Flow } from './flow.js';
import type { Reconnects } from './reconnects.js';
import type { Timers } from './timers.js';

/**
 * Loops. The iterations of a paced one stand on a grid that the plan fixes: start of the scenario + the client's phase +
 * whole periods. A client that is late sends what is due at once, with the times that were meant.
 */
export class Pacing {
  readonly #table: C.ClientTable;
  readonly #timers: Timers;
  readonly #recorder: Recorder;
  readonly #reconnects: Reconnects | undefined;
  /**
   * Since when the client whose turn it is could have begun its iteration, us: before that it waited for an answer or thought.
   * 0: it was free when the plan wanted it. Whoever gives a client its turn sets it back.
   */
  freeUs = 0;

  constructor(table: C.ClientTable, timers: Timers, recorder: Recorder, reconnects?: Reconnects) {
    this.#table = table;
    this.#timers = timers;
    this.#recorder = recorder;
    this.#reconnects = reconnects;
  }

  /** The flow comes to a loop at `pc`, from outside. False when it must wait, and its wait is set. */
  enter(flow: Flow, row: number, pc: number, nowUs: number): boolean {
    const table = this.#table;
    const loop = flow.plan.program.loops[flow.operand(pc, 0)]!;
    const after = flow.operand(pc, 1);
    table.loopRound[loop.depth]![row] = 0;
    if (loop.forUs !== undefined) table.loopStartUs[loop.depth]![row] = nowUs;
    if (loop.count === 0 || loop.forUs === 0) {
      table.pc[row] = after;
      return true;
    }
    if (loop.periodUs !== undefined) {
      const sinceUs = nowUs - flow.phaseUs(flow.clientOf(table, row), loop.periodUs);
      const tick = Math.max(0, Math.ceil(sinceUs / loop.periodUs));
      table.loopTick[loop.depth]![row] = tick;
      const awayUs = this.#reconnects?.takeAwayUs(row, pc, after) ?? 0;
      // The plan went on while the client had no connection: not sent, but no fault of the generator.
      if (awayUs !== 0) this.#recorder.count(COUNTER.messages_away, tick - Math.ceil((sinceUs - (nowUs - awayUs)) / loop.periodUs));
    }
    return this.#begin(flow, row, loop, pc + 1, after, nowUs);
  }

  /** An iteration is over; `pc` is at the loop's OP_NEXT. False when the flow must wait, and its wait is set. */
  next(flow: Flow, row: number, pc: number, nowUs: number): boolean {
    const table = this.#table;
    const loop = flow.plan.program.loops[flow.operand(pc, 0)]!;
    const round = table.loopRound[loop.depth]![row]! + 1;
    table.loopRound[loop.depth]![row] = round;
    if (loop.count !== undefined && round >= loop.count) {
      table.pc[row] = pc + 1;
      return true;
    }
    if (loop.periodUs !== undefined) table.loopTick[loop.depth]![row]! += 1;
    return this.#begin(flow, row, loop, flow.operand(pc, 1), pc + 1, nowUs);
  }

  /** The client leaves the loop at `pc`, its OP_NEXT: what was due until now is not sent any more. */
  leave(flow: Flow, row: number, pc: number, nowUs: number): void {
    const loop = flow.plan.program.loops[flow.operand(pc, 0)]!;
    if (loop.periodUs === undefined) return;
    const nextUs = this.#tickUs(flow, row, loop, nowUs) + loop.periodUs;
    this.#countMissed(row, loop, nextUs, Math.min(flow.endUs, nowUs));
  }

  #begin(flow: Flow, row: number, loop: LoopStep, body: number, after: number, nowUs: number): boolean {
    const table = this.#table;
    const tickUs = this.#tickUs(flow, row, loop, nowUs);
    if (loop.forUs !== undefined && tickUs >= table.loopStartUs[loop.depth]![row]! + loop.forUs) {
      table.pc[row] = after;
      return true;
    }
    table.pc[row] = body;
    if (flow.isEndless[body] === 1 && (nowUs >= flow.endUs || tickUs >= flow.endUs)) {
      this.#countMissed(row, loop, tickUs, flow.endUs);
      table.waits[row] = C.WAIT_HOLD;
      return false;
    }
    if (tickUs <= nowUs) {
      this.freeUs = table.intendedUs[row]!;
      table.intendedUs[row] = tickUs;
      return true;
    }
    table.intendedUs[row] = tickUs;
    table.waits[row] = C.WAIT_TICK;
    this.#timers.setFlow(row, tickUs);
    return false;
  }

  /** When the iteration is meant to begin: by its grid, or at once. */
  #tickUs(flow: Flow, row: number, { periodUs, depth }: LoopStep, nowUs: number): number {
    if (periodUs === undefined) return nowUs;
    return flow.phaseUs(flow.clientOf(this.#table, row), periodUs) + this.#table.loopTick[depth]![row]! * periodUs;
  }

  /**
   * The plan had the ticks in [fromUs, untilUs), and the client was too late for them. Until its last answer came it was the
   * target that kept it (the end of that wait is its intended time); only what was due after that is missed by us.
   */
  #countMissed(row: number, { periodUs }: LoopStep, fromUs: number, untilUs: number): void {
    if (periodUs === undefined || fromUs >= untilUs) return;
    const all = Math.ceil((untilUs - fromUs) / periodUs);
    const heldUntilUs = Math.min(untilUs, this.#table.intendedUs[row]!);
    const held = heldUntilUs > fromUs ? Math.ceil((heldUntilUs - fromUs) / periodUs) : 0;
    this.#recorder.count(COUNTER.messages_planned, all);
    this.#recorder.count(COUNTER.messages_held, held);
    this.#recorder.count(COUNTER.messages_missed, all - held);
  }
}
