import { Counter, Gauge, type Registry } from 'prom-client';
import type { ResourceReport } from './rule-book.js';

/** What the rules did on every thread, for /metrics. Gateway threads report once a second, the main thread when it is asked. */
export class GuardMetrics {
  readonly #byThread = new Map<string, readonly ResourceReport[]>();

  constructor(registry: Registry, readMain: () => readonly ResourceReport[]) {
    const registers = [registry];
    const reports = (): Map<string, readonly ResourceReport[]> => this.#byThread.set('main', readMain());
    new Gauge({
      name: 'gwrk_breaker_state',
      help: 'State of each circuit breaker: 0 closed, 1 open, 2 half-open. rule is its place among the rules of the resource',
      labelNames: ['resource', 'rule', 'thread'],
      registers,
      collect() {
        this.reset();
        for (const [thread, resources] of reports()) {
          for (const { resource, breakers } of resources) {
            for (const [index, { state }] of breakers.entries()) this.set({ resource, rule: String(index), thread }, state);
          }
        }
      },
    });
    new Counter({
      name: 'gwrk_guard_passes_total',
      help: 'Calls that the rules of their resource let pass',
      labelNames: ['resource', 'thread'],
      registers,
      collect() {
        this.reset();
        for (const [thread, resources] of reports()) {
          for (const { resource, passes } of resources) this.inc({ resource, thread }, passes);
        }
      },
    });
    new Counter({
      name: 'gwrk_guard_refusals_total',
      help: 'Calls that a breaker or a flow rule refused',
      labelNames: ['resource', 'by', 'thread'],
      registers,
      collect() {
        this.reset();
        for (const [thread, resources] of reports()) {
          for (const { resource, refusedByBreaker, refusedByFlow } of resources) {
            this.inc({ resource, by: 'breaker', thread }, refusedByBreaker);
            this.inc({ resource, by: 'flow', thread }, refusedByFlow);
          }
        }
      },
    });
  }

  /** A gateway thread's report takes the place of its last one. */
  receive(thread: number, resources: readonly ResourceReport[]): void {
    this.#byThread.set(String(thread), resources);
  }
}
