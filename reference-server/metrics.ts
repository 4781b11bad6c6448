import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { LOGIN_OUTCOMES, type LoginOutcome } from './auth/login.js';
import { COUNTER_NAMES, type Counters } from './counters.js';
import { MainThreadGc } from './main-thread-gc.js';
import { EventLoopLag, REPLACED_LAG_METRICS } from './telemetry/event-loop-lag.js';
import { registerGc, registerThreadCounters, registerTurns } from './telemetry/thread-metrics.js';

export interface MetricsOptions {
  /** One a gateway thread. */
  readonly counters: readonly Counters[];
  /** Sessions in the store. */
  readonly sessionCount: () => number;
}

/** One look at everything the server counts, since its start. */
export interface ServerStats {
  readonly pid: number;
  readonly uptimeS: number;
  readonly rssBytes: number;
  readonly rssPeakBytes: number;
  readonly cpuSeconds: number;
  readonly sessions: number;
  readonly logins: Readonly<Record<LoginOutcome, number>>;
  /** Sums over the gateway threads by counter name; gc_* also hold the main thread's. */
  readonly counters: Readonly<Record<string, number>>;
  /** The main thread's garbage collections. */
  readonly main: { readonly gcCount: number; readonly gcMajor: number; readonly gcMs: number; readonly gcLongestMs: number };
  /** The same counters for each gateway thread. */
  readonly threads: readonly Readonly<Record<string, number>>[];
}

/**
 * What the server counts, as Prometheus text and as JSON. Reading it costs the gateway threads nothing.
 *
 * A system adds its own metrics from its own file: `new Gauge({ registers: [metrics.registry], name: 'gwrk_...', help, collect() {
 * this.set(...) } })` of prom-client. Names begin with gwrk_ and use base units (_seconds, _bytes); counters end in _total. What is
 * read only when someone asks (collect) costs the measured path nothing; everything registered is exported by OpenTelemetry too.
 */
export class Metrics {
  readonly #options: MetricsOptions;
  readonly #registry = new Registry();
  readonly #gc = new MainThreadGc();
  readonly #logins = Object.fromEntries(LOGIN_OUTCOMES.map((outcome) => [outcome, 0])) as Record<LoginOutcome, number>;

  /** What stats() returns, kept from call to call: a load generator asks every second, and the garbage of it would be collected. */
  readonly #sums: Record<string, number> = {};
  readonly #threads: readonly Record<string, number>[];

  readonly #audit: Counter<'event'>;
  readonly #lag: EventLoopLag;

  constructor(options: MetricsOptions) {
    this.#options = options;
    this.#threads = options.counters.map(() => ({}));
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: 1_000 });
    for (const name of REPLACED_LAG_METRICS) this.#registry.removeSingleMetric(name);
    this.#lag = new EventLoopLag(this.#registry);
    registerThreadCounters(this.#registry, options.counters);
    registerTurns(this.#registry, options.counters);
    registerGc(this.#registry, options.counters, this.#gc);
    const { sessionCount } = options;
    new Gauge({
      name: 'gwrk_sessions',
      help: 'Sessions in the store',
      registers,
      collect() {
        this.set(sessionCount());
      },
    });
    this.#audit = new Counter({ name: 'gwrk_audit_events_total', help: 'Events of the audit', labelNames: ['event'], registers });
    const logins = this.#logins;
    new Counter({
      name: 'gwrk_logins_total',
      help: 'Answers to POST /v1/login',
      labelNames: ['outcome'],
      registers,
      collect() {
        this.reset();
        for (const outcome of LOGIN_OUTCOMES) this.inc({ outcome }, logins[outcome]);
      },
    });
  }

  /** Where metrics are registered; see the class. */
  get registry(): Registry {
    return this.#registry;
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  countLogin(outcome: LoginOutcome): void {
    this.#logins[outcome] += 1;
  }

  countAudit(event: string): void {
    this.#audit.inc({ event });
  }

  /** Prometheus text format 0.0.4. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Its counters are written again by the next call. */
  stats(): ServerStats {
    const { counters, sessionCount } = this.#options;
    const sums = this.#sums;
    const threads = this.#threads;
    for (const [index, name] of COUNTER_NAMES.entries()) {
      sums[name] = this.#sum(index);
      for (let thread = 0; thread < threads.length; thread++) threads[thread]![name] = counters[thread]!.values[index]!;
    }
    sums.gc_count! += this.#gc.count;
    sums.gc_major! += this.#gc.majorCount;
    sums.gc_ms! += this.#gc.totalMs;
    const usage = process.resourceUsage();
    return {
      pid: process.pid,
      uptimeS: process.uptime(),
      rssBytes: process.memoryUsage.rss(),
      rssPeakBytes: usage.maxRSS * 1024,
      cpuSeconds: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
      sessions: sessionCount(),
      logins: { ...this.#logins },
      counters: sums,
      main: { gcCount: this.#gc.count, gcMajor: this.#gc.majorCount, gcMs: this.#gc.totalMs, gcLongestMs: this.#gc.longestMs },
      threads,
    };
  }

  close(): void {
    this.#gc.stop();
    this.#lag.stop();
    this.#registry.clear();
  }

  #sum(index: number): number {
    let sum = 0;
    for (const { values } of this.#options.counters) sum += values[index]!;
    return sum;
  }
}
