import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GwrkError } from '../../src/core/errors.js';
import { autoSources, expandSources } from '../../src/net/source-addresses.js';

const EXPANSIONS: readonly [what: string, specs: string[], first: string, last: string, count: number][] = [
  ['one address', ['127.0.1.1'], '127.0.1.1', '127.0.1.1', 1],
  ['spaces around it', [' 10.1.2.3 '], '10.1.2.3', '10.1.2.3', 1],
  ['a range, both ends included', ['127.0.1.1-127.0.1.20'], '127.0.1.1', '127.0.1.20', 20],
  ['a range over a byte', ['127.0.1.250 - 127.0.2.5'], '127.0.1.250', '127.0.2.5', 12],
  ['a range of one', ['127.0.1.1-127.0.1.1'], '127.0.1.1', '127.0.1.1', 1],
  ['a block without its first and last address', ['127.0.1.0/24'], '127.0.1.1', '127.0.1.254', 254],
  ['a block said by a host in it', ['127.0.1.77/24'], '127.0.1.1', '127.0.1.254', 254],
  ['a /30', ['10.0.0.4/30'], '10.0.0.5', '10.0.0.6', 2],
  ['a /31, whole', ['10.0.0.4/31'], '10.0.0.4', '10.0.0.5', 2],
  ['a /32, whole', ['10.0.0.4/32'], '10.0.0.4', '10.0.0.4', 1],
  ['a /16', ['10.1.0.0/16'], '10.1.0.1', '10.1.255.254', 65_534],
  ['IPv6 in any spelling', ['2001:DB8:0:0::1'], '2001:db8::1', '2001:db8::1', 1],
  ['an IPv6 block, whole', ['fd00::10/124'], 'fd00::10', 'fd00::1f', 16],
  ['an IPv6 range', ['fd00::ffff-fd00::1:1'], 'fd00::ffff', 'fd00::1:1', 3],
  ['several, in their order', ['10.0.0.9', '10.0.0.1-10.0.0.2'], '10.0.0.9', '10.0.0.2', 3],
  ['one address twice', ['10.0.0.1', '10.0.0.1/32', '10.0.0.1-10.0.0.2'], '10.0.0.1', '10.0.0.2', 2],
];

for (const [what, specs, first, last, count] of EXPANSIONS)
  test(`${what}: ${specs.join(', ')}`, () => {
    const addresses = expandSources(specs);
    assert.deepEqual([addresses.at(0), addresses.at(-1), addresses.length], [first, last, count]);
    assert.equal(new Set(addresses).size, count);
  });

test('no text, no addresses', () => assert.deepEqual(expandSources([]), []));

const REFUSED = [
  '',
  'localhost',
  '127.0.1',
  '127.0.1.256',
  '0177.0.0.1',
  '127.0.1.0/33',
  '127.0.1.0/',
  '127.0.1.0/-1',
  '127.0.1.0/24/24',
  '127.0.1.1-',
  '127.0.1.1-127.0.1.2-127.0.1.3',
  '127.0.1.20-127.0.1.1',
  '127.0.1.1-::1',
  '10.0.0.0/15',
  'fd00::/64',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  'ff02::1',
  'fe80::1%eth0',
  '127.0.0.1:80',
];

for (const spec of REFUSED)
  test(`"${spec}" is refused with what is allowed`, () => {
    assert.throws(
      () => expandSources([spec]),
      (error) =>
        error instanceof GwrkError &&
        error.code === 'GWRK_USAGE' &&
        error.details.given === spec &&
        /127\.0\.1\.0\/24/.test(error.details.allowed ?? ''),
    );
  });

test('many specs may hold 65,536 addresses together and not one more', () => {
  const all = expandSources(['10.1.0.0/16', '10.2.0.1-10.2.0.2']);
  assert.equal(all.length, 65_536);
  assert.throws(() => expandSources(['10.1.0.0/16', '10.2.0.1-10.2.0.3']), /too many addresses/);
});

const loopback = { address: '127.0.0.1', family: 4, port: 9000 } as const;

test('a loopback target gets so many addresses that each uses a fifth of its ports at most', () => {
  for (const clients of [5_647, 28_232, 100_000, 1_000_000]) {
    const sources = autoSources(loopback, clients, 28_232, 'linux');
    assert.ok(clients / sources.length <= 28_232 * 0.2, `${sources.length} for ${clients}`);
    assert.ok(clients / (sources.length - 1) > Math.floor(28_232 * 0.2), 'and no more than needed');
    assert.deepEqual(expandSources(sources), sources, 'all are addresses that can send');
    assert.ok(sources.every((address) => /^127\.0\.[1-9]\d*\.[1-9]\d*$/.test(address)));
  }
});

test('nothing is spread where one address is enough, or where there are no further ones', () => {
  assert.deepEqual(autoSources(loopback, 5_646, 28_232, 'linux'), []);
  assert.deepEqual(autoSources(loopback, 1_000_000, 28_232, 'darwin'), []);
  assert.deepEqual(autoSources({ address: '192.168.0.1', family: 4, port: 1 }, 1_000_000, 28_232, 'linux'), []);
  assert.deepEqual(autoSources({ address: '::1', family: 6, port: 1 }, 1_000_000, 28_232, 'linux'), []);
});

test('a plan beyond all of loopback gets all of it', () => {
  assert.equal(autoSources(loopback, 1e9, 100, 'linux').length, 255 * 254);
});
