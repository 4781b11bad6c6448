import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore } from '../../../reference-server/auth/memory-store.js';
import { SessionTable } from '../../../reference-server/auth/session-table.js';
import type { AuthStore } from '../../../reference-server/auth/store.js';
import { GuardedStore } from '../../../reference-server/rules/guarded-store.js';
import { parseRules } from '../../../reference-server/rules/parse-rules.js';
import { RuleBook } from '../../../reference-server/rules/rule-book.js';
import { ManualClock } from '../auth/manual-clock.js';

const SID = new Uint8Array(16);
const SLOW = {
  resource: 'store',
  strategy: 0,
  maxAllowedRtMs: 100,
  threshold: 0.5,
  minRequestAmount: 4,
  statIntervalMs: 10_000,
  retryTimeoutMs: 2_000,
};
const FAILING = { ...SLOW, strategy: 1, maxAllowedRtMs: 0 };

/** A memory store whose find() does what the test says, behind the guard; `asked` counts what reached it. */
function rig(...rules: object[]) {
  const clock = new ManualClock();
  const plain = new MemoryStore({
    table: SessionTable.create(4),
    clock,
    maxSessionsPerUser: 1,
    maxDevicesPerUser: 5,
    devicePolicy: 'evict',
  });
  const state = { asked: 0, answer: async (): Promise<undefined> => undefined };
  const store: AuthStore = new Proxy(plain as AuthStore, {
    get(target, name) {
      if (name === 'find')
        return () => {
          state.asked += 1;
          return state.answer();
        };
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const changes: string[] = [];
  const book = new RuleBook(({ resource }, from, to) => changes.push(`${resource} ${from}>${to}`));
  const parsed = parseRules(JSON.stringify(rules));
  assert.ok('rules' in parsed, JSON.stringify(parsed));
  book.apply(parsed.rules);
  const guarded = new GuardedStore(store, book, clock);
  return { clock, state, changes, book, find: () => guarded.find('u', SID) };
}

test('a store that is down is left in peace after a few calls, and asked again when the retry time is over', async () => {
  const { clock, state, changes, find } = rig(FAILING);
  state.answer = () => Promise.reject(new Error('ECONNREFUSED'));
  for (let i = 0; i < 4; i++) await assert.rejects(find(), /ECONNREFUSED/u);
  for (let i = 0; i < 100; i++) await assert.rejects(find(), /rules of the resource store refuse/u);
  assert.equal(state.asked, 4);
  clock.ms += 2_000;
  await assert.rejects(find(), /ECONNREFUSED/u);
  await assert.rejects(find(), /refuse/u);
  assert.equal(state.asked, 5);
  state.answer = async () => undefined;
  clock.ms += 2_000;
  assert.equal(await find(), undefined);
  assert.equal(await find(), undefined);
  assert.deepEqual(changes, ['store 0>1', 'store 1>2', 'store 2>1', 'store 1>2', 'store 2>0']);
});

test('a store that hangs opens the breaker though no call has ended', async () => {
  const { clock, state, changes, find } = rig(SLOW);
  const answers: (() => void)[] = [];
  state.answer = () => new Promise((resolve) => answers.push(() => resolve(undefined)));
  const hanging = Array.from({ length: 4 }, find);
  clock.ms += 101;
  await assert.rejects(find(), /refuse/u);
  assert.deepEqual(changes, ['store 0>1']);
  for (const answer of answers) answer();
  await Promise.all(hanging);
  assert.deepEqual(changes, ['store 0>1'], 'their late ends change nothing');
});

test('without rules for it the store is asked as if nobody stood before it', async () => {
  const { state, book, find } = rig({ resource: 'login', threshold: 0 });
  await find();
  assert.equal(state.asked, 1);
  assert.equal(book.guard('store'), undefined);
});
