import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HelpRequest, parseServeOptions } from '../../../reference-server/options.js';
import { chooseGateway } from '../../../reference-server/server.js';
import { GwrkError } from '../../../src/core/errors.js';

const KEY = 'ab'.repeat(32);

test('without flags the ports and limits are the documented ones', () => {
  const options = parseServeOptions([], {});
  assert.deepEqual([options.host, options.port, options.httpPort, options.adminPort], ['127.0.0.1', 9000, 9001, 9002]);
  assert.deepEqual([options.gateway, options.threads, options.proof, options.heartbeatMs], ['auto', 1, 'ticket', 10_000]);
  assert.deepEqual([options.rooms, options.echo, options.maxSessions], [20_000, false, 1_200_000]);
});

test('fresh secrets are made where the environment has none, each time others', () => {
  const [one, two] = [parseServeOptions([], {}), parseServeOptions([], { GWRK_MASTER_KEY: '', GWRK_ADMIN_TOKEN: '' })];
  assert.ok(one.isMasterKeyFresh && one.isAdminTokenFresh && two.isMasterKeyFresh && two.isAdminTokenFresh);
  assert.equal(one.masterKey.reveal().length, 32);
  assert.notDeepEqual(one.masterKey.reveal(), two.masterKey.reveal());
  assert.ok(one.adminToken.reveal().length >= 32 && one.adminToken.reveal() !== two.adminToken.reveal());
});

test('secrets come from the environment', () => {
  const options = parseServeOptions([], { GWRK_MASTER_KEY: KEY, GWRK_ADMIN_TOKEN: 'let-me-in' });
  assert.equal(Buffer.from(options.masterKey.reveal()).toString('hex'), KEY);
  assert.equal(options.adminToken.reveal(), 'let-me-in');
  assert.equal(options.isMasterKeyFresh || options.isAdminTokenFresh, false);
});

test('counts take k and m, durations take units, origins may be several', () => {
  const argv = '--max-sessions 2m --rooms 5k --heartbeat 60s --room-tick 250ms --allow-origin https://a.example https://b.example:8443';
  const options = parseServeOptions(argv.split(' '), {});
  assert.equal(options.maxSessions, 2_000_000);
  assert.equal(options.rooms, 5_000);
  assert.equal(options.heartbeatMs, 60_000);
  assert.equal(options.roomTickMs, 250);
  assert.deepEqual(options.allowedOrigins, ['https://a.example', 'https://b.example:8443']);
});

test('a user has one session on any of five devices, and another device takes the place of the oldest', () => {
  const { sessionsPerUser, devicesPerUser, devicePolicy } = parseServeOptions([], {});
  assert.deepEqual([sessionsPerUser, devicesPerUser, devicePolicy], [1, 5, 'evict']);
  const options = parseServeOptions('--sessions-per-user 3 --devices-per-user 2 --device-policy deny'.split(' '), {});
  assert.deepEqual([options.sessionsPerUser, options.devicesPerUser, options.devicePolicy], [3, 2, 'deny']);
});

const BAD: readonly (readonly [argv: string, where: string | undefined])[] = [
  ['--port 65536', '--port'],
  ['--port -1', '--port'],
  ['--http-port 9k', '--http-port'],
  ['--admin-port x', '--admin-port'],
  ['--host example.org', '--host'],
  ['--host 0.0.0.0', '--host'],
  ['--host ::', '--host'],
  ['--host 10.0.0.1', '--host'],
  ['--gateway epoll', '--gateway'],
  ['--threads 0', '--threads'],
  ['--threads 1.5', '--threads'],
  ['--proof password', '--proof'],
  ['--proof scrypt', 'GWRK_CREDENTIALS'],
  ['--heartbeat 10', '--heartbeat'],
  ['--heartbeat 1ms', '--heartbeat'],
  ['--rooms 0', '--rooms'],
  ['--max-sessions 11m', '--max-sessions'],
  ['--sessions-per-user 0', '--sessions-per-user'],
  ['--devices-per-user 0', '--devices-per-user'],
  ['--devices-per-user 1001', '--devices-per-user'],
  ['--device-policy ask', '--device-policy'],
  ['--allow-origin *', '--allow-origin'],
  ['--allow-origin https://a.example/x', '--allow-origin'],
  ['--no-such-flag', undefined],
  ['--audit-max-bytes 1k', '--audit-max-bytes'],
  ['--audit-files 0', '--audit-files'],
  ['--kernel-events kprobes', '--kernel-events'],
  ['--port', undefined],
  ['extra', undefined],
];

test('a bad flag is refused with its name, what was given and what is allowed', async (t) => {
  for (const [argv, where] of BAD) {
    await t.test(argv, () => {
      assert.throws(
        () => parseServeOptions(argv.split(' '), {}),
        (error) => {
          assert.ok(error instanceof GwrkError);
          assert.equal(error.code, 'GWRK_USAGE');
          assert.equal(error.exitCode, 104);
          assert.equal(error.details.where, where);
          assert.ok(error.details.allowed);
          return true;
        },
      );
    });
  }
});

test('Redis is named by --redis, or by GWRK_REDIS, which no list of processes shows', () => {
  assert.equal(parseServeOptions([], {}).redis, undefined);
  assert.equal(parseServeOptions([], { GWRK_REDIS: 'redis://:pass@a:1' }).redis?.password, 'pass');
  const { redis } = parseServeOptions(['--redis', 'rediss://b/2'], { GWRK_REDIS: 'redis://:pass@a:1' });
  assert.deepEqual([redis?.host, redis?.port, redis?.database, redis?.hasTls, redis?.shown], ['b', 6379, 2, true, 'rediss://b:6379/2']);
});

test('a malformed master key is refused without showing it', () => {
  for (const key of ['secret', `${KEY} `, KEY.slice(1), `${KEY}00`]) {
    assert.throws(
      () => parseServeOptions([], { GWRK_MASTER_KEY: key }),
      (error) => error instanceof GwrkError && error.details.where === 'GWRK_MASTER_KEY' && !JSON.stringify(error.details).includes(key),
    );
  }
});

test('an admin token that could not stand in a header is refused', () => {
  for (const token of ['two words', 'line\nbreak', 'ümlaut']) {
    assert.throws(() => parseServeOptions([], { GWRK_ADMIN_TOKEN: token }), GwrkError);
  }
});

test('an address that others can reach is taken with --insecure-plaintext', () => {
  assert.equal(parseServeOptions(['--host', '0.0.0.0', '--insecure-plaintext'], {}).host, '0.0.0.0');
  assert.equal(parseServeOptions(['--host', '[::1]'], {}).host, '::1');
  assert.equal(parseServeOptions(['--host', 'localhost'], {}).host, '127.0.0.1');
});

test('--help names every flag and secret', () => {
  assert.throws(
    () => parseServeOptions(['--help'], {}),
    (error) => {
      assert.ok(error instanceof HelpRequest);
      for (const word of ['--port', '--http-port', '--admin-port', '--gateway', '--proof', 'GWRK_MASTER_KEY', 'GWRK_ADMIN_TOKEN']) {
        assert.ok(error.text.includes(word), word);
      }
      return true;
    },
  );
});

test('where io_uring is forbidden, auto means ws and uring is refused with the reason', () => {
  const before = process.env.GWRK_FORBID_URING;
  process.env.GWRK_FORBID_URING = '1';
  try {
    assert.equal(chooseGateway({ gateway: 'auto', threads: 1, tls: undefined }), 'ws');
    assert.throws(
      () => chooseGateway({ gateway: 'uring', threads: 1, tls: undefined }),
      (error) => error instanceof GwrkError && error.code === 'GWRK_TRANSPORT_UNAVAILABLE' && error.message.includes('forbidden'),
    );
    assert.throws(
      () => chooseGateway({ gateway: 'ws', threads: 2, tls: undefined }),
      (error) => error instanceof GwrkError && error.details.where === '--threads',
    );
  } finally {
    if (before === undefined) delete process.env.GWRK_FORBID_URING;
    else process.env.GWRK_FORBID_URING = before;
  }
});
