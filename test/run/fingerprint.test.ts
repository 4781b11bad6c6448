import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DFP_BYTES, DFP_LETTERS, Fingerprints } from '../../src/run/fingerprint.js';

/** The bytes and the letters of a player's device. */
function deviceOf(devices: Fingerprints, uid: string): { bytes: Buffer; letters: string } {
  const uids = Buffer.from(`before${uid}behind`);
  const bytes = Buffer.alloc(DFP_BYTES + 8);
  devices.write(uids, 6, uids.length - 6, bytes, 4);
  const letters = Buffer.alloc(DFP_LETTERS + 8);
  assert.equal(devices.writeLetters(bytes, 4, letters, 3), 3 + DFP_LETTERS);
  return { bytes: bytes.subarray(4, 4 + DFP_BYTES), letters: letters.toString('latin1', 3, 3 + DFP_LETTERS) };
}

test('a device is 32 bytes in base64url without padding', () => {
  for (let player = 0; player < 1000; player++) {
    const { bytes, letters } = deviceOf(new Fingerprints(player % 7), `p${player}`);
    assert.equal(letters, bytes.toString('base64url'));
    assert.match(letters, /^[A-Za-z0-9_-]{43}$/u);
  }
});

test('one seed and player always have the same device, another seed or player another one', () => {
  assert.equal(deviceOf(new Fingerprints(1), 'p1').letters, deviceOf(new Fingerprints(1), 'p1').letters);
  assert.notEqual(deviceOf(new Fingerprints(1), 'p1').letters, deviceOf(new Fingerprints(2), 'p1').letters);
  assert.notEqual(deviceOf(new Fingerprints(1), 'p1').letters, deviceOf(new Fingerprints(1), 'p2').letters);
});

test('a hundred thousand players with alike names have as many devices', () => {
  const devices = new Fingerprints(7);
  const seen = new Set<string>();
  for (let client = 0; client < 100_000; client++) seen.add(deviceOf(devices, `p${client}`).letters);
  assert.equal(seen.size, 100_000);
});
