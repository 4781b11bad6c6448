import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, BEARER, DFP, FREE_PORTS, SECRETS } from '../server/http-client.js';
import { portOf, serveProcess } from '../server/serve-process.js';
import { needsRedis, RedisServer } from './redis-server.js';

/** Longer than a busy machine needs for the few calls that must meet the open breaker. */
const RETRY_MS = 3_000;
const RULE = { resource: 'store', strategy: 2, threshold: 3, statIntervalMs: 10_000, retryTimeoutMs: RETRY_MS, minRequestAmount: 1 };

describe('the breaker of the store', { skip: needsRedis, timeout: 300_000 }, () => {
  test('opens when Redis is killed, spares it further calls, and closes by a probe when Redis is back', async () => {
    const redis = await RedisServer.start();
    const served = serveProcess([...FREE_PORTS, '--proof', 'none', '--redis', redis.url], SECRETS);
    try {
      const ready = await served.ready;
      const [http, admin] = [portOf(ready.http), portOf(ready.admin)];
      let n = 0;
      const login = () => ask(http, '/v1/login', { body: JSON.stringify({ uid: `p${n++}`, dfp: DFP }) });
      const metric = async (name: string): Promise<number> => {
        const { text } = await ask(admin, '/metrics');
        return Number(new RegExp(`^${name}\\{resource="store".*\\} (\\S+)$`, 'mu').exec(text)?.[1]);
      };
      const put = await ask(admin, '/admin/rules', {
        method: 'PUT',
        headers: { ...BEARER, 'if-match': '*' },
        body: JSON.stringify([RULE]),
      });
      assert.equal(put.status, 200, put.text);
      assert.equal((await login()).status, 200);

      await redis.kill();
      await sleep(50);
      for (let i = 0; i < 3; i++) assert.equal((await login()).json.code, '0209');
      assert.equal(await metric('gwrk_breaker_state'), 1);
      const passes = await metric('gwrk_guard_passes_total');
      const refused = await login();
      assert.deepEqual([refused.status, refused.json.code], [503, '0209']);
      assert.equal(await metric('gwrk_guard_passes_total'), passes, 'the call was not spared');

      await redis.start();
      for (let i = 0; (await login()).status !== 200; i++) {
        assert.ok(i < 1_200, 'it did not close again');
        await sleep(50);
      }
      assert.equal(await metric('gwrk_breaker_state'), 0);
    } finally {
      served.child.kill('SIGKILL');
      await redis.close();
    }
  });
});
