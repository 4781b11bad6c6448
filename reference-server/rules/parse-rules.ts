import type * as z from 'zod';
import type { BreakerRule, FlowRule, RuleSet } from './rule.js';
import { goBreakerRule, goFlowRule, javaBreakerRule, javaFlowRule } from './rule-schema.js';

const MAX_TEXT_LENGTH = 1_048_576;
const MAX_RULES = 5_000;

/** What is wrong in a text of rules, and where: "$.circuitBreaker[2].threshold"; "$" is the whole. */
export interface RuleProblem {
  readonly path: string;
  readonly message: string;
}

export type ParsedRules = { readonly rules: RuleSet } | { readonly problems: readonly RuleProblem[] };

/** A key that only breaker rules have, in either spelling. */
const BREAKER_KEYS = [
  'retryTimeoutMs',
  'timeWindow',
  'maxAllowedRtMs',
  'slowRatioThreshold',
  'minRequestAmount',
  'probeNum',
  'statIntervalMs',
];
/** Keys that only the Java spelling has. */
const JAVA_KEYS = ['count', 'grade', 'timeWindow', 'slowRatioThreshold'];

type Kind = 'circuitBreaker' | 'flow' | 'either';

/**
 * Reads Sentinel's rule JSON: an array of breaker rules, of flow rules or of both, or {circuitBreaker: [...], flow: [...]}. Each
 * rule is spelt as in sentinel-golang or as in Sentinel's Java classes and dashboard. Returns frozen rules, or every problem of
 * the text at once and no rules; never throws.
 */
export function parseRules(text: string): ParsedRules {
  if (text.length > MAX_TEXT_LENGTH) return { problems: [{ path: '$', message: `at most ${MAX_TEXT_LENGTH} characters` }] };
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    return { problems: [{ path: '$', message: `not JSON: ${(error as Error).message}` }] };
  }
  const reader = new RuleReader();
  reader.readDocument(given);
  return reader.result();
}

class RuleReader {
  readonly #breakers: BreakerRule[] = [];
  readonly #flows: FlowRule[] = [];
  readonly #problems: RuleProblem[] = [];
  #seen = 0;

  readDocument(given: unknown): void {
    if (Array.isArray(given)) return this.#readList(given, '$', 'either');
    if (!isRecord(given)) return this.#note('$', 'an array of rules, or an object with circuitBreaker and flow');
    for (const [key, list] of Object.entries(given)) {
      const path = `$.${key}`;
      if (key !== 'circuitBreaker' && key !== 'flow') this.#note(path, 'unknown: circuitBreaker and flow are the two lists');
      else if (!Array.isArray(list)) this.#note(path, 'an array of rules');
      else this.#readList(list, path, key);
    }
    if (Object.keys(given).length === 0) this.#note('$', 'circuitBreaker or flow is missing; [] is a file without rules');
  }

  result(): ParsedRules {
    if (this.#seen > MAX_RULES) return { problems: [{ path: '$', message: `at most ${MAX_RULES} rules` }] };
    if (this.#problems.length > 0) return { problems: this.#problems };
    return { rules: Object.freeze({ breakers: Object.freeze(this.#breakers), flows: Object.freeze(this.#flows) }) };
  }

  #readList(list: readonly unknown[], path: string, kind: Kind): void {
    this.#seen += list.length;
    if (this.#seen > MAX_RULES) return;
    for (const [index, item] of list.entries()) this.#readRule(item, `${path}[${index}]`, kind);
  }

  #readRule(given: unknown, path: string, kind: Kind): void {
    if (!isRecord(given)) return this.#note(path, 'a rule is an object');
    const rule = tidied(given);
    const isJava = JAVA_KEYS.some((key) => key in rule);
    const isBreaker = kind === 'circuitBreaker' || (kind === 'either' && BREAKER_KEYS.some((key) => key in rule));
    if (isBreaker) this.#check(isJava ? javaBreakerRule : goBreakerRule, rule, path, this.#breakers);
    else this.#check(isJava ? javaFlowRule : goFlowRule, rule, path, this.#flows);
  }

  #check<Rule>(schema: z.ZodType<Rule>, rule: object, path: string, into: Rule[]): void {
    const { success, data, error } = schema.safeParse(rule);
    if (success) {
      into.push(Object.freeze(data));
      return;
    }
    for (const issue of error.issues) {
      if (issue.code === 'unrecognized_keys') {
        for (const key of issue.keys) this.#note(`${path}.${key}`, 'unknown to this kind of rule');
      } else {
        this.#note([path, ...issue.path].join('.'), issue.message);
      }
    }
  }

  #note(path: string, message: string): void {
    this.#problems.push({ path, message });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Without nulls, which the dashboard writes for what is not set; Go also reads its fields' own names (Resource, ID). */
function tidied(rule: Record<string, unknown>): Record<string, unknown> {
  const tidy: Record<string, unknown> = Object.create(null);
  for (const [key, value] of Object.entries(rule)) {
    if (value !== null) tidy[key === 'ID' ? 'id' : key.charAt(0).toLowerCase() + key.slice(1)] = value;
  }
  return tidy;
}
