import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fingerprints } from '../../src/run/fingerprint.js';

test('a device is 32 bytes in base64url without padding', () => {
  const dfp = new Fingerprints(1).of('p1');
  assert.match(dfp, /^[A-Za-z0-9_-]{43}$/u);
  assert.equal(Buffer.from(dfp, 'base64url').length, 32);
  assert.equal(Buffer.from(dfp, 'base64url').toString('base64url'), dfp);
});

test('one seed and player always have the same device, another seed or player another one', () => {
  assert.equal(new Fingerprints(1).of('p1'), new Fingerprints(1).of('p1'));
  assert.notEqual(new Fingerprints(1).of('p1'), new Fingerprints(2).of('p1'));
  assert.notEqual(new Fingerprints(1).of('p1'), new Fingerprints(1).of('p2'));
});

test('a hundred thousand players with alike names have as many devices', () => {
  const devices = new Fingerprints(7);
  const seen = new Set<string>();
  for (let client = 0; client < 100_000; client++) seen.add(devices.of(`p${client}`));
  assert.equal(seen.size, 100_000);
});
