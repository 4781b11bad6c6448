import { DeliveryTable, KEY_IN_USE, NO_ROOM, OWN_COPY, UNKNOWN } from '../measure/delivery-table.js';
import { COUNTER, TREND } from '../measure/metric-names.js';
import type { Recorder } from '../measure/recorder.js';
import type { ScenarioRecorder } from '../measure/scenario-recorder.js';
import type { EvaluationContext } from '../scenario/expression-evaluate.js';
import type { AnswerMatch } from './answer-match.js';
import type { CompiledBroadcast } from './compiled-broadcast.js';
import type { ErrorCounts } from './error-counts.js';
import type { Flow } from './flow.js';
import { RowQueue } from './row-queue.js';

/** A receipt that is just being counted by another worker is waited for. */
const SETTLE_AFTER_US = 20_000;

/**
 * Broadcasts: messages of one client that others receive. Each is found among what they receive by a value that the server
 * passes on unchanged. Exists only where a send step has `broadcast`.
 */
export class Deliveries {
  readonly #table: DeliveryTable;
  readonly #recorder: Recorder;
  readonly #byScenario: ScenarioRecorder | undefined;
  readonly #errors: ErrorCounts;
  readonly #workerIndex: number;
  readonly #workerCount: number;
  /** One for each way to find a message, over all flows; its index is part of the key, since two ways may find equal values. */
  readonly #matches: AnswerMatch[] = [];
  readonly #steps: CompiledBroadcast[] = [];
  /** By step: the slots of this worker's messages, the oldest first. */
  readonly #open: RowQueue[] = [];
  /** By step: number of its scenario. */
  readonly #scenario: number[] = [];

  constructor(
    buffer: SharedArrayBuffer,
    flows: readonly Flow[],
    { recorder, byScenario, errors }: { recorder: Recorder; byScenario?: ScenarioRecorder | undefined; errors: ErrorCounts },
    worker: { index: number; count: number },
  ) {
    this.#table = new DeliveryTable(buffer);
    this.#recorder = recorder;
    this.#byScenario = byScenario;
    this.#errors = errors;
    this.#workerIndex = worker.index;
    this.#workerCount = worker.count;
    const ways = new Map<string, number>();
    for (const { broadcast, scenario } of flows.flatMap(({ sends }, scenario) => sends.map((send) => ({ ...send, scenario })))) {
      if (broadcast === undefined) continue;
      const way = ways.get(broadcast.matchText) ?? ways.size;
      if (!ways.has(broadcast.matchText)) this.#matches.push(broadcast.match);
      ways.set(broadcast.matchText, way);
      broadcast.way = way;
      broadcast.queue = this.#steps.push(broadcast) - 1;
      this.#open.push(new RowQueue());
      this.#scenario.push(scenario);
    }
  }

  /** A connection of this flow stands. What comes to clients of drivers and of the reference protocol is not looked at. */
  opened(flow: Flow): void {
    if (isReceiver(flow)) this.#table.connectionOpened();
  }

  ended(flow: Flow, isWanted: boolean): void {
    if (isReceiver(flow)) this.#table.connectionEnded(isWanted);
  }

  /** The message bytes[start..end) of this row is about to be sent. */
  sending(
    row: number,
    step: CompiledBroadcast,
    context: EvaluationContext,
    bytes: Uint8Array,
    start: number,
    end: number,
    intendedUs: number,
    nowUs: number,
  ): void {
    const { match, way } = step;
    if (!match.read(bytes, start, end)) {
      this.#errors.add('broadcast.untracked', 'a message does not have the value that its receivers know it by');
      return;
    }
    const expected = step.receivers === undefined ? Math.max(0, this.#table.openConnections - 1) : step.receivers(context);
    const slot = this.#table.open(match.low ^ way, match.high, this.#clientOf(row), expected, intendedUs, nowUs + step.withinUs);
    if (slot === KEY_IN_USE) this.#errors.add('broadcast.untracked', 'another message with the same value is still under way');
    else if (slot === NO_ROOM) this.#errors.add('broadcast.untracked', 'too many broadcasts are under way at once');
    else {
      this.#recorder.count(COUNTER.deliveries_sent);
      this.#open[step.queue]!.push(slot);
    }
  }

  /** True when the message bytes[start..end) is one that another client sent: it answers nothing of this one. */
  receive(row: number, bytes: Uint8Array, start: number, end: number, nowUs: number): boolean {
    for (let way = 0; way < this.#matches.length; way++) {
      const match = this.#matches[way]!;
      if (!match.read(bytes, start, end)) continue;
      const sinceUs = this.#table.receive(match.low ^ way, match.high, this.#clientOf(row), nowUs);
      if (sinceUs === UNKNOWN) continue;
      if (sinceUs >= 0) this.#recorder.record(TREND.ws_delivery, sinceUs);
      return sinceUs !== OWN_COPY;
    }
    return false;
  }

  /** Adds up the messages whose time is over. */
  settle(nowUs: number): void {
    for (let i = 0; i < this.#open.length; i++) {
      const open = this.#open[i]!;
      this.#byScenario?.select(this.#scenario[i]!);
      while (open.size > 0 && this.#table.deadlineUs(open.peek()) + SETTLE_AFTER_US < nowUs) this.#settle(open.shift(), true);
    }
  }

  /** The run is over: what has not arrived and still had time is not expected any more. */
  settleAll(nowUs: number): void {
    for (const [step, open] of this.#open.entries()) {
      this.#byScenario?.select(this.#scenario[step]!);
      for (let slot = open.shift(); slot >= 0; slot = open.shift()) this.#settle(slot, this.#table.deadlineUs(slot) < nowUs);
    }
  }

  #settle(slot: number, isJudged: boolean): void {
    const table = this.#table;
    const recorder = this.#recorder;
    table.settle(slot);
    const { received, left } = table;
    // Who left of its own accord may have been one of those that are missing.
    const expected = isJudged ? Math.max(Math.min(received, table.expected), table.expected - left) : Math.min(received, table.expected);
    recorder.count(COUNTER.deliveries_expected, expected);
    recorder.count(COUNTER.deliveries_received, Math.min(received, expected));
    if (received > expected) recorder.count(COUNTER.deliveries_unexpected, received - expected);
    if (received > 1) recorder.record(TREND.ws_delivery_spread, table.spreadUs);
  }

  /** A number of this row that no other worker has. */
  #clientOf(row: number): number {
    return row * this.#workerCount + this.#workerIndex;
  }
}

const isReceiver = ({ isReference, isHttp, plan }: Flow): boolean => !isReference && !isHttp && plan.driver === undefined;
