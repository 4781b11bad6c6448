import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Breaker, REFUSED, STATE_NAMES } from '../../../reference-server/rules/breaker.js';
import { Prng } from '../../../src/core/prng.js';
import { BreakerModel, type Outcome } from './breaker-model.js';
import { SMALL_RULES, STEPS_MS } from './small-rules.js';

const RUNS = 10_000;
const EVENTS = 120;
const OUTCOMES: readonly Outcome[] = ['ok', 'slow', 'error'];
const seed = Number(process.env.GWRK_SEED ?? Math.floor(Math.random() * 2 ** 31));

test(`${RUNS} long runs do what lists of times say, with a clock that also goes backwards (GWRK_SEED=${seed})`, () => {
  const random = new Prng(seed);
  const below = (limit: number): number => random.between(0, limit - 1);
  let changes = 0;
  for (let run = 0; run < RUNS; run++) {
    const rule = SMALL_RULES[below(SMALL_RULES.length)]!;
    const model = new BreakerModel(rule, below(5_000));
    const log: string[] = [];
    const breaker = new Breaker(rule, {
      firstTicket: (2 ** 30 - below(200)) % 2 ** 30,
      onChange: (from, to, atMs) => log.push(`${STATE_NAMES[from]}>${STATE_NAMES[to]}@${atMs}`),
    });
    breaker.state(model.nowMs);
    // A load has a mood: mostly well, mostly slow, mostly failing.
    let mood = below(3);
    const permits = new Map<number, number>();
    for (let i = 0; i < EVENTS; i++) {
      const kind = below(10);
      if (kind === 0) mood = below(3);
      else if (kind < 3) {
        model.wait(STEPS_MS[below(kind === 1 ? 2 : 4)]!);
        continue;
      }
      // The breaker has been told the time; then its clock may read an earlier one.
      const seenMs = below(4) === 0 ? model.nowMs - below(2_000) : model.nowMs;
      if (seenMs < model.nowMs) breaker.state(model.nowMs);
      const inFlight = model.inFlight;
      if (kind < 7 || inFlight.length === 0) {
        const permit = breaker.tryPass(seenMs);
        const name = model.pass();
        assert.equal(permit !== REFUSED, name !== undefined, `GWRK_SEED=${seed} run ${run} event ${i}`);
        if (name !== undefined) permits.set(name, permit);
      } else {
        const name = inFlight[below(inFlight.length)]!;
        const outcome = OUTCOMES[below(3) === 0 ? below(3) : mood]!;
        breaker.complete(permits.get(name)!, seenMs, outcome === 'slow' ? rule.maxAllowedRtMs + 1 : 0, outcome === 'error');
        model.end(name, outcome);
      }
      assert.equal(STATE_NAMES[breaker.state(seenMs)], model.state, `GWRK_SEED=${seed} run ${run} event ${i}`);
    }
    breaker.state(model.nowMs);
    assert.deepEqual(log, model.changes, `GWRK_SEED=${seed} run ${run}`);
    changes += log.length;
  }
  assert.ok(changes > RUNS, `only ${changes} changes of state`);
});
