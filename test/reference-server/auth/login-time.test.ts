import assert from 'node:assert/strict';
import { test } from 'node:test';
import { credentialLine, parseCredentials, scryptProof } from '../../../reference-server/auth/scrypt-proof.js';
import { deriveTicketKey, makeTicket, ticketProof } from '../../../reference-server/auth/ticket-proof.js';
import { systemClock } from '../../../src/core/clock.js';

const PAIRS = 7;
/**
 * A user who costs no hash would take a ten-thousandth of the time. The bound only tells that apart, so that a busy machine
 * cannot fail it; the measured difference is printed.
 */
const LARGEST_RATIO = 2;

/** CPU-bound times of two calls in turns, in ms: the shortest of each, which other work on this machine had least part in. */
async function shortest(known: () => Promise<unknown>, unknown: () => Promise<unknown>): Promise<[number, number]> {
  const times: [number[], number[]] = [[], []];
  for (let n = 0; n < PAIRS; n++) {
    for (const [which, call] of [known, unknown].entries()) {
      const beganMs = performance.now();
      await call();
      times[which]!.push(performance.now() - beganMs);
    }
  }
  return [Math.min(...times[0]), Math.min(...times[1])];
}

test('a password costs the same hash for a user who exists and one who does not (S9)', async (t) => {
  const proof = scryptProof(parseCredentials(await credentialLine('alice', 'correct horse'), 'players.txt'));
  const [knownMs, unknownMs] = await shortest(
    () => proof.check('alice', 'wrong'),
    () => proof.check('mallory', 'wrong'),
  );
  const percent = ((unknownMs / knownMs - 1) * 100).toFixed(1);
  t.diagnostic(`shortest of ${PAIRS}: known ${knownMs.toFixed(1)} ms, unknown ${unknownMs.toFixed(1)} ms (${percent} %)`);
  assert.ok(unknownMs < LARGEST_RATIO * knownMs && knownMs < LARGEST_RATIO * unknownMs);
  assert.ok(unknownMs > 5, 'a hash was made');
});

test('a ticket is judged by its own bytes: the server has no list of users to look one up in (S9)', async () => {
  const key = deriveTicketKey(new Uint8Array(32).fill(1));
  const proof = ticketProof(key, systemClock);
  const expS = Math.floor(Date.now() / 1000) + 60;
  assert.equal(await proof.check('anybody', makeTicket(key, 'anybody', expS)), true);
  assert.equal(await proof.check('anybody', makeTicket(key, 'somebody', expS)), false);
});
