import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseRedisUrl } from '../../../reference-server/auth/redis-url.js';
import { SessionTable } from '../../../reference-server/auth/session-table.js';
import { connectSharedStore } from '../../../reference-server/auth/shared-store.js';
import { systemClock } from '../../../src/core/clock.js';
import { formatError, GwrkError } from '../../../src/core/errors.js';
import { needsRedis, RedisServer } from './redis-server.js';
import { LIMITS } from './store-under-test.js';

describe('starting with a Redis that cannot be used', { skip: needsRedis, timeout: 300_000 }, () => {
  const connect = (url: string) =>
    connectSharedStore({
      address: parseRedisUrl(url, '--redis'),
      table: SessionTable.create(10),
      clock: systemClock,
      limits: LIMITS,
      onEvent: () => {},
    });

  test('nobody listens: an error with code and hint, and without the password', async () => {
    const error = await connect('redis://someone:hunter2@127.0.0.1:1/0').then(
      () => assert.fail('it connected'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof GwrkError);
    assert.equal(error.code, 'GWRK_STORE_UNREACHABLE');
    assert.equal(error.exitCode, 1);
    const text = formatError(error);
    assert.match(text, /redis:\/\/127\.0\.0\.1:1\/0/);
    assert.match(text, /ECONNREFUSED/);
    assert.doesNotMatch(text, /hunter2/);
  });

  test('a wrong password is told as such, the right one works, and neither is shown', async () => {
    const server = await RedisServer.start('--requirepass', 'right-one');
    try {
      for (const userinfo of ['', ':wrong-one@']) {
        await assert.rejects(connect(`redis://${userinfo}127.0.0.1:${server.port}`), (error: Error) => {
          assert.match(error.message, /WRONGPASS|NOAUTH/);
          assert.doesNotMatch(formatError(error as GwrkError), /-one/);
          return true;
        });
      }
      await (await connect(`redis://:right-one@127.0.0.1:${server.port}`)).close();
    } finally {
      await server.close();
    }
  });

  test('a malformed address is refused without being shown', () => {
    for (const url of [
      'redis//x',
      'http://:secret@x',
      'redis://:secret@',
      'redis://:secret@x/db',
      'redis://:secret%@x',
      'redis://x:99999',
    ]) {
      assert.throws(
        () => parseRedisUrl(url, '--redis'),
        (error: unknown) => error instanceof GwrkError && error.code === 'GWRK_USAGE' && !formatError(error).includes('secret'),
        url,
      );
    }
    const { host, port, username, password, database, hasTls, shown } = parseRedisUrl('rediss://me:p%40ss@[::1]:7000/3', '--redis');
    assert.deepEqual([host, port, username, password, database, hasTls], ['::1', 7000, 'me', 'p@ss', 3, true]);
    assert.equal(shown, 'rediss://[::1]:7000/3');
  });
});
