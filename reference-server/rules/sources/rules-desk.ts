import type { Registry } from 'prom-client';
import type { Clock } from '../../../src/core/clock.js';
import type { ErrorCode } from '../../../src/core/error-table.js';
import { GwrkError } from '../../../src/core/errors.js';
import type { RuleSet } from '../rule.js';
import { createSource, type SourceSecrets } from './create-source.js';
import { RuleReceiver, type RulesEvent } from './receiver.js';
import type { RuleListener, RuleSource, SourceTimers } from './rule-source.js';
import { registerRulesMetrics } from './rules-metrics.js';
import { RulesRoutes } from './rules-routes.js';
import type { SourceAddress } from './source-address.js';

/** A start waits so long for the first answer of a source in the network, and no longer: its outage must not become ours. */
const FIRST_ANSWER_MS = 3_000;
/** Longest wait for the gateway threads to have a set in force; they need some milliseconds. */
const IN_FORCE_MS = 1_000;

export interface RulesDeskOptions {
  /** Of --rules; absent without it. */
  readonly address: SourceAddress | undefined;
  readonly secrets: SourceSecrets;
  /** Gateway threads, which confirm() themselves by number. */
  readonly threadCount: number;
  /** Makes a set the one in force in the main thread and posts it to the gateway threads. */
  readonly apply: (rules: RuleSet, version: number) => void;
  readonly onEvent: (event: RulesEvent) => void;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly timers: SourceTimers;
}

/** All that the server has to do with where rules come from: the source of --rules, the admin port and the threads' answers. */
export class RulesDesk {
  readonly routes: RulesRoutes;
  readonly receiver: RuleReceiver;
  readonly #source: RuleSource | undefined;
  readonly #isFile: boolean;
  readonly #timers: SourceTimers;
  /** Version in force, by thread. */
  readonly #versions: Float64Array;
  #isStarting = true;
  #onFirstAnswer: () => void = () => {};
  /** Those who wait for a version to be in force everywhere. */
  readonly #waiting = new Set<{ readonly version: number; readonly run: () => void }>();

  constructor(options: RulesDeskOptions) {
    const { address, secrets, threadCount, apply, onEvent, registry, clock, timers } = options;
    this.#source = address && createSource(address, secrets, timers, () => clock.unixMs());
    this.#isFile = address?.kind === 'file';
    this.#timers = timers;
    this.#versions = new Float64Array(threadCount);
    const tell = (event: RulesEvent): void => {
      // What is wrong with a file at the start is the start's own error, told by it.
      if (event.event === 'rules.applied' || !this.#isFile || !this.#isStarting) onEvent(event);
    };
    this.receiver = new RuleReceiver({ ...(this.#source && { source: this.#source.name }), clock, apply, onEvent: tell });
    this.routes = new RulesRoutes(this);
    registerRulesMetrics(registry, this.receiver, () => this.versionAtThreads);
  }

  /** The set that every gateway thread has in force: the lowest version among them. */
  get versionAtThreads(): number {
    return Math.min(...this.#versions);
  }

  /** The thread has that version in force. */
  confirm(version: number, thread: number): void {
    this.#versions[thread] = version;
    const everywhere = this.versionAtThreads;
    for (const waiter of this.#waiting) if (waiter.version <= everywhere) waiter.run();
  }

  /** Resolves when every gateway thread has this version or a later one in force, after a second at the latest. */
  async untilInForce(version: number): Promise<void> {
    if (version <= this.versionAtThreads) return;
    let run = (): void => {};
    const confirmed = new Promise<void>((resolve) => {
      run = resolve;
    });
    const waiter = { version, run };
    this.#waiting.add(waiter);
    await this.#within(IN_FORCE_MS, confirmed);
    this.#waiting.delete(waiter);
  }

  /**
   * Follows the source from now on; resolves when its first rules are in force everywhere. A file that is missing or refused
   * throws GWRK_RULES_UNREADABLE or GWRK_RULES_INVALID; a source in the network that is not there yet does not.
   */
  async start(): Promise<void> {
    if (this.#source === undefined) return;
    const answered = new Promise<void>((resolve) => {
      this.#onFirstAnswer = resolve;
    });
    this.#source.start(this.#listener());
    await this.#within(FIRST_ANSWER_MS, answered);
    const { error, inForce } = this.receiver;
    if (this.#isFile && error !== undefined) throw this.#failure(error.kind, error.reason);
    if (this.#isFile && inForce.version === 0)
      throw this.#failure('unreadable', `it could not be read within ${FIRST_ANSWER_MS / 1_000} s`);
    this.#isStarting = false;
    await this.untilInForce(inForce.version);
  }

  stop(): void {
    this.#source?.stop();
  }

  #listener(): RuleListener {
    const { receiver } = this;
    const answer = (): void => this.#onFirstAnswer();
    return {
      onText(text) {
        receiver.onText(text);
        answer();
      },
      onUnchanged: () => receiver.onUnchanged(),
      onTrouble(reason) {
        receiver.onTrouble(reason);
        answer();
      },
    };
  }

  async #within(limitMs: number, what: Promise<void>): Promise<void> {
    let cancel = (): void => {};
    const limit = new Promise<void>((resolve) => {
      cancel = this.#timers.after(limitMs, resolve);
    });
    await Promise.race([what, limit]);
    cancel();
  }

  #failure(kind: 'refused' | 'unreadable', reason: string): GwrkError {
    const code: ErrorCode = kind === 'refused' ? 'GWRK_RULES_INVALID' : 'GWRK_RULES_UNREADABLE';
    return new GwrkError(code, reason, { where: '--rules', given: this.#source!.name });
  }
}
