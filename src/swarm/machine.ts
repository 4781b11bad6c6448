import { COUNTER, TREND } from '../measure/metric-names.js';
import * as P from '../scenario/program.js';
import type { ClientContext } from './client-context.js';
import * as C from './client-table.js';
import type { ConnectionParts, Connections } from './connections.js';
import type { Connector } from './connector.js';
import { CREDENTIAL_ASKED, CREDENTIAL_FAILED, CREDENTIAL_READY } from './credentials.js';
import { drawBranch, drawThinkUs } from './draws.js';
import { DRIVE_DONE, DRIVE_FAILED } from './drivers.js';
import type { Flow } from './flow.js';
import type { Heartbeats } from './heartbeats.js';
import { PACKET_UNFIT } from './layout-writer.js';
import type { Logins } from './logins.js';
import type { Pacing } from './pacing.js';
import type { ReferenceClient } from './reference-client.js';
import type { ReferenceClosing } from './reference-closing.js';
import type { ReferenceOperations } from './reference-operations.js';
import { MAX_BUFFERED_BYTES, PAUSE_US, PAYLOAD_AT } from './sender.js';

/** What a run of a flow came to. */
export const RUN_WAITS = 0;
/** Its end: afterFlow says what next. */
export const RUN_ENDED = 1;
/** It shall leave, and may now. */
export const RUN_LEAVES = 2;
/** A step cannot be done. */
export const RUN_FAILED = 3;

/** Instructions of one client in a row before others have their turn. */
const INSTRUCTIONS_A_TURN = 256;

export interface MachineParts {
  readonly connections: Connections;
  readonly connector: Connector;
  readonly context: ClientContext;
  readonly pacing: Pacing;
  readonly logins: Logins;
  readonly heartbeats: Heartbeats;
  readonly reference: ReferenceClient;
  readonly operations: ReferenceOperations;
  readonly closing: ReferenceClosing;
}

/**
 * Runs the instructions of a flow for one client until it must wait. The pc moves behind an instruction before the client
 * waits for it: whoever ends the wait need not know which instruction it was.
 */
export class Machine {
  readonly #parts: ConnectionParts;
  readonly #machine: MachineParts;

  constructor(parts: ConnectionParts, machine: MachineParts) {
    this.#parts = parts;
    this.#machine = machine;
  }

  /** Goes on with the flow of a row from its pc. Returns RUN_*; with RUN_WAITS the row's wait is set. */
  run(flow: Flow, row: number, nowUs: number): number {
    const { table } = this.#parts;
    const { pc: pcs } = table;
    this.#machine.pacing.freeUs = 0;
    for (let turn = 0; turn < INSTRUCTIONS_A_TURN; turn++) {
      const pc = pcs[row]!;
      const a = flow.operand(pc, 0);
      const opcode = flow.opcode(pc);
      let goesOn = false;
      if (flow.needs !== undefined && !this.#hasValues(flow, row, pc)) return RUN_FAILED;
      if (opcode >= P.OP_AUTH && opcode <= P.OP_EXPECT && !this.#isConnected(row)) return RUN_FAILED;
      switch (opcode) {
        case P.OP_END:
          return RUN_ENDED;
        case P.OP_LOGIN:
          if (this.#parts.credentials.state(row) === CREDENTIAL_FAILED) return RUN_FAILED;
          goesOn = this.#login(flow, row, pc, nowUs);
          break;
        case P.OP_CONNECT:
          pcs[row] = pc + 1;
          if (table.phase[row] === C.IDLE) {
            this.#parts.reconnects?.connecting(row, pc, nowUs);
            this.#machine.connector.enqueue(row);
          } else goesOn = true;
          break;
        case P.OP_AUTH:
          pcs[row] = pc + 1;
          this.#wait(row, C.WAIT_AUTH, nowUs + flow.plan.program.durationsUs[a]!);
          this.#machine.reference.authenticate(row, nowUs);
          break;
        case P.OP_HEARTBEAT:
          pcs[row] = pc + 1;
          this.#machine.heartbeats.start(row, a, nowUs);
          goesOn = true;
          break;
        case P.OP_JOIN: {
          const { room, timeoutUs } = flow.joins[a]!;
          pcs[row] = pc + 1;
          this.#machine.operations.join(row, room(this.#contextOf(flow, row, pc)));
          this.#wait(row, C.WAIT_ROOM, nowUs + timeoutUs);
          break;
        }
        case P.OP_LEAVE:
          pcs[row] = pc + 1;
          this.#machine.operations.leave(row);
          this.#wait(row, C.WAIT_ROOM, nowUs + flow.plan.program.durationsUs[a]!);
          break;
        case P.OP_OPERATION:
        case P.OP_SEND:
          goesOn = this.#send(flow, row, pc, nowUs);
          break;
        case P.OP_EXPECT:
          pcs[row] = pc + 1;
          this.#wait(row, C.WAIT_PUSH, nowUs + flow.pushes[a]!.withinUs);
          break;
        case P.OP_THINK:
          if (this.mayLeave(flow, row, pc)) return RUN_LEAVES;
          pcs[row] = pc + 1;
          this.#think(flow, row, a, nowUs);
          break;
        case P.OP_LOOP:
          if (this.mayLeave(flow, row, pc + 1)) return RUN_LEAVES;
          goesOn = this.#machine.pacing.enter(flow, row, pc, nowUs);
          break;
        case P.OP_NEXT:
          if (this.mayLeave(flow, row, pc)) {
            this.#machine.pacing.leave(flow, row, pc, nowUs);
            return RUN_LEAVES;
          }
          goesOn = this.#machine.pacing.next(flow, row, pc, nowUs);
          break;
        case P.OP_DISCONNECT:
          goesOn = this.close(row, a, flow.operand(pc, 1) === 1, nowUs);
          if (goesOn || table.waits[row] === C.WAIT_CLOSED) pcs[row] = pc + 1;
          break;
        case P.OP_CHOOSE:
          pcs[row] = drawBranch(flow.plan.program.chooses[a]!, this.#machine.context.prng);
          goesOn = true;
          break;
        case P.OP_EVERY:
          if (!this.#isConnected(row)) return RUN_FAILED;
          this.#parts.beside!.start(flow, row, a, nowUs);
          pcs[row] = flow.operand(pc, 1);
          goesOn = true;
          break;
        case P.OP_HTTP:
          goesOn = this.#parts.http!.request(flow, row, pc, nowUs);
          break;
        case P.OP_DRIVE: {
          if (!this.#isConnected(row)) return RUN_FAILED;
          pcs[row] = pc + 1;
          const verdict = this.#parts.drivers!.drive(row, nowUs);
          if (verdict === DRIVE_FAILED) return RUN_FAILED;
          goesOn = verdict === DRIVE_DONE;
          if (!goesOn) table.waits[row] = C.WAIT_HOLD;
          break;
        }
        case P.OP_JUMP:
          pcs[row] = a;
          goesOn = true;
          break;
        default:
          throw new Error(`opcode ${opcode} at instruction ${pc}`);
      }
      if (!goesOn) return RUN_WAITS;
    }
    this.#wait(row, C.WAIT_TURN, nowUs + PAUSE_US);
    return RUN_WAITS;
  }

  /** Whether the client shall leave and stands where only the end of the scenario would end its flow. */
  mayLeave(flow: Flow, row: number, pc: number): boolean {
    return (this.#parts.table.flags[row]! & C.FLAG_LEAVING) !== 0 && flow.isEndless[pc] === 1;
  }

  /**
   * Ends the connection in order, once the last open request is answered or overdue. True when there is none to end;
   * else the row's wait is set: WAIT_SETTLED means that close() must be called again.
   */
  close(row: number, code: number, isPolite: boolean, nowUs: number): boolean {
    const { table, answers } = this.#parts;
    if (table.phase[row] === C.IDLE) return true;
    if (answers.hasOpen(row)) {
      table.waits[row] = C.WAIT_SETTLED;
      return false;
    }
    table.waits[row] = C.WAIT_CLOSED;
    if (isPolite && table.phase[row] === C.READY) this.#machine.closing.begin(row, nowUs);
    else this.#machine.connections.closeInOrder(row, code, nowUs);
    return false;
  }

  #wait(row: number, wait: number, untilUs: number): void {
    this.#parts.table.waits[row] = wait;
    this.#parts.timers.setFlow(row, untilUs);
  }

  #hasValues(flow: Flow, row: number, pc: number): boolean {
    return this.#parts.values!.areThere(flow, row, pc, this.#machine.context.iterationOf(flow, row, pc));
  }

  #contextOf(flow: Flow, row: number, pc: number): ClientContext {
    const { context } = this.#machine;
    return context.of(flow, row, context.iterationOf(flow, row, pc));
  }

  #isConnected(row: number): boolean {
    const phase = this.#parts.table.phase[row]!;
    if (phase >= C.OPEN && phase <= C.READY) return true;
    this.#parts.errors.add('flow.not-connected', 'a step needs a connection, and the flow has none there');
    return false;
  }

  /** The pc stays at the login until the credentials are there. */
  #login(flow: Flow, row: number, pc: number, nowUs: number): boolean {
    const { credentials, table, timers } = this.#parts;
    const state = credentials.state(row);
    if (state === CREDENTIAL_READY) {
      timers.cancelFlow(row);
      table.pc[row] = pc + 1;
      return true;
    }
    table.waits[row] = C.WAIT_LOGIN;
    if (state === CREDENTIAL_ASKED) timers.setFlow(row, nowUs + flow.logins[flow.operand(pc, 0)]!.timeoutUs);
    else this.#machine.logins.enqueue(row);
    return false;
  }

  #think(flow: Flow, row: number, index: number, nowUs: number): void {
    const { table } = this.#parts;
    const untilUs = nowUs + drawThinkUs(flow.plan.program.thinks[index]!, this.#machine.context.prng);
    // A paced loop whose thinks are longer than its period is late by its own plan and not by our fault.
    if (table.phase[row] !== C.IDLE) table.intendedUs[row] = untilUs;
    this.#wait(row, C.WAIT_THINK, untilUs);
  }

  /** Sends the operation or message at `pc`. A planned one counts from its intended time, any other from now. */
  #send(flow: Flow, row: number, pc: number, nowUs: number): boolean {
    const { table, recorder, transport } = this.#parts;
    if (transport.bufferedBytes(row) > MAX_BUFFERED_BYTES) {
      this.#wait(row, C.WAIT_TURN, nowUs + PAUSE_US);
      return false;
    }
    const isPlanned = flow.isPlanned[pc] === 1;
    const intendedUs = isPlanned ? table.intendedUs[row]! : nowUs;
    const isSent = this.sendStep(flow, row, pc, this.#machine.context.iterationOf(flow, row, pc), intendedUs, nowUs);
    if (isPlanned) {
      recorder.count(COUNTER.messages_planned);
      if (isSent) {
        // Behind the answer to its last message it was the target that kept the client, not we.
        const lagUs = nowUs - Math.max(intendedUs, this.#machine.pacing.freeUs);
        recorder.record(TREND.scheduling_lag, lagUs);
        recorder.record(TREND.pacing_lag, lagUs);
      }
    }
    if (!isSent) recorder.count(COUNTER.messages_missed);
    else if (isPlanned && flow.opcode(pc) === P.OP_OPERATION) this.#machine.heartbeats.rideAlong(row, nowUs);
    table.pc[row] = pc + 1;
    if (!isSent || flow.isPipelined[pc] === 1) return true;
    table.waits[row] = C.WAIT_ANSWER;
    return false;
  }

  /** Sends what stands at `pc`, and keeps its request where an answer is expected. False when it could not be sent. */
  sendStep(flow: Flow, row: number, pc: number, iteration: number, intendedUs: number, nowUs: number): boolean {
    // What the flow itself comes to has been asked before; an every step is not the flow's.
    if (flow.isBeside[pc] === 1 && flow.needs !== undefined && !this.#parts.values!.areThere(flow, row, pc, iteration)) return false;
    this.#machine.context.of(flow, row, iteration);
    if (flow.opcode(pc) !== P.OP_OPERATION) return this.#sendMessage(flow, row, pc, intendedUs, nowUs);
    return this.#machine.operations.send(row, flow.operations[flow.operand(pc, 0)]!, flow.firstStep + pc, intendedUs, nowUs);
  }

  #sendMessage(flow: Flow, row: number, pc: number, intendedUs: number, nowUs: number): boolean {
    const { sender, answers, errors } = this.#parts;
    const step = flow.sends[flow.operand(pc, 0)]!;
    const { context } = this.#machine;
    const { scratch } = sender;
    const end = step.write(context, scratch, PAYLOAD_AT);
    if (end === PACKET_UNFIT) {
      errors.add('packet.unfit', 'a value of a packet does not fit its field, so it was not sent');
      return false;
    }
    const { match } = step;
    if (match !== undefined && !match.read(scratch, PAYLOAD_AT, end)) {
      errors.add('match.absent', 'a message does not have the field that its answer is matched by');
      return false;
    }
    const isRequest = step.check !== undefined;
    if (isRequest && !answers.open(row, flow.firstStep + pc, match?.low ?? 0, match?.high ?? 0, intendedUs, nowUs, context.iteration))
      return false;
    if (step.broadcast !== undefined)
      this.#parts.deliveries!.sending(row, step.broadcast, context, scratch, PAYLOAD_AT, end, intendedUs, nowUs);
    sender.sendMessage(row, step.opcode, end);
    return true;
  }
}
