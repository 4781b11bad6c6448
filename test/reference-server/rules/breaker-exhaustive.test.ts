import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Breaker, REFUSED, STATE_NAMES } from '../../../reference-server/rules/breaker.js';
import type { BreakerRule } from '../../../reference-server/rules/rule.js';
import { BreakerModel, type Outcome } from './breaker-model.js';
import { SMALL_RULES, STEPS_MS } from './small-rules.js';

/** 7 takes 20 s: for every change of the breaker. At 6 each rule comes as far as HALF_OPEN. */
const LENGTH = Number(process.env.GWRK_EXHAUSTIVE ?? 6);
const START_MS = 1_003;
const EVENTS = ['pass', 'ok', 'slow', 'error', ...STEPS_MS] as const;
type Event = (typeof EVENTS)[number];

/**
 * Walks the tree of all sequences depth first: the breaker is put back by its memory, the model is cloned. A time step does not
 * touch the breaker, so that what became due meanwhile is left to its next call, or to the end of the sequence.
 */
class Walk {
  sequences = 0;
  readonly states = new Set<string>();
  readonly #rule: BreakerRule;
  readonly #breaker: Breaker;
  readonly #changes: string[] = [];
  readonly #path: Event[] = [];
  readonly #saved: Float64Array[];
  readonly #permits: number[] = [];

  constructor(rule: BreakerRule) {
    this.#rule = rule;
    this.#breaker = new Breaker(rule, {
      watchedCalls: 8,
      firstTicket: 2 ** 30 - 3,
      onChange: (from, to, atMs) => this.#changes.push(`${STATE_NAMES[from]}>${STATE_NAMES[to]}@${atMs}`),
    });
    this.#saved = Array.from({ length: LENGTH + 1 }, () => new Float64Array(this.#breaker.memory.length));
  }

  run(): void {
    this.#visit(new BreakerModel(this.#rule, START_MS), LENGTH);
  }

  #visit(model: BreakerModel, left: number): void {
    const { memory } = this.#breaker;
    const saved = this.#saved[left]!;
    saved.set(memory);
    const changes = this.#changes.length;
    if (left === 0) {
      this.sequences += 1;
      this.#compare(model);
    } else {
      for (const event of EVENTS) {
        this.#path.push(event);
        const next = model.clone();
        this.#step(next, event);
        this.#visit(next, left - 1);
        this.#path.pop();
        memory.set(saved);
        this.#changes.length = changes;
      }
    }
    memory.set(saved);
    this.#changes.length = changes;
  }

  #step(model: BreakerModel, event: Event): void {
    if (typeof event === 'number') return model.wait(event);
    const breaker = this.#breaker;
    if (event === 'pass') {
      const permit = breaker.tryPass(model.nowMs);
      const name = model.pass();
      assert.equal(permit !== REFUSED, name !== undefined, this.#story());
      if (name !== undefined) this.#permits[name] = permit;
    } else {
      const name = model.inFlight[0];
      if (name === undefined) return;
      breaker.complete(this.#permits[name]!, model.nowMs, rtMsOf(this.#rule, event), event === 'error');
      model.end(name, event);
    }
    this.#compare(model);
  }

  #compare(model: BreakerModel): void {
    const state = STATE_NAMES[this.#breaker.state(model.nowMs)];
    this.states.add(state!);
    const isSame = state === model.state && this.#changes.join() === model.changes.join();
    if (!isSame) assert.deepEqual([state, ...this.#changes], [model.state, ...model.changes], this.#story());
  }

  #story(): string {
    return `${JSON.stringify(this.#rule)}: ${this.#path.join(' ')}`;
  }
}

const rtMsOf = (rule: BreakerRule, outcome: Outcome): number => (outcome === 'slow' ? rule.maxAllowedRtMs + 1 : 0);

for (const [index, rule] of SMALL_RULES.entries()) {
  test(`rule ${index}: every sequence of ${LENGTH} events does what lists of times say`, () => {
    const walk = new Walk(rule);
    walk.run();
    assert.equal(walk.sequences, EVENTS.length ** LENGTH);
    assert.deepEqual([...walk.states].sort(), ['closed', 'half-open', 'open']);
  });
}
