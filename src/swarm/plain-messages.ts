import { COUNTER } from '../measure/metric-names.js';
import { OP_EXPECT } from '../scenario/program.js';
import type { AnswerCheck } from './answer-check.js';
import type { AnswerMatch } from './answer-match.js';
import type { ClientContext } from './client-context.js';
import { WAIT_NOTHING, WAIT_PUSH } from './client-table.js';
import type { ConnectionParts } from './connections.js';
import type { Flow } from './flow.js';
import { NO_REQUEST } from './request-table.js';

/**
 * Messages of servers that speak no protocol of ours: which open request does one answer? None does a broadcast
 * of another client. First the one whose matching field it carries; then, if the flow waits for a push and it is one, nobody's; then the oldest request without a
 * matching field, by order. What is left is counted as received and nothing more.
 */
export class PlainMessages {
  readonly #parts: ConnectionParts;
  readonly #context: ClientContext;

  constructor(parts: ConnectionParts, context: ClientContext) {
    this.#parts = parts;
    this.#context = context;
  }

  onMessage(row: number, bytes: Uint8Array, start: number, end: number, nowUs: number): void {
    const { table, flows, answers } = this.#parts;
    const flow = flows[table.scenario[row]!]!;
    const { requests } = answers;
    const isOfOther = this.#parts.deliveries?.receive(row, bytes, start, end, nowUs) === true;
    let inOrder = NO_REQUEST;
    let lastMatch: AnswerMatch | undefined;
    let hasKey = false;
    for (let request = requests.firstOf(row); request !== NO_REQUEST && !isOfOther; request = requests.after(request)) {
      const { match } = flow.sends[flow.operand(requests.step[request]! - flow.firstStep, 0)]!;
      if (match === undefined) {
        if (inOrder === NO_REQUEST) inOrder = request;
        continue;
      }
      // Requests of one step read the same place: a client with many open takes the message apart once.
      if (match !== lastMatch) {
        lastMatch = match;
        hasKey = match.readAnswer(bytes, start, end);
      }
      if (hasKey && match.low === requests.keyLow[request] && match.high === requests.keyHigh[request]) {
        this.#answer(flow, request, bytes, start, end, nowUs);
        return;
      }
    }
    if (table.waits[row] === WAIT_PUSH && this.#isPush(flow, row, table.pc[row]! - 1, bytes, start, end)) {
      this.#parts.timers.cancelFlow(row);
      this.#parts.recorder.count(COUNTER.checks_passed);
      this.#parts.wakes.satisfyNow(row, WAIT_PUSH, nowUs);
    } else if (table.waits[row] === WAIT_NOTHING && this.#isEarlyPush(flow, row, bytes, start, end)) {
      this.#parts.recorder.count(COUNTER.checks_passed);
      table.pc[row]! += 1;
      table.intendedUs[row] = nowUs;
    } else if (inOrder !== NO_REQUEST) {
      this.#answer(flow, inOrder, bytes, start, end, nowUs);
    }
  }

  #answer(flow: Flow, request: number, bytes: Uint8Array, start: number, end: number, nowUs: number): void {
    const { answers, errors } = this.#parts;
    const { requests } = answers;
    const { check } = flow.sends[flow.operand(requests.step[request]! - flow.firstStep, 0)]!;
    const context = this.#context.of(flow, requests.row[request]!, requests.iteration[request]!);
    let isRight = check!.holds(context, bytes, start, end);
    if (!isRight) errors.add('check.answer', 'an answer is not what the step expects');
    else if (!this.#keeps(check!, requests.row[request]!, bytes, start, end)) {
      isRight = false;
      errors.add('capture.absent', 'an answer does not have what the step captures, or it is too long');
    }
    answers.answered(request, isRight, nowUs);
  }

  /**
   * Whether the message is the one that the flow is about to wait for: many servers speak first, and what they say comes
   * with the upgrade, before the client has had its turn.
   */
  #isEarlyPush(flow: Flow, row: number, bytes: Uint8Array, start: number, end: number): boolean {
    const pc = this.#parts.table.pc[row]!;
    if (flow.opcode(pc) !== OP_EXPECT) return false;
    if (flow.needs !== undefined && !this.#parts.values!.haveAll(flow, row, pc, this.#context.iterationOf(flow, row, pc))) return false;
    return this.#isPush(flow, row, pc, bytes, start, end);
  }

  /** Whether the message is what the expect step at `pc` waits for. */
  #isPush(flow: Flow, row: number, pc: number, bytes: Uint8Array, start: number, end: number): boolean {
    const check = flow.pushes[flow.operand(pc, 0)]!;
    const context = this.#context.of(flow, row, this.#context.iterationOf(flow, row, pc));
    return check.holds(context, bytes, start, end) && this.#keeps(check, row, bytes, start, end);
  }

  /** Keeps what the step captures; false when the message does not have all of it. */
  #keeps({ captures }: AnswerCheck, row: number, bytes: Uint8Array, start: number, end: number): boolean {
    return captures.length === 0 || this.#parts.values!.take(captures, row, bytes, start, end);
  }
}
