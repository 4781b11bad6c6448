import type { Clock } from '../core/clock.js';
import { COUNTER, GAUGE } from '../measure/metric-names.js';
import type { Transport, TransportEvents } from '../net/transport.js';
import type { Arrivals } from './arrivals.js';
import type { ClientContext } from './client-context.js';
import { CLOSING, CONNECTING, OPEN, UPGRADING, WAIT_NOTHING } from './client-table.js';
import type { Clients } from './clients.js';
import type { ConnectionParts, Connections } from './connections.js';
import type { Connector } from './connector.js';
import type { Ending } from './ending.js';
import type { Incoming } from './incoming.js';
import type { Logins } from './logins.js';
import { scenarioEvents } from './scenario-events.js';
import type { SlowOperationLog } from './slow-operations.js';
import type { Storm } from './storm.js';
import type { TimerVisitor } from './timer-wheel.js';

/** The longest wait: the worker looks for messages of the main thread at least this often, and sooner while it waits for one. */
const LONGEST_WAIT_US = 50_000;
const LONGEST_WAIT_FOR_LOGINS_US = 2_000;
/** How often arrivals to come are looked at for their logins. */
const PREFETCH_EVERY_US = 10_000;

/** What the swarm asks of the thread around it. */
export interface SwarmHost {
  /** Reads what the main thread has said; false: leave now. */
  poll(nowUs: number): boolean;
}

export interface MessageReader {
  push(row: number, bytes: Uint8Array, start: number, end: number): void;
  reset(row: number): void;
}

export interface SwarmParts extends ConnectionParts {
  readonly clock: Clock;
  readonly connections: Connections;
  readonly connector: Connector;
  readonly context: ClientContext;
  readonly clients: Clients;
  readonly logins: Logins;
  readonly arrivals: readonly Arrivals[];
  readonly endings: readonly Ending[];
  readonly storms: readonly Storm[];
  readonly incoming: Incoming;
  /** Finds the messages in what comes: frames of WebSocket, or what the framing of a plain stream says. */
  readonly frames: MessageReader;
  readonly slow: SlowOperationLog;
}

/**
 * One worker's clients on one transport. Everything happens in this order: completions come in and note whose wait is
 * over; then, once a tick, those clients go on, due timers fire, arrivals start, and what was sent leaves in one batch.
 */
export class Swarm implements TransportEvents, TimerVisitor {
  readonly #parts: SwarmParts;
  readonly #host: SwarmHost;
  #nextPrefetchUs = 0;

  constructor(parts: SwarmParts, host: SwarmHost) {
    this.#parts = parts;
    this.#host = host;
  }

  /** Runs until every scenario is over or the host says to leave. `startUs` is the common start, in clock microseconds. */
  async run(transport: Transport, startUs: number): Promise<void> {
    for (const flow of this.#parts.flows) {
      flow.startUs = startUs + flow.plan.startTimeUs;
      flow.endUs = flow.startUs + flow.schedule.endUs;
      if (flow.plan.storm) flow.stormUs = flow.startUs + flow.plan.storm.atUs;
    }
    const { byScenario, table, http } = this.#parts;
    const events = byScenario === undefined ? this : scenarioEvents(this, table, byScenario);
    await transport.run(http?.eventsFor(events) ?? events);
    const overUs = this.#parts.clock.nowUs();
    this.#parts.answers.abandonAll(overUs);
    this.#parts.deliveries?.settleAll(overUs);
    this.#parts.http?.abandonAll(overUs);
    this.#parts.reconnects?.runOver(this.#parts.flows, overUs);
    this.#setGauges();
  }

  /** Ends every scenario now: no more arrivals, and clients leave in order. */
  stop(nowUs: number): void {
    for (const [scenario, ending] of this.#parts.endings.entries()) {
      this.#parts.byScenario?.select(scenario);
      ending.stop(nowUs);
    }
  }

  onConnected(row: number, nowUs: number): void {
    this.#parts.connector.connected(row, nowUs);
  }

  onData(row: number, bytes: Uint8Array, start: number, end: number, nowUs: number): void {
    const { table, recorder, connector, incoming, frames } = this.#parts;
    recorder.count(COUNTER.data_received, end - start);
    incoming.nowUs = nowUs;
    if (this.#parts.http !== undefined) this.#parts.http.nowUs = nowUs;
    const phase = table.phase[row]!;
    if (phase >= OPEN && phase <= CLOSING) {
      frames.push(row, bytes, start, end);
      return;
    }
    if (phase === CONNECTING) connector.connected(row, nowUs);
    if (table.phase[row] === OPEN) frames.push(row, bytes, start, end); // a stream is open as soon as it stands
    if (table.phase[row] !== UPGRADING) return;
    const framesAt = connector.readUpgrade(row, bytes, start, end, nowUs);
    if (framesAt >= 0 && framesAt < end) frames.push(row, bytes, framesAt, end);
  }

  onClosed(row: number, errno: number, nowUs: number): void {
    const { connector, frames, connections, table, clients, byScenario } = this.#parts;
    // The answer came just before the end of the stream, in the same look at the network: the flow has its turn first, as it has
    // where the two come in two looks, for that end may be the one it wants.
    if (errno === 0 && table.waits[row] === WAIT_NOTHING && table.phase[row] === OPEN) {
      clients.runWoken(nowUs);
      byScenario?.select(table.scenario[row]!);
    }
    connector.forget(row);
    frames.reset(row);
    connections.closed(row, errno, nowUs);
  }

  onTick(nowUs: number): number {
    if (!this.#host.poll(nowUs)) return -1;
    const { context, clock, clients, timers, answers, arrivals, endings, storms, connector, slow, byScenario } = this.#parts;
    context.nowUnixMs = clock.unixMs();
    clients.runWoken(nowUs);
    timers.advance(nowUs, this);
    answers.expire(nowUs);
    this.#parts.deliveries?.settle(nowUs);
    let isOver = true;
    for (let i = 0; i < arrivals.length; i++) {
      byScenario?.select(i);
      arrivals[i]!.run(nowUs);
      endings[i]!.run(nowUs);
      isOver &&= endings[i]!.isOver;
    }
    for (let i = 0; i < storms.length; i++) {
      byScenario?.select(storms[i]!.scenario);
      storms[i]!.run(nowUs);
    }
    clients.runWoken(nowUs);
    this.#askLogins(nowUs);
    const canConnectMore = connector.pump(nowUs);
    this.#setGauges();
    if (isOver) return -1;
    const nextUs = canConnectMore ? nowUs : this.#nextUs(nowUs);
    slow.looked(nowUs, nextUs);
    return nextUs;
  }

  onTimer(timer: number, nowUs: number): void {
    this.#parts.clients.onTimer(timer, nowUs);
  }

  /** Asks for logins ahead of the start too, so that it may be called before run(). */
  prefetch(nowUs: number): void {
    for (const arrivals of this.#parts.arrivals) arrivals.prefetch(nowUs);
    this.#parts.logins.pump(nowUs);
  }

  #askLogins(nowUs: number): void {
    if (nowUs >= this.#nextPrefetchUs) {
      this.#nextPrefetchUs = nowUs + PREFETCH_EVERY_US;
      this.prefetch(nowUs);
    } else {
      this.#parts.logins.pump(nowUs);
    }
  }

  #nextUs(nowUs: number): number {
    const { arrivals, endings, timers, answers, credentials } = this.#parts;
    let nextUs = nowUs + (credentials.asked > 0 ? LONGEST_WAIT_FOR_LOGINS_US : LONGEST_WAIT_US);
    for (let i = 0; i < arrivals.length; i++) nextUs = Math.min(nextUs, arrivals[i]!.nextUs(), endings[i]!.nextUs());
    for (let i = 0; i < this.#parts.storms.length; i++) nextUs = Math.min(nextUs, this.#parts.storms[i]!.nextUs());
    return Math.min(nextUs, timers.nextUs(nextUs), answers.nextUs(), credentials.flushDueUs);
  }

  #setGauges(): void {
    const { recorder, connections } = this.#parts;
    recorder.gauge(GAUGE.clients_connecting, connections.slotsTaken);
    recorder.gauge(GAUGE.clients_open, connections.openCount);
    recorder.gauge(GAUGE.clients_ready, connections.readyCount);
    recorder.gauge(GAUGE.clients_peak_open, connections.peakOpen);
  }
}
