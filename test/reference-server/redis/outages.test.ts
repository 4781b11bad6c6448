import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOGIN_OK, REVOKED } from '../../../reference-server/auth/store.js';
import { systemClock } from '../../../src/core/clock.js';
import { batchOf } from './batches.js';
import { needsRedis, RedisServer } from './redis-server.js';
import { openStore, type StoreUnderTest } from './store-under-test.js';

/** 250 ms and what a busy machine adds. */
const ANSWERED_WITHIN_MS = 10_000;
const BACK_WITHIN_MS = 60_000;

interface Outcome {
  readonly isOk: boolean;
  readonly tookMs: number;
}

async function login({ store }: StoreUnderTest, uid: string): Promise<Outcome> {
  const batch = batchOf([uid], systemClock);
  const startMs = performance.now();
  try {
    await store.login(batch);
    return { isOk: batch.outcome[0] === LOGIN_OK, tookMs: performance.now() - startMs };
  } catch {
    return { isOk: false, tookMs: performance.now() - startMs };
  }
}

/** Logs in until it works. */
async function untilBack(under: StoreUnderTest): Promise<void> {
  const untilMs = performance.now() + BACK_WITHIN_MS;
  while (!(await login(under, 'back')).isOk) {
    assert.ok(performance.now() < untilMs, 'it did not come back');
    await sleep(10);
  }
}

async function withStore(run: (under: StoreUnderTest, server: RedisServer) => Promise<void>): Promise<void> {
  const server = await RedisServer.start();
  let under: StoreUnderTest | undefined;
  try {
    under = await openStore(server.url, { clock: systemClock, isTimeGiven: false, capacity: 20_000 });
    await run(under, server);
  } finally {
    await under?.store.close();
    await server.close();
  }
}

describe('a store whose Redis is in trouble', { skip: needsRedis, timeout: 300_000 }, () => {
  test('killed under logins: each one is answered in time, and it is back after the restart', () =>
    withStore(async (under, server) => {
      const outcomes: Promise<Outcome>[] = [];
      let n = 0;
      const pushing = setInterval(() => {
        for (let i = 0; i < 5; i++) outcomes.push(login(under, `u${n++}`));
      }, 10);
      await sleep(200);
      await server.kill();
      await sleep(300);
      await server.start();
      await untilBack(under);
      clearInterval(pushing);
      const all = await Promise.all(outcomes);
      const slowest = Math.max(...all.map(({ tookMs }) => tookMs));
      assert.ok(slowest < ANSWERED_WITHIN_MS, `a login took ${slowest} ms`);
      assert.ok(all.some(({ isOk }) => isOk));
      assert.ok(all.some(({ isOk }) => !isOk));
      // A machine that stands still for a quarter of a second is an outage of its own.
      assert.match(under.events.join(), /^down,up(,down,up)*$/u);
    }));

  test('stopped and continued: no login hangs, and it is back', () =>
    withStore(async (under, server) => {
      assert.ok((await login(under, 'first')).isOk);
      server.signal('SIGSTOP');
      const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => login(under, `u${i}`)));
      for (const { isOk, tookMs } of outcomes) {
        assert.equal(isOk, false);
        assert.ok(tookMs < ANSWERED_WITHIN_MS, `a login took ${tookMs} ms`);
      }
      const next = await login(under, 'refused at once');
      assert.equal(next.isOk, false);
      assert.deepEqual(under.events, ['down']);
      server.signal('SIGCONT');
      await untilBack(under);
      assert.deepEqual(under.events, ['down', 'up']);
    }));

  test('scripts that Redis forgot are loaded again, one call or thousands at a time', () =>
    withStore(async (under, server) => {
      assert.ok((await login(under, 'one')).isOk);
      await server.command('SCRIPT FLUSH');
      assert.ok((await login(under, 'one')).isOk);
      await server.command('SCRIPT FLUSH');
      const batch = batchOf(
        Array.from({ length: 5_000 }, (_, i) => `many${i}`),
        systemClock,
      );
      await under.store.login(batch);
      assert.ok(batch.outcome.every((outcome) => outcome === LOGIN_OK));
      assert.equal(under.table.size, 5_001);
    }));

  test('sessions that a restarted Redis lost keep their connections, those that it ended unheard do not', () =>
    withStore(async (under, server) => {
      const ended: string[] = [];
      under.store.onEnded((sids, code) => ended.push(`${code} ${Buffer.from(sids).toString('hex')}`));
      await login(under, 'old');
      await server.kill();
      await server.start();
      await untilBack(under);
      const batch = batchOf(['new'], systemClock);
      await under.store.login(batch);
      // As if the event had been lost: nobody publishes it.
      await server.command('DEL gw:{new}:s gw:{new}:r');
      for (let step = 0; step < 10 || (ended.length === 0 && step < 3_000); step++) {
        under.store.sweep();
        await sleep(20);
      }
      assert.deepEqual(ended, [`${REVOKED} ${Buffer.from(batch.sids).toString('hex')}`]);
      assert.equal(under.table.size, 2);
    }));

  test('an event that is heard twice, or of strangers, ends nothing more', () =>
    withStore(async (under) => {
      const ended: string[] = [];
      under.store.onEnded((sids) => ended.push(Buffer.from(sids).toString('hex')));
      const batch = batchOf(['twice'], systemClock);
      await under.store.login(batch);
      const sid = Buffer.from(batch.sids).toString('base64url');
      for (const text of [`revoked|${sid}`, `revoked|${sid}`, `replaced|${'A'.repeat(22)}`, 'token|nobody|x|1', 'nonsense', '']) {
        under.store.hear(text);
      }
      assert.deepEqual(ended, [Buffer.from(batch.sids).toString('hex')]);
    }));
});
