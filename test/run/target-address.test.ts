import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatError, GwrkError } from '../../src/core/errors.js';
import { type Lookup, parseTarget, resolveTarget } from '../../src/run/target-address.js';

const answers =
  (...addresses: string[]): Lookup =>
  async () =>
    addresses.map((address) => ({ address }));
const code =
  (expected: string, text = /./) =>
  (error: unknown): boolean =>
    error instanceof GwrkError && error.code === expected && text.test(formatError(error));
const file = { typed: false, allow: [] };
const typed = { typed: true, allow: [] };

test('a URL comes apart into what a connection and an upgrade request need', () => {
  assert.deepEqual(parseTarget('WSS://Game.Example.com:443/v1/ws?room=1'), {
    kind: 'wss',
    secure: true,
    hostname: 'game.example.com',
    port: 443,
    authority: 'game.example.com:443',
    host: 'game.example.com',
    path: '/v1/ws?room=1',
    url: 'wss://game.example.com/v1/ws?room=1',
  });
});

for (const [url, host, port, path] of [
  ['ws://a', 'a', 80, '/'],
  ['ws://a:80/', 'a', 80, '/'],
  ['ws://a:443', 'a:443', 443, '/'],
  ['wss://a', 'a', 443, '/'],
  ['wss://a:80', 'a:80', 80, '/'],
  ['http://a?x', 'a', 80, '/?x'],
  ['https://a:8443/x', 'a:8443', 8443, '/x'],
  ['tcp://a:80', 'a:80', 80, '/'],
  ['tls://a:443', 'a:443', 443, '/'],
  ['ws://[::1]:9000/x', '[::1]:9000', 9000, '/x'],
  ['ws://a/p@th', 'a', 80, '/p@th'],
] as const)
  test(`${url}: Host ${host}, port ${port}, path ${path}`, () => {
    const target = parseTarget(url);
    assert.deepEqual([target.host, target.port, target.path], [host, port, path]);
    assert.deepEqual(parseTarget(target.url), target, 'the canonical spelling says the same');
  });

for (const url of [
  '',
  'a',
  'localhost:9000',
  'ftp://a',
  'ws:/a',
  'ws:///a',
  'ws://',
  'ws://:80',
  'tcp://a',
  'tls://a',
  'ws://a#x',
  `ws://a/${'x'.repeat(9_000)}`,
])
  test(`"${url.slice(0, 20)}" is refused as a target`, () => {
    assert.throws(() => parseTarget(url, 'file.yaml:2:9'), code('GWRK_USAGE', /^file\.yaml:2:9: /));
  });

test('a password in a URL is not shown again', () => {
  assert.throws(
    () => parseTarget('ws://user:secret@example.com/'),
    (error) => code('GWRK_USAGE', /credentials/)(error) && !formatError(error as GwrkError).includes('secret'),
  );
});

test('localhost:9000 is answered with the URL that was meant', () => {
  assert.throws(() => parseTarget('localhost:9000'), code('GWRK_USAGE', /write ws:\/\/localhost:9000/));
});

test('a name is asked for once and pinned', async () => {
  let asked = 0;
  const rebinding: Lookup = async () => {
    asked++;
    return [{ address: asked === 1 ? '127.0.0.1' : '8.8.8.8' }];
  };
  assert.deepEqual(await resolveTarget(parseTarget('ws://game.test:9000'), file, rebinding), [
    { address: '127.0.0.1', family: 4, port: 9000 },
  ]);
  assert.equal(asked, 1);
});

test('an address is not asked for', async () => {
  const never: Lookup = () => assert.fail('asked');
  assert.deepEqual(await resolveTarget(parseTarget('ws://[::1]:9'), file, never), [{ address: '::1', family: 6, port: 9 }]);
});

test('every address of a name must be allowed', async () => {
  const target = parseTarget('ws://game.test');
  await assert.rejects(resolveTarget(target, file, answers('10.0.0.1', '8.8.8.8')), code('GWRK_TARGET_NOT_ALLOWED', /8\.8\.8\.8/));
  await assert.rejects(resolveTarget(target, typed, answers('8.8.8.8', '169.254.169.254')), code('GWRK_TARGET_NOT_ALLOWED', /metadata/));
  await assert.rejects(resolveTarget(target, typed, answers('8.8.8.8', 'fe80::1%eth0')), code('GWRK_TARGET_NOT_ALLOWED', /link-local/));
});

test('several addresses are all used, each once; of two families IPv4 is', async () => {
  const target = parseTarget('ws://game.test:9000');
  const addresses = async (...all: string[]) => (await resolveTarget(target, typed, answers(...all))).map(({ address }) => address);
  assert.deepEqual(await addresses('8.8.8.8', '8.8.4.4', '8.8.8.8'), ['8.8.8.8', '8.8.4.4']);
  assert.deepEqual(await addresses('::1', '127.0.0.1'), ['127.0.0.1']);
  assert.deepEqual(await addresses('::ffff:10.0.0.1', '10.0.0.1'), ['10.0.0.1']);
  assert.deepEqual(await addresses('2001:db8::1', '2001:db8::2'), ['2001:db8::1', '2001:db8::2']);
});

for (const [allow, opens] of [
  ['game.test', true],
  ['GAME.test.', true],
  ['game.test:9000', true],
  ['game.test:9001', false],
  ['test', false],
  ['game.test.example', false],
  ['8.8.8.8', false],
] as const)
  test(`--allow-target ${allow} ${opens ? 'opens' : 'does not open'} ws://game.test:9000`, async () => {
    const result = resolveTarget(parseTarget('ws://game.test:9000'), { typed: false, allow: ['other.test', allow] }, answers('8.8.8.8'));
    if (opens) assert.equal((await result).length, 1);
    else await assert.rejects(result, code('GWRK_TARGET_NOT_ALLOWED', /--allow-target game\.test:9000/));
  });

test('--allow-target takes an address in any spelling, and opens nothing that is never opened', async () => {
  const allowed = (url: string, allow: string) => resolveTarget(parseTarget(url), { typed: false, allow: [allow] }, answers());
  assert.equal((await allowed('ws://8.8.8.8', '0x08080808:80')).length, 1);
  assert.equal((await allowed('ws://[2001:db8::1]:81', '2001:DB8:0::1')).length, 1);
  assert.equal((await allowed('ws://[2001:db8::1]:81', '[2001:db8::1]:81')).length, 1);
  await assert.rejects(allowed('ws://169.254.169.254', '169.254.169.254'), code('GWRK_TARGET_NOT_ALLOWED'));
});

for (const allow of ['', 'ws://game.test', 'game.test/path', 'user@game.test', 'game.test:x', 'game .test'])
  test(`--allow-target "${allow}" is refused`, async () => {
    const result = resolveTarget(parseTarget('ws://8.8.8.8'), { typed: false, allow: [allow] }, answers());
    await assert.rejects(result, code('GWRK_USAGE', /^--allow-target: /));
  });

test('a name without an address says so with what the resolver said', async () => {
  const target = parseTarget('ws://game.test');
  const failing: Lookup = () => Promise.reject(new Error('getaddrinfo ENOTFOUND game.test'));
  await assert.rejects(resolveTarget(target, typed, failing), code('GWRK_TARGET_UNRESOLVED', /ENOTFOUND/));
  await assert.rejects(resolveTarget(target, typed, answers()), code('GWRK_TARGET_UNRESOLVED'));
});

test('a resolver that never answers is given ten seconds', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const result = resolveTarget(parseTarget('ws://game.test'), typed, () => new Promise(() => undefined));
  const rejected = assert.rejects(result, code('GWRK_TARGET_UNRESOLVED', /within 10 s/));
  context.mock.timers.tick(10_000);
  await rejected;
});
