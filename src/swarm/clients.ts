import { COUNTER, TREND } from '../measure/metric-names.js';
import { OP_END, OP_LOOP } from '../scenario/program.js';
import * as C from './client-table.js';
import type { ConnectionParts, Connections } from './connections.js';
import type { Flow } from './flow.js';
import type { Heartbeats } from './heartbeats.js';
import { type Machine, RUN_ENDED, RUN_FAILED, RUN_LEAVES } from './machine.js';
import type { Population } from './population.js';
import type { ReferenceClosing } from './reference-closing.js';
import { isHeartbeatTimer, rowOfTimer } from './timers.js';

/** A client whose flow failed tries again after this time, where its executor repeats flows. */
const RETRY_AFTER_US = 1_000_000;
/** A client that was due in the last moments before the end starts yet; one that has waited for longer will not. */
const STARTS_YET_US = 1_000_000;
const NORMAL_CLOSE = 1000;

/** The life of clients from their start to their end: what follows a flow that ended, failed or must be left. */
export class Clients {
  readonly #parts: ConnectionParts;
  readonly #connections: Connections;
  readonly #machine: Machine;
  readonly #heartbeats: Heartbeats;
  readonly #closing: ReferenceClosing;
  readonly #populations: readonly Population[];

  constructor(
    parts: ConnectionParts,
    connections: Connections,
    machine: Machine,
    heartbeats: Heartbeats,
    closing: ReferenceClosing,
    populations: readonly Population[],
  ) {
    this.#parts = parts;
    this.#connections = connections;
    this.#machine = machine;
    this.#heartbeats = heartbeats;
    this.#closing = closing;
    this.#populations = populations;
  }

  /** A client begins on a free row. `intendedUs` is when the plan wanted it to. */
  start(flow: Flow, row: number, intendedUs: number, nowUs: number): void {
    const { table, recorder } = this.#parts;
    table.waits[row] = C.WAIT_NOTHING;
    table.flags[row] = 0;
    table.pc[row] = 0;
    this.#parts.values?.forget(row);
    if (table.flowRound[row] !== 0) table.flowRound[row] = 0;
    table.intendedUs[row] = intendedUs;
    recorder.record(TREND.scheduling_lag, nowUs - intendedUs);
    if (flow.isOpen) recorder.record(TREND.pacing_lag, nowUs - intendedUs);
    const population = this.#populations[table.scenario[row]!]!;
    population.live++;
    if (population.takeRound(row)) this.#run(flow, row, nowUs);
    else this.#over(row, nowUs);
  }

  /** Goes on with every client whose wait is over. */
  runWoken(nowUs: number): void {
    const { wakes, table, flows, byScenario } = this.#parts;
    for (let row = wakes.take(); row >= 0; row = wakes.take()) {
      const scenario = table.scenario[row]!;
      byScenario?.select(scenario);
      this.#advance(flows[scenario]!, row, nowUs);
    }
  }

  /** A timer of the wheel has fired. */
  onTimer(timer: number, nowUs: number): void {
    const { timers, table, flows, beside, drivers, byScenario } = this.#parts;
    const every = beside === undefined && drivers === undefined ? -1 : timers.besideOf(timer);
    if (every >= 0) {
      const besideRow = timers.besideRowOf(timer);
      byScenario?.select(table.scenario[besideRow]!);
      if (drivers?.isDriven(besideRow) === true) drivers.onTimer(besideRow, every, nowUs);
      else beside!.due(this.#machine, flows[table.scenario[besideRow]!]!, besideRow, every, nowUs);
      return;
    }
    const row = rowOfTimer(timer);
    byScenario?.select(table.scenario[row]!);
    if (isHeartbeatTimer(timer)) this.#heartbeats.due(row, nowUs);
    else this.#flowDue(row, nowUs);
  }

  /** Whether the client has come and waits for its login or for a place to connect. */
  isToStart(row: number): boolean {
    const wait = this.#parts.table.waits[row]!;
    return wait === C.WAIT_SLOT || wait === C.WAIT_LOGIN;
  }

  /** The client shall disconnect in order: at once where its flow has nothing to finish, else as soon as it has. */
  leave(row: number, nowUs: number): void {
    const { table, flows, timers } = this.#parts;
    const flow = flows[table.scenario[row]!]!;
    const wait = table.waits[row]!;
    if (wait >= C.WAIT_OVER) return;
    table.flags[row]! |= C.FLAG_LEAVING;
    const isBetweenFlows = wait === C.WAIT_TURN && table.phase[row] === C.IDLE;
    if (isBetweenFlows || (this.isToStart(row) && table.intendedUs[row]! <= flow.endUs - STARTS_YET_US)) {
      this.#over(row, nowUs);
      return;
    }
    const isIdleInside = (wait === C.WAIT_TICK || wait === C.WAIT_THINK) && flow.isEndless[table.pc[row]!] === 1;
    if (wait !== C.WAIT_HOLD && !isIdleInside) return;
    timers.cancelFlow(row);
    this.#leaveLoop(flow, row, nowUs);
  }

  /** The connection of this row is cut off: its time is up. */
  cutOff(row: number, nowUs: number): void {
    const { table, errors, transport } = this.#parts;
    if (table.waits[row]! >= C.WAIT_OVER) return;
    table.flags[row]! |= C.FLAG_LEAVING;
    if (table.phase[row] === C.IDLE) {
      this.#over(row, nowUs);
      return;
    }
    errors.add('timeout.graceful-stop', 'a client had not disconnected when gracefulStop was over');
    this.#connections.wishClosed(row);
    table.flags[row]! |= C.FLAG_FLOW_ENDS;
    this.#parts.wakes.interrupt(row, C.WAIT_CLOSED);
    transport.abort(row);
  }

  #advance(flow: Flow, row: number, nowUs: number): void {
    const { table, answers } = this.#parts;
    const hasFailed = table.waits[row] === C.WAIT_FAILED;
    if (table.waits[row]! >= C.WAIT_OVER) return;
    table.waits[row] = C.WAIT_NOTHING;
    if (hasFailed) {
      this.#fail(flow, row, nowUs);
      return;
    }
    const phase = table.phase[row];
    if (phase === C.CLOSING) {
      table.waits[row] = C.WAIT_CLOSED;
    } else if (phase === C.DRAINING) {
      table.waits[row] = answers.hasOpen(row) ? C.WAIT_SETTLED : C.WAIT_CLOSED;
      if (table.waits[row] === C.WAIT_CLOSED) this.#closing.sendDrained(row, nowUs);
    } else if ((table.flags[row]! & C.FLAG_FLOW_ENDS) !== 0) {
      this.#endFlow(flow, row, nowUs);
    } else {
      this.#run(flow, row, nowUs);
    }
  }

  #run(flow: Flow, row: number, nowUs: number): void {
    const verdict = this.#machine.run(flow, row, nowUs);
    if (verdict === RUN_ENDED) this.#ended(flow, row, nowUs);
    else if (verdict === RUN_LEAVES) this.#leaveLoop(flow, row, nowUs);
    else if (verdict === RUN_FAILED) this.#fail(flow, row, nowUs);
  }

  /** A loop that only the scenario ends is over: the flow goes on with what stands behind it, or ends where nothing does. */
  #leaveLoop(flow: Flow, row: number, nowUs: number): void {
    const { pc, waits } = this.#parts.table;
    // At the loop itself the client has not entered it yet.
    const inside = flow.opcode(pc[row]!) === OP_LOOP ? pc[row]! + 1 : pc[row]!;
    const behind = flow.behindEndless[inside]!;
    if (behind < 0 || flow.opcode(behind) === OP_END) {
      this.#endFlow(flow, row, nowUs);
      return;
    }
    pc[row] = behind;
    waits[row] = C.WAIT_NOTHING;
    this.#run(flow, row, nowUs);
  }

  /** The flow has come to its end. */
  #ended(flow: Flow, row: number, nowUs: number): void {
    const { table, recorder } = this.#parts;
    recorder.count(COUNTER.iterations);
    const isHeld = flow.afterFlow === 'hold' && table.phase[row] !== C.IDLE && (table.flags[row]! & C.FLAG_LEAVING) === 0;
    if (isHeld) table.waits[row] = C.WAIT_HOLD;
    else this.#endFlow(flow, row, nowUs);
  }

  #fail(flow: Flow, row: number, nowUs: number): void {
    if (this.#parts.reconnects?.begin(flow, row, nowUs)) return;
    this.#parts.table.flags[row]! |= C.FLAG_FLOW_FAILED;
    this.#endFlow(flow, row, nowUs);
  }

  /** Disconnects, and then lets follow what follows the flow. */
  #endFlow(flow: Flow, row: number, nowUs: number): void {
    const { table } = this.#parts;
    table.flags[row]! |= C.FLAG_FLOW_ENDS;
    if (this.#machine.close(row, NORMAL_CLOSE, true, nowUs)) this.#flowOver(flow, row, nowUs);
  }

  #flowOver(flow: Flow, row: number, nowUs: number): void {
    const { table, timers, credentials } = this.#parts;
    const flags = table.flags[row]!;
    table.flags[row] = flags & ~(C.FLAG_FLOW_ENDS | C.FLAG_FLOW_FAILED);
    credentials.release(row);
    this.#parts.reconnects?.flowOver(flow, row, nowUs);
    if (flow.afterFlow === 'repeat') table.flowRound[row]! += 1;
    const isRepeated = flow.afterFlow === 'repeat' && (flags & C.FLAG_LEAVING) === 0 && nowUs < flow.endUs;
    if (!isRepeated || !this.#populations[table.scenario[row]!]!.takeRound(row)) {
      this.#over(row, nowUs);
      return;
    }
    table.pc[row] = 0;
    table.waits[row] = C.WAIT_TURN;
    table.intendedUs[row] = (flags & C.FLAG_FLOW_FAILED) === 0 ? nowUs : nowUs + RETRY_AFTER_US;
    timers.setFlow(row, table.intendedUs[row]!);
  }

  #over(row: number, nowUs: number): void {
    const { table, timers, credentials, recorder, reconnects, flows } = this.#parts;
    table.waits[row] = C.WAIT_OVER;
    this.#parts.http?.abandon(row, nowUs);
    reconnects?.flowOver(flows[table.scenario[row]!]!, row, nowUs);
    timers.cancelFlow(row);
    timers.cancelHeartbeat(row);
    credentials.release(row);
    if ((table.flags[row]! & C.FLAG_WAS_READY) === 0) recorder.count(COUNTER.sessions_failed);
    this.#populations[table.scenario[row]!]!.clientOver(row);
  }

  #flowDue(row: number, nowUs: number): void {
    const { table, wakes, errors, recorder, credentials } = this.#parts;
    switch (table.phase[row]) {
      case C.CLOSING:
        this.#connections.endOverdue(row);
        return;
      case C.DRAINING:
        this.#closing.overdue(row, nowUs);
        return;
      case C.CONNECTING:
        this.#connections.fault(row, 'timeout.connect', 'the TCP connection did not stand in time', nowUs);
        return;
      case C.UPGRADING:
        this.#connections.fault(row, 'timeout.upgrade', 'the server did not answer the upgrade in time', nowUs);
        return;
    }
    switch (table.waits[row]) {
      case C.WAIT_THINK:
      case C.WAIT_TICK:
      case C.WAIT_TURN:
        wakes.satisfy(row, table.waits[row]);
        break;
      case C.WAIT_LOGIN:
        errors.add('timeout.login', 'no credentials came within the time of the login step');
        credentials.release(row);
        wakes.fail(row);
        break;
      case C.WAIT_AUTH:
        this.#connections.fault(row, 'timeout.auth', 'the server did not answer AUTH in time', nowUs);
        break;
      case C.WAIT_ROOM:
        errors.add('timeout.room', 'the server did not answer a join or leave in time');
        wakes.satisfyNow(row, C.WAIT_ROOM, nowUs);
        break;
      case C.WAIT_HTTP:
        this.#parts.http!.overdue(row, nowUs);
        break;
      case C.WAIT_PUSH:
        recorder.count(COUNTER.checks_failed);
        recorder.count(COUNTER.timeouts);
        errors.add('timeout.expect', 'the message that an expect step waits for did not come in time');
        wakes.satisfyNow(row, C.WAIT_PUSH, nowUs);
        break;
    }
  }
}
