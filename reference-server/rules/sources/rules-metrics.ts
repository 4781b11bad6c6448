import { Counter, Gauge, type Registry } from 'prom-client';
import type { RuleReceiver } from './receiver.js';

/** Registers what there is to know about the rules in force; read only when someone asks. */
export function registerRulesMetrics(registry: Registry, receiver: RuleReceiver, versionAtThreads: () => number): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  gauge('gwrk_rules_version', 'Sets of rules put in force since the start', () => receiver.inForce.version);
  gauge('gwrk_rules_version_at_threads', 'The set that every gateway thread has in force', versionAtThreads);
  gauge('gwrk_rules_source_up', '0 while the source of --rules cannot be read', () => (receiver.isSourceReadable ? 1 : 0));
  new Gauge({
    name: 'gwrk_rules',
    help: 'Rules in force',
    labelNames: ['kind'],
    registers,
    collect() {
      this.set({ kind: 'circuitBreaker' }, receiver.inForce.counts.circuitBreaker);
      this.set({ kind: 'flow' }, receiver.inForce.counts.flow);
    },
  });
  new Counter({
    name: 'gwrk_rules_refused_total',
    help: 'Texts of rules that were refused',
    registers,
    collect() {
      this.reset();
      this.inc(receiver.refusedCount);
    },
  });
}
