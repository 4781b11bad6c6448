import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOSED, OPEN } from '../../../reference-server/rules/breaker.js';
import { REFUSED_BY_BREAKER, REFUSED_BY_FLOW } from '../../../reference-server/rules/resource-guard.js';
import { type BreakerRule, type FlowRule, NO_RULES } from '../../../reference-server/rules/rule.js';
import { RuleBook } from '../../../reference-server/rules/rule-book.js';
import { rule } from './small-rules.js';

const flow = (resource: string, threshold: number, id = ''): FlowRule => ({ id, resource, threshold, statIntervalMs: 1_000 });
const lasting = (given: Partial<BreakerRule>): BreakerRule =>
  rule({ retryTimeoutMs: 1_000, statIntervalMs: 10_000, minRequestAmount: 4, ...given });

function call(book: RuleBook, resource: string, nowMs: number, isError = false): number {
  const guard = book.guard(resource)!;
  const permit = guard.enter(nowMs);
  guard.leave(permit, nowMs, 0, isError);
  return permit;
}

const stateOf = (book: RuleBook, nowMs: number, index = 0) => book.report(nowMs)[0]!.breakers[index]!.state;

test('a resource without rules has no guard', () => {
  const book = new RuleBook();
  assert.equal(book.guard('a'), undefined);
  book.apply({ breakers: [], flows: [flow('a', 1)] });
  assert.ok(book.guard('a'));
  assert.equal(book.guard('b'), undefined);
  book.apply(NO_RULES);
  assert.equal(book.guard('a'), undefined);
});

test('of several rules all must let a call pass, and none counts a call that another one refuses', () => {
  const book = new RuleBook();
  book.apply({ breakers: [lasting({ resource: 'a' }), lasting({ resource: 'a', strategy: 2, threshold: 2 })], flows: [flow('a', 6)] });
  for (let i = 0; i < 2; i++) call(book, 'a', 0, i < 1);
  for (let i = 0; i < 2; i++) call(book, 'a', 0, true);
  assert.equal(stateOf(book, 0, 0), OPEN);
  assert.equal(stateOf(book, 0, 1), OPEN);
  for (let i = 0; i < 10; i++) assert.equal(call(book, 'a', 0), REFUSED_BY_BREAKER);
  assert.ok(call(book, 'a', 1_000) >= 0, 'both half-opened by the same probe');
  assert.deepEqual(
    book.report(1_000)[0]!.breakers.map(({ state }) => state),
    [CLOSED, CLOSED],
  );
  const { passes, refusedByBreaker, refusedByFlow } = book.report(1_000)[0]!;
  assert.deepEqual([passes, refusedByBreaker, refusedByFlow], [5, 10, 0]);
});

test('a probe of one breaker is not lost when another rule refuses the call', () => {
  const book = new RuleBook();
  const [short, long] = [
    lasting({ resource: 'a', minRequestAmount: 1 }),
    lasting({ resource: 'a', minRequestAmount: 1, retryTimeoutMs: 5_000 }),
  ];
  book.apply({ breakers: [short, long], flows: [] });
  call(book, 'a', 0, true);
  for (let nowMs = 1_000; nowMs < 5_000; nowMs += 100) assert.equal(call(book, 'a', nowMs), REFUSED_BY_BREAKER);
  assert.equal(stateOf(book, 4_999, 0), OPEN, 'it did not half-open for a call that was refused');
  assert.ok(call(book, 'a', 5_000) >= 0);
});

test('an unchanged rule keeps its state, a changed threshold keeps the statistic, another interval begins anew', () => {
  const book = new RuleBook();
  const base = lasting({ resource: 'a' });
  book.apply({ breakers: [base], flows: [] });
  for (let i = 0; i < 4; i++) call(book, 'a', 0, true);
  book.apply({ breakers: [{ ...base, id: 'a new name' }, lasting({ resource: 'a', strategy: 2, threshold: 99 })], flows: [] });
  assert.equal(stateOf(book, 0), OPEN);
  assert.equal(book.report(0)[0]!.breakers[0]!.id, 'a new name');

  const other = new RuleBook();
  other.apply({ breakers: [base], flows: [] });
  for (let i = 0; i < 3; i++) call(other, 'a', 0, true);
  other.apply({ breakers: [{ ...base, threshold: 0.7 }], flows: [] });
  assert.equal(stateOf(other, 0), CLOSED);
  call(other, 'a', 0, true);
  assert.equal(stateOf(other, 0), OPEN, 'the three of before count');

  const anew = new RuleBook();
  anew.apply({ breakers: [base], flows: [] });
  for (let i = 0; i < 3; i++) call(anew, 'a', 0, true);
  anew.apply({ breakers: [{ ...base, statIntervalMs: 20_000 }], flows: [] });
  call(anew, 'a', 0, true);
  assert.equal(stateOf(anew, 0), CLOSED);
});

test('a changed rule does not take the statistic of an unchanged one', () => {
  const book = new RuleBook();
  const base = lasting({ resource: 'a' });
  book.apply({ breakers: [base], flows: [] });
  for (let i = 0; i < 4; i++) call(book, 'a', 0, true);
  book.apply({ breakers: [{ ...base, threshold: 0.9 }, base], flows: [] });
  assert.deepEqual(
    book.report(0)[0]!.breakers.map(({ state }) => state),
    [CLOSED, OPEN],
  );
});

test('counts of a resource go on over changes of its rules', () => {
  const book = new RuleBook();
  book.apply({ breakers: [], flows: [flow('a', 1)] });
  assert.deepEqual([call(book, 'a', 0) >= 0, call(book, 'a', 0)], [true, REFUSED_BY_FLOW]);
  book.apply({ breakers: [], flows: [flow('a', 2)] });
  assert.deepEqual([call(book, 'a', 0) >= 0, call(book, 'a', 0)], [true, REFUSED_BY_FLOW]);
  const { passes, refusedByFlow } = book.report(0)[0]!;
  assert.deepEqual([passes, refusedByFlow], [2, 2]);
});

test('changes of state are told with their rule, those of rules that are gone are not', () => {
  const told: string[] = [];
  const book = new RuleBook(({ resource }, from, to) => told.push(`${resource} ${from}>${to}`));
  book.apply({ breakers: [lasting({ resource: 'a', minRequestAmount: 1 })], flows: [] });
  const guard = book.guard('a')!;
  const [first, second] = [guard.enter(0), guard.enter(0)];
  guard.leave(first!, 0, 0, true);
  assert.deepEqual(told, ['a 0>1']);
  book.apply(NO_RULES);
  guard.leave(second!, 0, 0, true);
  guard.enter(1_000);
  assert.deepEqual(told, ['a 0>1']);
});

test('permits of many calls in flight at several breakers are told apart', () => {
  const book = new RuleBook();
  const slow = lasting({ resource: 'a', strategy: 0, maxAllowedRtMs: 50, minRequestAmount: 300, threshold: 1 });
  book.apply({ breakers: [slow, { ...slow, maxAllowedRtMs: 100, threshold: 0.5, minRequestAmount: 300 }], flows: [] });
  const guard = book.guard('a')!;
  const permits = Array.from({ length: 300 }, () => guard.enter(0));
  assert.equal(new Set(permits).size, 300);
  for (const permit of permits.reverse()) guard.leave(permit, 0, permit % 2 === 0 ? 101 : 60, false);
  assert.equal(stateOf(book, 0, 0), OPEN);
  assert.equal(stateOf(book, 0, 1), OPEN);
});

test('1,000 swaps while 10,000 calls a second come and go: no call sees a mixed set, and each leaves the rules it entered', async () => {
  const book = new RuleBook();
  const breakers = [
    lasting({ resource: 'a', strategy: 2, threshold: 1e9 }),
    lasting({ resource: 'a', threshold: 1, minRequestAmount: 1e9 }),
  ];
  // In either set one of the two rules refuses everything; the two that let a call pass are never in force together.
  const [first, second] = [
    { breakers: [...breakers], flows: [flow('a', 0), flow('a', 1e9)] },
    { breakers: [...breakers].reverse(), flows: [flow('a', 1e9), flow('a', 0)] },
  ] as const;
  // And an open set, whose calls are under way while the others are in force.
  const open = { breakers, flows: [flow('a', 1e9), flow('b', 1e9)] };
  let [entered, refused, left] = [0, 0, 0];
  const calls: Promise<void>[] = [];
  const one = async (nowMs: number): Promise<void> => {
    const guard = book.guard('a')!;
    const { rules } = book;
    const permit = guard.enter(nowMs);
    assert.equal(permit < 0, rules !== open, 'a mixed set let a call pass, or refused one');
    if (permit < 0) {
      refused++;
      return;
    }
    entered++;
    for (let turn = 0; turn < nowMs % 5; turn++) await undefined;
    guard.leave(permit, nowMs, 0, false);
    left++;
  };
  for (let swap = 0; swap < 1_000; swap++) {
    book.apply([first, open, second][swap % 3]!);
    // 10,000 calls a second and 1,000 swaps in one second: ten between two swaps.
    for (let i = 0; i < 10; i++) calls.push(one(swap * 10 + i));
    await undefined;
  }
  await Promise.all(calls);
  assert.deepEqual([entered, refused, left], [3_330, 6_670, 3_330]);
  book.apply(open);
  const { passes, refusedByFlow, refusedByBreaker } = book.report(10_000)[0]!;
  assert.deepEqual([passes, refusedByFlow, refusedByBreaker], [3_330, 6_670, 0]);
});
