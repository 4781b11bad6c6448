import { compileNumber, type NumberOf } from '../scenario/expression-evaluate.js';
import type { AfterFlow, ScenarioPlan } from '../scenario/plan.js';
import * as P from '../scenario/program.js';
import { createSchedule, type Schedule, shardCount } from '../scenario/schedule.js';
import { AnswerCheck } from './answer-check.js';
import type { ClientTable } from './client-table.js';
import { CompiledConnect, CompiledLogin, CompiledOperation, CompiledSend } from './compiled-steps.js';
import { CompiledHttp } from './http-step.js';
import { type ValueNeeds, valueNeedsOf } from './value-needs.js';

export interface FlowPlace {
  readonly workerIndex: number;
  readonly workerCount: number;
  /** Rows before this scenario's, and requests' step numbers before its instructions. */
  readonly firstRow: number;
  readonly firstStep: number;
  readonly host: string;
  readonly path: string;
  /** Connections are plain streams. */
  readonly isStream: boolean;
  /** The target speaks HTTP. */
  readonly isHttp: boolean;
}

/** One scenario as a worker runs it: the program with its steps compiled, and what can be known of each instruction beforehand. */
export class Flow {
  readonly plan: ScenarioPlan;
  readonly schedule: Schedule;
  readonly code: Int32Array;
  readonly afterFlow: AfterFlow;
  /** Its connections are plain streams, not upgraded. */
  readonly isStream: boolean;
  /** Its connections are opened by requests of HTTP, and serve nothing else. */
  readonly isHttp: boolean;
  /** Speaks the reference protocol: what comes in is packets. */
  readonly isReference: boolean;
  /** Credentials serve more than one connection, so they outlive AUTH. */
  readonly keepsCredentials: boolean;
  /** A row serves one arrival after another. */
  readonly isOpen: boolean;
  readonly rows: number;
  readonly firstRow: number;
  readonly firstStep: number;
  readonly logins: readonly CompiledLogin[];
  readonly connects: readonly CompiledConnect[];
  readonly operations: readonly CompiledOperation[];
  readonly sends: readonly CompiledSend[];
  readonly pushes: readonly AnswerCheck[];
  readonly https: readonly CompiledHttp[];
  readonly joins: readonly { readonly room: NumberOf; readonly timeoutUs: number }[];
  /** By instruction: depth of the innermost loop around it, -1 outside of loops. */
  readonly loopDepth: Int8Array;
  /** By instruction: 1 inside a loop that only the end of the scenario ends. */
  readonly isEndless: Uint8Array;
  /** For an instruction inside such a loop the one behind the outermost of them; -1 for any other. */
  readonly behindEndless: Int32Array;
  /** By instruction: 1 for a send that the plan gives a time: the first of a paced iteration, and those right behind it. */
  readonly isPlanned: Uint8Array;
  /** By instruction: 1 for a send that does not wait for its answer: the last of a paced iteration, or one without expectation. */
  readonly isPipelined: Uint8Array;
  /** By instruction: 1 for a send of an every step, which runs beside the flow. */
  readonly isBeside: Uint8Array;
  /** By instruction: the values of feeders and captures it needs; undefined where none does. */
  readonly needs: ValueNeeds | undefined;
  /** Period of the quickest paced loop with a planned operation; Infinity without one. */
  readonly operationPeriodUs: number;
  /** Absolute times, set by the start; the end comes sooner when the run is stopped. */
  startUs = 0;
  endUs = Number.POSITIVE_INFINITY;
  /** When its storm is planned; Infinity without one. */
  stormUs = Number.POSITIVE_INFINITY;
  readonly #workerIndex: number;
  readonly #workerCount: number;

  constructor(plan: ScenarioPlan, place: FlowPlace) {
    const { program, executor } = plan;
    this.plan = plan;
    this.schedule = createSchedule(executor);
    this.code = program.code;
    this.afterFlow = plan.afterFlow;
    this.#workerIndex = place.workerIndex;
    this.#workerCount = place.workerCount;
    this.firstRow = place.firstRow;
    this.firstStep = place.firstStep;
    this.isStream = place.isStream;
    this.isHttp = place.isHttp;
    this.isOpen = executor.kind === 'constant-arrival-rate' || executor.kind === 'ramping-arrival-rate';
    this.rows = rowsOf(this.schedule, this.isOpen, place);
    this.logins = program.logins.map((step) => new CompiledLogin(step));
    this.connects = program.connects.map((step) => new CompiledConnect(step, place.host, place.path, place.isStream));
    this.operations = program.operations.map((step) => new CompiledOperation(step));
    this.sends = program.sends.map((step) => new CompiledSend(step));
    this.joins = program.rooms.map(({ room, timeoutUs }) => ({ room: compileNumber(room), timeoutUs }));
    this.https = program.https.map((step) => new CompiledHttp(step, place.host, place.path));
    this.pushes = program.expects.map((step) => new AnswerCheck(step));

    const count = this.instructions;
    this.loopDepth = new Int8Array(count).fill(-1);
    this.isEndless = new Uint8Array(count);
    this.behindEndless = new Int32Array(count).fill(-1);
    this.isPlanned = new Uint8Array(count);
    this.isPipelined = new Uint8Array(count);
    this.isBeside = new Uint8Array(count);
    for (const { body, after } of program.everys) this.isBeside.fill(1, body, after);
    for (let pc = 0; pc < count; pc++) this.#markPipelined(pc);
    for (let pc = 0; pc < count; pc++) if (this.opcode(pc) === P.OP_LOOP) this.#markLoop(pc);
    this.needs = valueNeedsOf(program);
    this.operationPeriodUs = this.#shortestOperationPeriodUs();
    const auths = this.#placesOf(P.OP_AUTH);
    const logins = this.#placesOf(P.OP_LOGIN);
    const hasLoginInside = (depth: number): boolean => logins.some((pc) => this.loopDepth[pc]! >= depth);
    this.isReference = auths.length > 0;
    // Who comes back authenticates again with what it has.
    const comesBack = auths.length > 0 && program.reconnect !== undefined;
    this.keepsCredentials = comesBack || auths.length > logins.length || auths.some((pc) => !hasLoginInside(this.loopDepth[pc]!));
  }

  get instructions(): number {
    return this.code.length / P.INSTRUCTION_WORDS;
  }

  opcode(pc: number): number {
    return this.code[pc * P.INSTRUCTION_WORDS]!;
  }

  /** Operand 0 (a), 1 (b) or 2 (c) of an instruction. */
  operand(pc: number, index: number): number {
    return this.code[pc * P.INSTRUCTION_WORDS + 1 + index]!;
  }

  /** The login that its first instruction asks for, which can be asked for ahead of the start. */
  get firstLogin(): CompiledLogin | undefined {
    return this.opcode(0) === P.OP_LOGIN ? this.logins[this.operand(0, 0)] : undefined;
  }

  /** Time-out of the answer to the send or operation at `pc`, us; Infinity for any other instruction. */
  answerWithinUs(pc: number): number {
    const opcode = this.opcode(pc);
    if (opcode === P.OP_OPERATION) return this.operations[this.operand(pc, 0)]!.check.withinUs;
    if (opcode === P.OP_SEND) return this.sends[this.operand(pc, 0)]!.check?.withinUs ?? Number.POSITIVE_INFINITY;
    return Number.POSITIVE_INFINITY;
  }

  /** Number in the whole run of the client on a row. */
  clientOf(table: ClientTable, row: number): number {
    return this.isOpen ? table.arrival[row]! : (row - this.firstRow) * this.#workerCount + this.#workerIndex;
  }

  /**
   * The grid of a paced loop for one client: its ticks are at this time plus whole periods. The clients' grids are spread
   * evenly over the period, whenever each of them comes to the loop.
   */
  phaseUs(client: number, periodUs: number): number {
    const clients = Math.max(1, this.schedule.maxClients);
    return this.startUs + ((client % clients) * periodUs) / clients;
  }

  #shortestOperationPeriodUs(): number {
    if (!this.#placesOf(P.OP_OPERATION).some((pc) => this.isPlanned[pc] === 1)) return Number.POSITIVE_INFINITY;
    return Math.min(...this.plan.program.loops.map(({ periodUs }) => periodUs ?? Number.POSITIVE_INFINITY));
  }

  #placesOf(opcode: number): number[] {
    return Array.from({ length: this.instructions }, (_, pc) => pc).filter((pc) => this.opcode(pc) === opcode);
  }

  #markPipelined(pc: number): void {
    const opcode = this.opcode(pc);
    if (opcode === P.OP_SEND && this.sends[this.operand(pc, 0)]!.check === undefined) this.isPipelined[pc] = 1;
    if (opcode !== P.OP_OPERATION && opcode !== P.OP_SEND) return;
    let next = pc + 1;
    while (this.opcode(next) === P.OP_JUMP) next = this.operand(next, 0);
    const isLast = this.opcode(next) === P.OP_NEXT;
    if (isLast && this.plan.program.loops[this.operand(next, 0)]!.periodUs !== undefined) this.isPipelined[pc] = 1;
  }

  #markLoop(pc: number): void {
    const loop = this.plan.program.loops[this.operand(pc, 0)]!;
    const after = this.operand(pc, 1);
    const isEndless = loop.count === undefined && loop.forUs === undefined;
    for (let inside = pc + 1; inside < after; inside++) {
      this.loopDepth[inside] = Math.max(this.loopDepth[inside]!, loop.depth);
      if (!isEndless) continue;
      this.isEndless[inside] = 1;
      if (this.behindEndless[inside] === -1) this.behindEndless[inside] = after;
    }
    if (loop.periodUs === undefined) return;
    this.#markPlanned(pc + 1);
  }

  /** Marks the sends that a paced iteration comes to without waiting, from `pc` on. True when it comes through to the end of a branch. */
  #markPlanned(pc: number): boolean {
    for (let at = pc; ; at++) {
      const opcode = this.opcode(at);
      if (opcode === P.OP_JUMP) return true;
      if (opcode === P.OP_CHOOSE) {
        const { branches, after } = this.plan.program.chooses[this.operand(at, 0)]!;
        // What stands behind the branches has the plan's time only if no branch waits.
        if (!branches.map((branch) => this.#markPlanned(branch)).every(Boolean)) return false;
        at = after - 1;
      } else if (opcode === P.OP_EVERY) {
        at = this.operand(at, 1) - 1;
      } else if (opcode === P.OP_OPERATION || opcode === P.OP_SEND) {
        this.isPlanned[at] = 1;
        if (this.isPipelined[at] === 0) return false;
      } else if (opcode === P.OP_HTTP || (opcode === P.OP_CONNECT && this.isHttp)) {
        this.isPlanned[at] = 1;
        if (opcode === P.OP_HTTP) return false;
      } else return false;
    }
  }
}

/** Rows that a worker needs for its arrivals. */
function rowsOf(schedule: Schedule, isOpen: boolean, { workerIndex, workerCount }: FlowPlace): number {
  const arrivals = shardCount(schedule.arrivals, workerIndex, workerCount);
  // Where clients leave and others come, one worker may for a moment hold one more than its even share.
  const atOnce = isOpen ? shardCount(schedule.maxClients, workerIndex, workerCount) : Math.ceil(schedule.maxClients / workerCount);
  return Math.min(arrivals, atOnce);
}
