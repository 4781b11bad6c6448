import { NO_FRAMING } from '../scenario/framing.js';
import type { CompiledConnect } from './compiled-steps.js';
import type { Flow } from './flow.js';
import { FramingRule } from './framing-rules.js';

/** The row has no connection, or its stream cannot be read any further. */
export const NO_RULE = 65_535;

/** Which framing the connection of each row has: two bytes a row, and only in runs against plain streams. */
export class FramingTable {
  readonly rules: FramingRule[] = [];
  /** By row: index in rules, or NO_RULE. */
  readonly ruleOf: Uint16Array;
  readonly #numbers = new Map<CompiledConnect, number>();

  constructor(rows: number, flows: readonly Flow[]) {
    this.ruleOf = new Uint16Array(rows).fill(NO_RULE);
    const known = new Map<string, number>();
    for (const step of flows.flatMap((flow) => flow.connects)) {
      const framing = step.framing ?? NO_FRAMING;
      const key = JSON.stringify(framing);
      const number = known.get(key) ?? known.size;
      if (number === known.size) this.rules.push(new FramingRule(framing));
      known.set(key, number);
      this.#numbers.set(step, number);
    }
  }

  /** The connection of this row stands; `step` opened it. */
  begin(row: number, step: CompiledConnect): void {
    this.ruleOf[row] = this.#numbers.get(step)!;
  }

  /** Most bytes that a rule puts behind a message. */
  get longestSuffix(): number {
    return Math.max(0, ...this.rules.map(({ suffix }) => suffix.length));
  }

  /** Writes what belongs before and behind the message out[start..end) of this row; gives the end. See FramingRule.wrap. */
  wrap(row: number, out: Uint8Array, start: number, end: number): number {
    const rule = this.ruleOf[row]!;
    return rule === NO_RULE ? end : this.rules[rule]!.wrap(out, start, end);
  }

  prefixBytes(row: number): number {
    const rule = this.ruleOf[row]!;
    return rule === NO_RULE ? 0 : this.rules[rule]!.prefixBytes;
  }
}
