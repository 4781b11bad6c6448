import { createHash } from 'node:crypto';
import type { Clock } from '../../../src/core/clock.js';
import { parseRules, type RuleProblem } from '../parse-rules.js';
import { NO_RULES, type RuleSet } from '../rule.js';
import type { RuleListener } from './rule-source.js';

/** Problems kept of a refused text. */
const MAX_PROBLEMS = 100;
/** Of those, told in one line. */
const PROBLEMS_IN_LINE = 3;
const MAX_LINE_LENGTH = 500;
/** Source of a set that came by PUT /admin/rules. */
export const PUSH = 'push';
const NOBODY = 'none';

/** What happened to rules, for the audit. */
export type RulesEvent =
  | {
      readonly event: 'rules.applied';
      readonly source: string;
      readonly version: number;
      readonly sha256: string;
      /** Rules in force now, and how many of them are new and how many of the last set are gone. */
      readonly counts: RuleCounts;
    }
  | { readonly event: 'rules.refused'; readonly source: string; readonly sha256: string; readonly reason: string }
  | { readonly event: 'rules.unreadable' | 'rules.readable'; readonly source: string; readonly reason: string };

export interface RuleCounts {
  readonly circuitBreaker: number;
  readonly flow: number;
  readonly added: number;
  readonly removed: number;
}

export interface RulesError {
  readonly kind: 'refused' | 'unreadable';
  readonly source: string;
  /** ISO 8601. */
  readonly at: string;
  /** One line. */
  readonly reason: string;
  /** Of a refused text. */
  readonly problems?: readonly RuleProblem[];
}

/** The set in force. */
export interface RulesInForce {
  readonly source: string;
  /** Counts the sets since the start of the server; 0 is the empty one that it starts with. */
  readonly version: number;
  /** Of the text's UTF-8; empty with version 0. */
  readonly sha256: string;
  /** ISO 8601; null with version 0. */
  readonly appliedAt: string | null;
  readonly counts: RuleCounts;
  readonly text: string;
}

export type RulesOutcome =
  | { readonly kind: 'applied' | 'unchanged' }
  | { readonly kind: 'refused'; readonly problems: readonly RuleProblem[]; readonly reason: string };

export interface RuleReceiverOptions {
  /** Name of the source of --rules; absent without one. */
  readonly source?: string;
  readonly clock: Clock;
  /** Makes a set the one in force, in whole. */
  readonly apply: (rules: RuleSet, version: number) => void;
  readonly onEvent: (event: RulesEvent) => void;
}

const NONE: RuleCounts = { circuitBreaker: 0, flow: 0, added: 0, removed: 0 };

/**
 * Judges every text that a source or an administrator brings: a good one is swapped in as a whole, a bad one changes nothing and
 * is told with all its problems. A text that is in force already, or that was refused just now, is no news.
 */
export class RuleReceiver implements RuleListener {
  readonly #options: RuleReceiverOptions;
  readonly #source: string;
  #rules: RuleSet = NO_RULES;
  #inForce: RulesInForce = { source: NOBODY, version: 0, sha256: '', appliedAt: null, counts: NONE, text: '[]' };
  /** SHA-256 of the last text that the source brought. */
  #lastHeard = '';
  #refused: RulesError | undefined;
  #unreadable: RulesError | undefined;
  #refusedCount = 0;

  constructor(options: RuleReceiverOptions) {
    this.#options = options;
    this.#source = options.source ?? NOBODY;
  }

  get inForce(): RulesInForce {
    return this.#inForce;
  }

  /** Why the set in force is not the source's latest; undefined when it is. */
  get error(): RulesError | undefined {
    return this.#unreadable ?? this.#refused;
  }

  /** Texts refused since the start, of the source and of pushes. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  /** False while the source cannot be read. */
  get isSourceReadable(): boolean {
    return this.#unreadable === undefined;
  }

  /** Changes whenever the set in force does, over restarts of the server too: an entity tag of RFC 9110 section 8.8.3. */
  get etag(): string {
    const { version, sha256 } = this.#inForce;
    return `"${version}-${sha256.slice(0, 16)}"`;
  }

  onText(text: string): void {
    this.#becomeReadable();
    const sha256 = hashOf(text);
    if (sha256 === this.#lastHeard) return;
    this.#lastHeard = sha256;
    const outcome = this.#take(text, sha256, this.#source);
    if (outcome.kind !== 'refused') this.#refused = undefined;
    else {
      const problems = outcome.problems.slice(0, MAX_PROBLEMS);
      this.#refused = { kind: 'refused', source: this.#source, at: this.#now(), reason: outcome.reason, problems };
    }
  }

  onUnchanged(): void {
    this.#becomeReadable();
  }

  onTrouble(reason: string): void {
    if (this.#unreadable?.reason === reason) return;
    const isNews = this.#unreadable === undefined;
    this.#unreadable = { kind: 'unreadable', source: this.#source, at: this.#now(), reason };
    // An outage has one line, however the reasons change meanwhile.
    if (isNews) this.#options.onEvent({ event: 'rules.unreadable', source: this.#source, reason });
  }

  /** A text that an administrator brings. It is in force until the source brings another one. */
  push(text: string): RulesOutcome {
    return this.#take(text, hashOf(text), PUSH);
  }

  #becomeReadable(): void {
    if (this.#unreadable === undefined) return;
    const { reason } = this.#unreadable;
    this.#unreadable = undefined;
    this.#options.onEvent({ event: 'rules.readable', source: this.#source, reason: `again, after: ${reason}` });
  }

  #take(text: string, sha256: string, source: string): RulesOutcome {
    if (sha256 === this.#inForce.sha256) return { kind: 'unchanged' };
    const parsed = parseRules(text);
    if ('problems' in parsed) {
      const reason = lineOf(parsed.problems);
      this.#refusedCount += 1;
      this.#options.onEvent({ event: 'rules.refused', source, sha256, reason });
      return { kind: 'refused', problems: parsed.problems, reason };
    }
    const version = this.#inForce.version + 1;
    const counts = countsOf(this.#rules, parsed.rules);
    this.#options.apply(parsed.rules, version);
    this.#rules = parsed.rules;
    this.#inForce = Object.freeze({ source, version, sha256, appliedAt: this.#now(), counts, text });
    this.#options.onEvent({ event: 'rules.applied', source, version, sha256, counts });
    return { kind: 'applied' };
  }

  #now(): string {
    return new Date(this.#options.clock.unixMs()).toISOString();
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function countsOf(before: RuleSet, after: RuleSet): RuleCounts {
  const spell = ({ breakers, flows }: RuleSet): Set<string> => new Set([...breakers, ...flows].map((rule) => JSON.stringify(rule)));
  const [old, fresh] = [spell(before), spell(after)];
  const missingIn = (others: ReadonlySet<string>, these: ReadonlySet<string>): number =>
    [...these].filter((one) => !others.has(one)).length;
  return {
    circuitBreaker: after.breakers.length,
    flow: after.flows.length,
    added: missingIn(old, fresh),
    removed: missingIn(fresh, old),
  };
}

/** The first problems in one line; how many there are in all when there are more. */
function lineOf(problems: readonly RuleProblem[]): string {
  const told = problems.slice(0, PROBLEMS_IN_LINE).map(({ path, message }) => `${path}: ${message}`);
  const more = problems.length > told.length ? ` (and ${problems.length - told.length} more)` : '';
  const line = `${told.join('; ')}${more}`.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/gu, ' ');
  return line.length > MAX_LINE_LENGTH ? `${line.slice(0, MAX_LINE_LENGTH)}...` : line;
}
