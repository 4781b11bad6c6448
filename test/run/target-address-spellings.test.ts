import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GwrkError } from '../../src/core/errors.js';
import { parseTarget, resolveTarget } from '../../src/run/target-address.js';

/** Whoever is asked for a name learns that it is public; so a spelling that ends as a name is seen. */
const publicLookup = async () => [{ address: '203.0.113.7' }];

type Outcome = 'open' | 'consent' | 'never' | 'usage';

/** What a URL in a scenario file comes to, nobody having consented. */
const SPELLINGS: readonly [url: string, outcome: Outcome, address?: string][] = [
  ['ws://127.0.0.1:9000', 'open', '127.0.0.1'],
  ['ws://127.1:9000', 'open', '127.0.0.1'],
  ['ws://2130706433:9000', 'open', '127.0.0.1'],
  ['ws://0x7f000001:9000', 'open', '127.0.0.1'],
  ['ws://0x7f.0.0.1:9000', 'open', '127.0.0.1'],
  ['ws://0177.0.0.1:9000', 'open', '127.0.0.1'],
  ['ws://017700000001:9000', 'open', '127.0.0.1'],
  ['ws://127.0.0.1.:9000', 'open', '127.0.0.1'],
  ['ws://%31%32%37.0.0.1:9000', 'open', '127.0.0.1'],
  ['ws://１２７.０.０.１:9000', 'open', '127.0.0.1'],
  ['ws://127。0。0。1:9000', 'open', '127.0.0.1'],
  ['ws://[::1]:9000', 'open', '::1'],
  ['ws://[0:0:0:0:0:0:0:1]:9000', 'open', '::1'],
  ['ws://[::ffff:127.0.0.1]:9000', 'open', '127.0.0.1'],
  ['ws://[::ffff:7f00:1]:9000', 'open', '127.0.0.1'],
  ['ws://192.168.1.1', 'open', '192.168.1.1'],
  ['ws://0xac.0x1f.0.1', 'open', '172.31.0.1'],
  ['ws://[fd12::1]', 'open', 'fd12::1'],
  ['ws://172.32.0.1', 'consent'],
  ['ws://134744072', 'consent'],
  ['ws://0x08080808', 'consent'],
  ['ws://[::ffff:8.8.8.8]', 'consent'],
  ['ws://[64:ff9b::808:808]', 'consent'],
  ['ws://[2002:7f00:1::]', 'consent'],
  ['ws://example.com', 'consent'],
  ['ws://EXAMPLE.com.', 'consent'],
  ['ws://bücher.example', 'consent'],
  ['ws://127.0.0.1.nip.example', 'consent'],
  ['ws://169.254.169.254/latest', 'never'],
  ['ws://2852039166', 'never'],
  ['ws://0251.0376.0251.0376', 'never'],
  ['ws://[::ffff:a9fe:a9fe]', 'never'],
  ['ws://[64:ff9b::a9fe:a9fe]', 'never'],
  ['ws://[fd00:ec2::254]', 'never'],
  ['ws://[fe80::1]', 'never'],
  ['ws://0', 'never'],
  ['ws://0.0.0.0:9000', 'never'],
  ['ws://[::]:9000', 'never'],
  ['ws://[::127.0.0.1]:9000', 'never'],
  ['ws://224.0.0.1', 'never'],
  ['ws://255.255.255.255', 'never'],
  ['ws://[ff02::1]', 'never'],
  ['ws://127.0.0.1@example.com', 'usage'],
  ['ws://user:secret@127.0.0.1', 'usage'],
  ['ws://example.com\\@127.0.0.1', 'usage'],
  ['ws:\\\\127.0.0.1', 'usage'],
  ['ws://127.0.0.1 .example.com', 'usage'],
  ['ws://127.0.0.1\n.example.com', 'usage'],
  ['ws://127.0.0.256', 'usage'],
  ['ws://1.2.3.4.5', 'usage'],
  ['ws://0x1ffffffff', 'usage'],
  ['ws://[fe80::1%25eth0]', 'usage'],
  ['ws://127.0.0.1:0', 'usage'],
  ['ws://127.0.0.1:65536', 'usage'],
  ['ws://exa..mple', 'usage'],
];

const codeOf = { consent: 'GWRK_TARGET_NOT_ALLOWED', never: 'GWRK_TARGET_NOT_ALLOWED', usage: 'GWRK_USAGE' } as const;

async function resolve(url: string, typed: boolean): Promise<string | GwrkError> {
  try {
    const endpoints = await resolveTarget(parseTarget(url), { typed, allow: [] }, publicLookup);
    return endpoints.map(({ address }) => address).join();
  } catch (error) {
    assert.ok(error instanceof GwrkError, String(error));
    return error;
  }
}

for (const [url, outcome, address] of SPELLINGS) {
  test(`${JSON.stringify(url)} in a file: ${address ?? outcome}`, async () => {
    const result = await resolve(url, false);
    if (outcome === 'open') assert.equal(result, address);
    else assert.equal((result as GwrkError).code, codeOf[outcome]);
  });

  test(`${JSON.stringify(url)} typed: ${outcome === 'consent' ? 'open' : outcome}`, async () => {
    const result = await resolve(url, true);
    if (outcome === 'open' || outcome === 'consent') assert.equal(typeof result, 'string');
    else assert.equal((result as GwrkError).code, codeOf[outcome]);
  });
}
