import { Breaker, STATE_NAMES } from './breaker.js';
import { FlowLimit } from './flow.js';
import { ResourceGuard, type ResourceTally } from './resource-guard.js';
import { type BreakerRule, type FlowRule, isSameBreakerRule, isSameStatistic, NO_RULES, type RuleSet } from './rule.js';

/** A breaker of rules in force changed its state; states as in breaker.ts. */
export type ChangeListener = (rule: BreakerRule, from: number, to: number) => void;

/** What the audit log hears of a breaker that changed its state. */
export function breakerEvent({ resource }: BreakerRule, from: number, to: number) {
  return { event: 'breaker', slot: -1, resource, from: STATE_NAMES[from]!, to: STATE_NAMES[to]! } as const;
}

/** One resource that has rules, as it stands. */
export interface ResourceReport extends Readonly<ResourceTally> {
  readonly resource: string;
  /** Its breakers, in the order of the rules. */
  readonly breakers: readonly { readonly id: string; readonly strategy: number; readonly state: number }[];
}

interface Page {
  readonly rules: RuleSet;
  readonly guards: ReadonlyMap<string, ResourceGuard>;
}

/** The rules in force on one thread, by resource. A new set comes into force as a whole, between two calls. */
export class RuleBook {
  #page: Page = { rules: NO_RULES, guards: new Map() };
  readonly #tallies = new Map<string, ResourceTally>();
  readonly #onChange: ChangeListener;

  constructor(onChange: ChangeListener = () => {}) {
    this.#onChange = onChange;
  }

  get rules(): RuleSet {
    return this.#page.rules;
  }

  /** Resources that have rules. */
  get size(): number {
    return this.#page.guards.size;
  }

  /** The guard of a resource, or undefined when no rule concerns it. To be asked for anew at each call. */
  guard(resource: string): ResourceGuard | undefined {
    return this.#page.guards.get(resource);
  }

  /**
   * Puts a set in force in place of the one before. A breaker whose rule is unchanged keeps its state and its statistic; one
   * whose rule changed begins CLOSED, with the statistic of the old one where both count the same (Sentinel's reuse).
   */
  apply(rules: RuleSet): void {
    const guards = new Map<string, ResourceGuard>();
    const resources = new Set([...rules.breakers, ...rules.flows].map(({ resource }) => resource));
    for (const resource of resources) {
      const old = this.#page.guards.get(resource);
      const breakers = this.#breakersFor(
        rules.breakers.filter((rule) => rule.resource === resource),
        old?.breakers ?? [],
      );
      const flows = flowsFor(
        rules.flows.filter((rule) => rule.resource === resource),
        old?.flows ?? [],
      );
      guards.set(resource, new ResourceGuard(resource, breakers, flows, this.#tallyOf(resource)));
    }
    this.#page = Object.freeze({ rules, guards });
  }

  /** Every resource that has rules. */
  report(nowMs: number): ResourceReport[] {
    const { guards, rules } = this.#page;
    return [...guards.values()].map(({ resource, breakers, tally }) => {
      const own = rules.breakers.filter((rule) => rule.resource === resource);
      return { resource, ...tally, breakers: own.map(({ id, strategy }, i) => ({ id, strategy, state: breakers[i]!.state(nowMs) })) };
    });
  }

  #breakersFor(rules: readonly BreakerRule[], old: readonly Breaker[]): Breaker[] {
    const left = new Set(old);
    const take = (fits: (breaker: Breaker) => boolean): Breaker | undefined => {
      const found = [...left].find(fits);
      if (found !== undefined) left.delete(found);
      return found;
    };
    // Unchanged rules first, so that no changed one takes their statistic.
    const kept = rules.map((rule) => take((breaker) => isSameBreakerRule(breaker.rule, rule)));
    return rules.map(
      (rule, i) =>
        kept[i] ??
        this.#newBreaker(
          rule,
          take((breaker) => isSameStatistic(breaker.rule, rule)),
        ),
    );
  }

  #newBreaker(rule: BreakerRule, statisticOf: Breaker | undefined): Breaker {
    const breaker: Breaker = new Breaker(rule, {
      onChange: (from, to) => {
        // Late calls of rules that are gone still complete; nobody wants to hear of it.
        if (this.#page.guards.get(rule.resource)?.breakers.includes(breaker)) this.#onChange(rule, from, to);
      },
      ...(statisticOf === undefined ? {} : { statisticOf }),
    });
    return breaker;
  }

  #tallyOf(resource: string): ResourceTally {
    const tally = this.#tallies.get(resource) ?? { passes: 0, refusedByBreaker: 0, refusedByFlow: 0 };
    this.#tallies.set(resource, tally);
    return tally;
  }
}

function flowsFor(rules: readonly FlowRule[], old: readonly FlowLimit[]): FlowLimit[] {
  const left = new Set(old);
  return rules.map((rule) => {
    const same = (limit: FlowLimit): boolean => limit.rule.statIntervalMs === rule.statIntervalMs;
    const found = [...left].find((limit) => same(limit) && limit.rule.threshold === rule.threshold) ?? [...left].find(same);
    if (found !== undefined) left.delete(found);
    return found?.rule.threshold === rule.threshold ? found : new FlowLimit(rule, found);
  });
}
