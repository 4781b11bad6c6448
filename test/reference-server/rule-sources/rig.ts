import { setTimeout as sleep } from 'node:timers/promises';
import { RuleReceiver, type RulesEvent } from '../../../reference-server/rules/sources/receiver.js';
import type { RuleSource } from '../../../reference-server/rules/sources/rule-source.js';
import { ManualClock } from '../auth/manual-clock.js';
import { ManualTimers } from './manual-timers.js';

const LONGEST_MS = 60_000;

/** Waits for what sockets and file systems do in their own time. Fails by name when it does not come about. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const endMs = performance.now() + LONGEST_MS;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`in vain: ${what}`);
    await sleep(1);
  }
}

/** A rules text with one flow rule; different limits are different texts. */
export const rulesOf = (threshold: number): string => JSON.stringify([{ resource: 'login', threshold }]);

/** A source with the real receiver behind it and time in the test's hand. */
export class Rig {
  readonly timers = new ManualTimers();
  readonly events: RulesEvent[] = [];
  /** The limit of the first flow rule of each set that was put in force; undefined for a set without. */
  readonly applied: (number | undefined)[] = [];
  readonly receiver: RuleReceiver;
  readonly source: RuleSource;

  constructor(make: (timers: ManualTimers) => RuleSource) {
    this.source = make(this.timers);
    this.receiver = new RuleReceiver({
      source: this.source.name,
      clock: new ManualClock(),
      apply: (rules) => this.applied.push(rules.flows[0]?.threshold),
      onEvent: (event) => this.events.push(event),
    });
  }

  start(): void {
    this.source.start(this.receiver);
  }

  async waitForLimit(threshold: number): Promise<void> {
    await until(`limit ${threshold} in force, have ${this.applied.join()}`, () => this.applied.at(-1) === threshold);
  }

  async waitForError(kind: 'refused' | 'unreadable'): Promise<void> {
    await until(`an error: ${kind}`, () => this.receiver.error?.kind === kind);
  }

  async waitUntilReadable(): Promise<void> {
    await until('the source is readable', () => this.receiver.isSourceReadable);
  }
}
