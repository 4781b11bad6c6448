import { COUNTER, TREND } from '../measure/metric-names.js';
import type { Recorder } from '../measure/recorder.js';
import type { ScenarioRecorder } from '../measure/scenario-recorder.js';
import { WAIT_ANSWER, WAIT_SETTLED } from './client-table.js';
import type { ErrorCounts } from './error-counts.js';
import type { Flow } from './flow.js';
import { NO_REQUEST, RequestTable } from './request-table.js';
import type { SlowOperationLog } from './slow-operations.js';
import type { Wakes } from './wakes.js';

/**
 * The ledger of one worker: every request that was sent ends as ok, fail or indeterminate, once; and who is indeterminate
 * has timed out, was lost with its connection, or is unfinished when the client's time is over. Response time counts from
 * the intended send and service time from the actual one: response = service + lag for each request that was answered.
 */
export class Answers {
  readonly requests: RequestTable;
  readonly #recorder: Recorder;
  readonly #byScenario: ScenarioRecorder | undefined;
  readonly #errors: ErrorCounts;
  readonly #wakes: Wakes;
  readonly #slow: SlowOperationLog;
  readonly #slowUs: number;
  /** Time-out of each step; the steps that send requests. */
  readonly #withinUs: Float64Array;
  readonly #steps: Uint16Array;
  /** By step: number of its scenario. */
  readonly #scenario: Uint16Array;
  /** By step: 1 where the plan has a time for each send. */
  readonly #isPlanned: Uint8Array;
  /** By step: 1 where it runs beside the flow, so that no client waits for its answer. Undefined without such steps. */
  readonly #isBeside: Uint8Array | undefined;

  constructor(
    rows: number,
    flows: readonly Flow[],
    recorder: Recorder,
    errors: ErrorCounts,
    wakes: Wakes,
    slow: SlowOperationLog,
    byScenario?: ScenarioRecorder,
  ) {
    this.#byScenario = byScenario;
    const steps = flows.reduce((sum, flow) => sum + flow.instructions, 0);
    this.requests = new RequestTable(rows, steps);
    this.#recorder = recorder;
    this.#errors = errors;
    this.#wakes = wakes;
    this.#slow = slow;
    this.#slowUs = slow.thresholdUs;
    this.#withinUs = new Float64Array(steps).fill(Number.POSITIVE_INFINITY);
    this.#scenario = new Uint16Array(steps);
    for (const [scenario, flow] of flows.entries()) {
      this.#scenario.fill(scenario, flow.firstStep, flow.firstStep + flow.instructions);
      for (let pc = 0; pc < flow.instructions; pc++) this.#withinUs[flow.firstStep + pc] = flow.answerWithinUs(pc);
    }
    this.#isPlanned = Uint8Array.from(flows.flatMap((flow) => [...flow.isPlanned.map((planned, pc) => planned | flow.isBeside[pc]!)]));
    const isBeside = Uint8Array.from(flows.flatMap((flow) => [...flow.isBeside]));
    this.#isBeside = isBeside.includes(1) ? isBeside : undefined;
    this.#steps = Uint16Array.from([...this.#withinUs.keys()].filter((step) => Number.isFinite(this.#withinUs[step]!)));
  }

  /** Notes a request that is about to be sent; false when too many are open, and it must not be sent. */
  open(row: number, step: number, keyLow: number, keyHigh: number, intendedUs: number, nowUs: number, iteration: number): boolean {
    if (this.requests.open(row, step, keyLow, keyHigh, intendedUs, nowUs, iteration) === NO_REQUEST) return false;
    this.#recorder.count(COUNTER.ledger_sent);
    return true;
  }

  /** The answer to a request has come. A wrong one has a trend of its own: a fast refusal must not improve the response time. */
  answered(request: number, isRight: boolean, nowUs: number): void {
    const recorder = this.#recorder;
    const intendedUs = this.requests.intendedUs[request]!;
    if (isRight) {
      recorder.count(COUNTER.ledger_ok);
      recorder.count(COUNTER.checks_passed);
      const sentUs = this.requests.sentUs[request]!;
      recorder.record(TREND.ws_msg_rtt, nowUs - intendedUs);
      recorder.record(TREND.ws_msg_service, nowUs - sentUs);
      if (this.#isPlanned[this.requests.step[request]!] === 1) recorder.record(TREND.ws_msg_lag, sentUs - intendedUs);
    } else {
      recorder.record(TREND.ws_msg_failed, nowUs - intendedUs);
      recorder.count(COUNTER.ledger_fail);
      recorder.count(COUNTER.checks_failed);
    }
    if (nowUs - intendedUs >= this.#slowUs) this.#slow.note(this.requests, request, nowUs, isRight ? 'ok' : 'fail');
    this.#close(request, nowUs);
  }

  /** Ends every request whose answer is overdue. What became of it nobody knows; the time waited counts as its response time. */
  expire(nowUs: number): void {
    const { requests } = this;
    for (let i = 0; i < this.#steps.length; i++) {
      const step = this.#steps[i]!;
      const withinUs = this.#withinUs[step]!;
      for (let request = requests.oldestOf(step); request !== NO_REQUEST; request = requests.oldestOf(step)) {
        if (requests.sentUs[request]! + withinUs > nowUs) break;
        this.#byScenario?.select(this.#scenario[step]!);
        this.#recorder.count(COUNTER.ledger_indeterminate);
        this.#recorder.count(COUNTER.checks_failed);
        this.#recorder.count(COUNTER.timeouts);
        this.#recorder.count(COUNTER.messages_timed_out);
        this.#recorder.record(TREND.ws_msg_rtt, nowUs - requests.intendedUs[request]!);
        this.#errors.add('timeout.answer', 'no answer within the time that the step allows');
        if (nowUs - requests.intendedUs[request]! >= this.#slowUs) this.#slow.note(requests, request, nowUs, 'timeout');
        this.#close(request, nowUs);
      }
    }
  }

  /** When the next open request is overdue, us; Infinity when none is open. */
  nextUs(): number {
    let nextUs = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#steps.length; i++) {
      const step = this.#steps[i]!;
      const request = this.requests.oldestOf(step);
      if (request !== NO_REQUEST) nextUs = Math.min(nextUs, this.requests.sentUs[request]! + this.#withinUs[step]!);
    }
    return nextUs;
  }

  /**
   * The connection of this row is gone: nobody will learn what became of its open requests. Ended by us (`isWanted`) they are
   * unfinished; else they are lost with it, which is a failure and no response time.
   */
  abandon(row: number, isWanted: boolean, nowUs: number): void {
    const { requests } = this;
    for (let request = requests.firstOf(row); request !== NO_REQUEST; request = requests.firstOf(row)) {
      this.#giveUp(request, isWanted, nowUs);
      requests.close(request);
    }
  }

  /** The run is over: nobody will learn what became of any open request. */
  abandonAll(nowUs: number): void {
    const { requests } = this;
    for (const step of this.#steps) {
      this.#byScenario?.select(this.#scenario[step]!);
      for (let request = requests.oldestOf(step); request !== NO_REQUEST; request = requests.oldestOf(step)) {
        this.#giveUp(request, true, nowUs);
        requests.close(request);
      }
    }
  }

  hasOpen(row: number): boolean {
    return this.requests.firstOf(row) !== NO_REQUEST;
  }

  /** The time that an unfinished request has had is the least that its answer takes: left out, the slowest would be missing. */
  #giveUp(request: number, isUnfinished: boolean, nowUs: number): void {
    const recorder = this.#recorder;
    recorder.count(COUNTER.ledger_indeterminate);
    recorder.count(isUnfinished ? COUNTER.messages_unfinished : COUNTER.messages_lost);
    recorder.record(isUnfinished ? TREND.ws_msg_rtt : TREND.ws_msg_failed, nowUs - this.requests.intendedUs[request]!);
  }

  #close(request: number, nowUs: number): void {
    const { requests } = this;
    const row = requests.row[request]!;
    const isNewest = this.#isBeside === undefined ? requests.after(request) === NO_REQUEST : this.#isNewestOfFlow(request, this.#isBeside);
    requests.close(request);
    // A client that waits for an answer has sent nothing since: it waits for the newest.
    if (isNewest) this.#wakes.satisfyNow(row, WAIT_ANSWER, nowUs);
    if (!this.hasOpen(row)) this.#wakes.satisfy(row, WAIT_SETTLED);
  }

  #isNewestOfFlow(request: number, isBeside: Uint8Array): boolean {
    const { requests } = this;
    if (isBeside[requests.step[request]!] === 1) return false;
    let later = requests.after(request);
    while (later !== NO_REQUEST && isBeside[requests.step[later]!] === 1) later = requests.after(later);
    return later === NO_REQUEST;
  }
}
