import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { test } from 'node:test';
import { formatIp, isInBlock, parseIp, parseIpBlock } from '../../src/core/ip-address.js';
import { Prng } from '../../src/core/prng.js';

const VALUES: readonly [text: string, value: bigint, written: string][] = [
  ['0.0.0.0', 0n, '0.0.0.0'],
  ['127.0.0.1', 0x7f000001n, '127.0.0.1'],
  ['255.255.255.255', 0xffffffffn, '255.255.255.255'],
  ['::', 0n, '::'],
  ['::1', 1n, '::1'],
  ['1::', 1n << 112n, '1::'],
  ['2001:DB8:0:0:1:0:0:1', 0x20010db8000000000001000000000001n, '2001:db8::1:0:0:1'],
  ['::ffff:127.0.0.1', 0xffff7f000001n, '::ffff:7f00:1'],
  ['1:2:3:4:5:6:7:8', 0x00010002000300040005000600070008n, '1:2:3:4:5:6:7:8'],
];

for (const [text, value, written] of VALUES)
  test(`${text} is ${value} and is written ${written}`, () => {
    const address = parseIp(text)!;
    assert.equal(address.value, value);
    assert.equal(formatIp(address), written);
  });

for (const text of [
  '',
  'localhost',
  '127.1',
  '0177.0.0.1',
  '0x7f000001',
  '2130706433',
  '1.2.3.4.5',
  '[::1]',
  'fe80::1%eth0',
  ':::',
  '1.2.3.4/8',
])
  test(`"${text}" is no address`, () => assert.equal(parseIp(text), undefined));

for (const text of ['10.0.0.0', '10.0.0.0/33', '::/129', '10.0.0.0/8/8', '/8', '10.0.0.0/+8', '10.0.0.0/ 8'])
  test(`"${text}" is no block`, () => assert.equal(parseIpBlock(text), undefined));

test("blocks hold what node's BlockList says they hold", () => {
  const seed = 4711;
  const prng = new Prng(seed);
  for (let round = 0; round < 2_000; round++) {
    const family = prng.next() < 0.5 ? 4 : 6;
    const bits = family === 4 ? 32 : 128;
    const random = (): bigint =>
      Array.from({ length: bits / 32 }, () => BigInt(prng.nextU32())).reduce((sum, word) => (sum << 32n) | word, 0n);
    const prefix = prng.between(1, bits);
    const base = formatIp({ family, value: random() });
    const block = parseIpBlock(`${base}/${prefix}`)!;
    // Far, near and inside: a random low part on the block's own or on a neighbouring network.
    const value =
      prng.next() < 0.3 ? random() : BigInt.asUintN(bits, block.value + (random() >> BigInt(prefix)) * (prng.next() < 0.5 ? 1n : -1n));
    const list = new BlockList();
    list.addSubnet(base, prefix, `ipv${family}`);
    const text = formatIp({ family, value });
    assert.equal(isInBlock({ family, value }, block), list.check(text, `ipv${family}`), `seed ${seed}: ${text} in ${base}/${prefix}`);
    assert.deepEqual(parseIp(text), { family, value });
  }
});
