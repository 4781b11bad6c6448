import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GwrkError } from '../../src/core/errors.js';
import { chooseTransport, createTransport } from '../../src/net/create-transport.js';

const works = () => ({ available: true, reason: 'io_uring works here' });
const forbidden = () => ({ available: false, reason: 'io_uring is forbidden here (kernel.io_uring_disabled=2)' });
const unasked = () => assert.fail('the probe was run for nothing');

test('auto takes io_uring where it works', () => {
  assert.deepEqual(chooseTransport({ wanted: 'auto', tls: false }, works), { kind: 'uring', reason: 'io_uring works here' });
});

test('auto falls back to node and says why', () => {
  assert.deepEqual(chooseTransport({ wanted: 'auto', tls: false }, forbidden), { kind: 'node', reason: forbidden().reason });
});

test('auto takes node for TLS without trying io_uring', () => {
  assert.deepEqual(chooseTransport({ wanted: 'auto', tls: true }, unasked), { kind: 'node', reason: 'TLS needs the node transport' });
});

test('a transport that is asked for by name is taken', () => {
  assert.equal(chooseTransport({ wanted: 'node', tls: false }, unasked).kind, 'node');
  assert.equal(chooseTransport({ wanted: 'uring', tls: false }, works).kind, 'uring');
});

for (const [what, tls, probe, reason] of [
  ['forbidden', false, forbidden, /kernel\.io_uring_disabled=2/],
  ['without TLS', true, unasked, /TLS needs the node transport/],
] as const)
  test(`uring by name is an error where it is ${what}`, () => {
    assert.throws(
      () => chooseTransport({ wanted: 'uring', tls }, probe),
      (error) => error instanceof GwrkError && error.code === 'GWRK_TRANSPORT_UNAVAILABLE' && reason.test(error.message),
    );
  });

test('the transport that is made has the kind and the capacity asked for', async () => {
  const transport = await createTransport('node', { capacity: 3, targets: [], sources: [] });
  assert.deepEqual([transport.kind, transport.capacity, transport.rings], ['node', 3, 0]);
});
