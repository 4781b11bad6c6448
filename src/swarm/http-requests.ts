import { COUNTER, TREND } from '../measure/metric-names.js';
import { HttpResponseReader, type ResponseHandler } from '../protocol/http-response-reader.js';
import type { ClientContext } from './client-context.js';
import { WAIT_HTTP } from './client-table.js';
import type { ConnectionParts } from './connections.js';
import type { Flow } from './flow.js';
import type { HttpRedirects } from './http-redirects.js';
import type { CompiledHttp } from './http-step.js';

const NOBODY = -1;

/** What a kind of connections does when the request on one of them is over. `slot` is the number of the connection. */
export interface HttpConnections {
  /** The connection is free for another request, or must be ended: in order, or at once. */
  release(slot: number, how: 'keep' | 'close' | 'abort'): void;
  /** The client has its answer, or will not get one. */
  answered(row: number): void;
}

/**
 * Requests of HTTP that wait for their answers: at most one on each connection, the next one behind the answer. Response time
 * counts from the intended time. What is no answer, or a wrong one, counts as failed, and the client's flow goes on.
 */
export class HttpRequests implements ResponseHandler {
  /** The time of the bytes that are being read. */
  nowUs = 0;
  readonly reader: HttpResponseReader;
  readonly #parts: ConnectionParts;
  readonly #context: ClientContext;
  readonly #redirects: HttpRedirects;
  readonly #ownOrigin: string;
  readonly #connections: HttpConnections;
  /** By connection: the client whose request is open, its instruction, and its times. */
  readonly #client: Int32Array;
  readonly #pc: Uint16Array;
  readonly #iteration: Uint32Array;
  readonly #intendedUs: Float64Array;
  readonly #sentUs: Float64Array;
  readonly #scratch: Uint8Array;
  readonly #toRow: number;

  /** Connection `slot` has the row slot + toRow of the transport. `ownOrigin`: what a step without an origin asks. */
  constructor(
    parts: ConnectionParts,
    context: ClientContext,
    redirects: HttpRedirects,
    connections: HttpConnections,
    { slots, toRow, ownOrigin }: { slots: number; toRow: number; ownOrigin: string },
  ) {
    this.#parts = parts;
    this.#context = context;
    this.#redirects = redirects;
    this.#connections = connections;
    this.#ownOrigin = ownOrigin;
    this.#toRow = toRow;
    this.reader = new HttpResponseReader(slots, this);
    this.#client = new Int32Array(slots).fill(NOBODY);
    this.#pc = new Uint16Array(slots);
    this.#iteration = new Uint32Array(slots);
    this.#intendedUs = new Float64Array(slots);
    this.#sentUs = new Float64Array(slots);
    this.#scratch = new Uint8Array(Math.max(0, ...parts.flows.flatMap((flow) => flow.https.map(({ maxBytes }) => maxBytes))));
  }

  isOpen(slot: number): boolean {
    return this.#client[slot] !== NOBODY;
  }

  /** What is recorded from now on is of the scenario of the client whose request is open, if one is. */
  selectScenario(slot: number): void {
    const row = this.#client[slot]!;
    if (row !== NOBODY) this.#parts.byScenario?.select(this.#parts.table.scenario[row]!);
  }

  /** Sends the request of the http step at `pc`, or of the redirect that it was answered with. */
  send(slot: number, flow: Flow, row: number, pc: number, intendedUs: number, nowUs: number): void {
    const { recorder, transport } = this.#parts;
    const step = flow.https[flow.operand(pc, 0)]!;
    const iteration = this.#context.iterationOf(flow, row, pc);
    const template = this.#redirects.templateOf(row) ?? step.template;
    const end = template.write(this.#context.of(flow, row, iteration), this.#scratch, 0);
    if (step.follow > 0) this.#redirects.sending(row, this.#scratch, end);
    this.#client[slot] = row;
    this.#pc[slot] = pc;
    this.#iteration[slot] = iteration;
    this.#intendedUs[slot] = intendedUs;
    this.#sentUs[slot] = nowUs;
    this.reader.expect(slot, template.isHead, step.keptBytes);
    recorder.count(COUNTER.ledger_sent);
    recorder.count(COUNTER.data_sent, end);
    transport.send(slot + this.#toRow, this.#scratch, 0, end);
  }

  onResponse(slot: number, status: number, bytes: Uint8Array, start: number, end: number, bodyBytes: number, mayStay: boolean): void {
    const { recorder, table, flows } = this.#parts;
    const row = this.#client[slot]!;
    if (row === NOBODY) {
      this.#connections.release(slot, 'close');
      return;
    }
    const flow = flows[table.scenario[row]!]!;
    const pc = this.#pc[slot]!;
    const step = flow.https[flow.operand(pc, 0)]!;
    const how = mayStay && step.keepalive ? 'keep' : 'close';
    recorder.count(COUNTER.http_reqs);
    const location = step.follow > 0 && status >= 300 && status < 400 ? this.reader.locationOf(slot) : undefined;
    if (location !== undefined) {
      const origin = step.origin ?? this.#ownOrigin;
      const refusal = this.#redirects.follow(row, step, { status, location, origin, intendedUs: this.#intendedUs[slot]! });
      if (refusal === undefined) recorder.count(COUNTER.ledger_ok);
      else this.#failed(slot, refusal.code, refusal.text);
      this.#over(slot, row, how);
      // The step is done once more, with the redirect in place of its path; its connection may have to be opened first.
      if (refusal === undefined) this.#again(row, pc, step);
      else this.#goOn(row);
      return;
    }
    if (!step.passes(status)) this.#failed(slot, `http.${status}`, `${step.template.method} was answered ${status}`);
    else if (!this.#holds(flow, slot, row, step, bytes, start, end, bodyBytes)) {
      recorder.count(COUNTER.ledger_fail);
      recorder.count(COUNTER.checks_failed);
      this.#recordFailed(slot);
    } else {
      recorder.count(COUNTER.ledger_ok);
      recorder.count(COUNTER.checks_passed);
      const sentUs = this.#sentUs[slot]!;
      recorder.record(TREND.http_req_duration, this.nowUs - this.#intendedUs[slot]!);
      recorder.record(TREND.http_req_service, this.nowUs - sentUs);
      if (flow.isPlanned[pc] === 1) recorder.record(TREND.http_req_lag, sentUs - this.#intendedUs[slot]!);
    }
    this.#over(slot, row, how);
    this.#goOn(row);
  }

  onGarbage(slot: number, reason: string): void {
    const row = this.#client[slot]!;
    if (row === NOBODY) {
      this.#connections.release(slot, 'abort');
      return;
    }
    this.#parts.recorder.count(COUNTER.http_reqs);
    this.#failed(slot, 'http.garbage', reason);
    this.#over(slot, row, 'abort');
    this.#goOn(row);
  }

  /** The answer has not come within its time. What became of the request nobody knows; the time waited counts. */
  overdue(slot: number, nowUs: number): void {
    const { recorder, errors } = this.#parts;
    this.nowUs = nowUs;
    const row = this.#client[slot]!;
    recorder.count(COUNTER.ledger_indeterminate);
    recorder.record(TREND.http_req_duration, nowUs - this.#intendedUs[slot]!);
    this.countUnanswered();
    recorder.count(COUNTER.timeouts);
    recorder.count(COUNTER.messages_timed_out);
    errors.add('timeout.http', 'no answer to a request of HTTP within the time that the step allows');
    this.#over(slot, row, 'abort');
    this.#goOn(row);
  }

  /** The connection is gone, and with it the answer unless that was its end. An empty code: the loss is told of elsewhere. */
  lost(slot: number, code: string, text: string, nowUs: number): void {
    this.nowUs = nowUs;
    if (this.reader.ended(slot)) return;
    const row = this.#client[slot]!;
    this.reader.reset(slot);
    if (row === NOBODY) return;
    this.#giveUp(slot, code === '', nowUs);
    this.countUnanswered();
    if (code !== '') this.#parts.errors.add(code, text);
    this.#client[slot] = NOBODY;
    this.#parts.timers.cancelFlow(row);
    this.#goOn(row);
  }

  /** Nobody waits for the answer any more: the client's time is over. */
  abandon(slot: number, nowUs: number): void {
    if (this.#client[slot] === NOBODY) return;
    this.#giveUp(slot, true, nowUs);
    this.#redirects.forget(this.#client[slot]!);
    this.#client[slot] = NOBODY;
  }

  /** A request that will not be answered: failed, and its check too. */
  countUnanswered(): void {
    const { recorder } = this.#parts;
    recorder.count(COUNTER.http_reqs);
    recorder.count(COUNTER.http_reqs_failed);
    recorder.count(COUNTER.checks_failed);
  }

  /** Nobody will learn what became of the request. The time that an unfinished one has had is the least that its answer takes. */
  #giveUp(slot: number, isUnfinished: boolean, nowUs: number): void {
    const { recorder } = this.#parts;
    recorder.count(COUNTER.ledger_indeterminate);
    recorder.count(isUnfinished ? COUNTER.messages_unfinished : COUNTER.messages_lost);
    recorder.record(isUnfinished ? TREND.http_req_duration : TREND.http_req_failed_duration, nowUs - this.#intendedUs[slot]!);
  }

  #recordFailed(slot: number): void {
    this.#parts.recorder.record(TREND.http_req_failed_duration, this.nowUs - this.#intendedUs[slot]!);
  }

  #failed(slot: number, code: string, text: string): void {
    const { recorder, errors } = this.#parts;
    recorder.count(COUNTER.http_reqs_failed);
    recorder.count(COUNTER.ledger_fail);
    recorder.count(COUNTER.checks_failed);
    this.#recordFailed(slot);
    errors.add(code, text);
  }

  #holds(
    flow: Flow,
    slot: number,
    row: number,
    step: CompiledHttp,
    bytes: Uint8Array,
    start: number,
    end: number,
    bodyBytes: number,
  ): boolean {
    if (step.keptBytes === 0) return true;
    if (bodyBytes > step.keptBytes) {
      this.#parts.errors.add('http.too-long', `a body has more than the ${step.keptBytes} bytes that an expectation looks at`);
      return false;
    }
    if (!step.check.holds(this.#context.of(flow, row, this.#iteration[slot]!), bytes, start, end)) {
      this.#parts.errors.add('check.answer', 'an answer is not what the step expects');
      return false;
    }
    const { captures } = step.check;
    if (captures.length === 0 || this.#parts.values!.take(captures, row, bytes, start, end)) return true;
    this.#parts.errors.add('capture.absent', 'an answer does not have what the step captures, or it is too long');
    return false;
  }

  #over(slot: number, row: number, how: 'keep' | 'close' | 'abort'): void {
    this.#client[slot] = NOBODY;
    this.#parts.timers.cancelFlow(row);
    this.#connections.release(slot, how);
  }

  #goOn(row: number): void {
    this.#redirects.forget(row);
    this.#connections.answered(row);
    this.#parts.freeUs![row] = this.nowUs;
    this.#parts.wakes.satisfyNow(row, WAIT_HTTP, this.nowUs);
  }

  #again(row: number, pc: number, step: CompiledHttp): void {
    this.#connections.answered(row);
    this.#parts.table.pc[row] = step.origin === undefined ? pc - 1 : pc;
    this.#parts.wakes.satisfy(row, WAIT_HTTP);
  }
}
