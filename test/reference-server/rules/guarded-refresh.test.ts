import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RefreshAskMessage } from '../../../reference-server/gateway-messages.js';
import { guardedRefresh } from '../../../reference-server/rules/guarded-refresh.js';
import { RuleBook } from '../../../reference-server/rules/rule-book.js';
import { ManualClock } from '../auth/manual-clock.js';
import { rule } from './small-rules.js';

const QUESTION = {
  type: 'refresh',
  slot: 3,
  number: 4,
  seq: 5,
  uid: 'u',
  peer: '',
  sid: new Uint8Array(16),
  token: new Uint8Array(36),
  dfp: new Uint8Array(32),
} satisfies RefreshAskMessage;

test('refresh packets are refused with 0209 while the store fails them, and the refusal names its question', async () => {
  const clock = new ManualClock();
  const book = new RuleBook();
  let code = 0x0209;
  let asked = 0;
  const refresh = guardedRefresh(book, clock, async ({ slot, number, seq }) => {
    asked += 1;
    return { type: 'refreshed', slot, number, seq, code, retryAfterMs: 0 };
  });
  await refresh(QUESTION);
  book.apply({ breakers: [rule({ resource: 'refresh', minRequestAmount: 3, retryTimeoutMs: 5_000, statIntervalMs: 10_000 })], flows: [] });
  for (let i = 0; i < 3; i++) await refresh(QUESTION);
  assert.deepEqual(await refresh(QUESTION), { type: 'refreshed', slot: 3, number: 4, seq: 5, code: 0x0209, retryAfterMs: 5_000 });
  assert.equal(asked, 4);
  clock.ms += 5_000;
  code = 0x0201;
  assert.equal((await refresh(QUESTION)).code, 0x0201, 'a bad token is the fault of who shows it');
  assert.equal((await refresh(QUESTION)).code, 0x0201);
});

test('a refresh that throws is an error of the resource and stays one of its caller', async () => {
  const book = new RuleBook();
  book.apply({ breakers: [rule({ resource: 'refresh', statIntervalMs: 10_000 })], flows: [] });
  const refresh = guardedRefresh(book, new ManualClock(), () => Promise.reject(new Error('broken')));
  await assert.rejects(refresh(QUESTION), /broken/u);
  assert.equal((await refresh(QUESTION)).code, 0x0209);
});
