import assert from 'node:assert/strict';
import { createHmac, hkdfSync } from 'node:crypto';
import { test } from 'node:test';
import { credentialLine, parseCredentials, scryptProof } from '../../../reference-server/auth/scrypt-proof.js';
import { deriveTicketKey, makeTicket, ticketProof } from '../../../reference-server/auth/ticket-proof.js';
import { GwrkError } from '../../../src/core/errors.js';
import { ManualClock } from './manual-clock.js';

const MASTER = new Uint8Array(32).fill(3);

test('a ticket made from the description alone is accepted', async () => {
  const clock = new ManualClock();
  const key = Buffer.from(hkdfSync('sha256', MASTER, '', 'gwrk/1 ticket', 32));
  const exp = Buffer.alloc(4);
  exp.writeUInt32LE(clock.ms / 1000 + 60);
  const mac = createHmac('sha256', key).update(exp).update('alice').digest().subarray(0, 16);
  const ticket = Buffer.concat([exp, mac]).toString('base64url');
  assert.equal(ticket, makeTicket(deriveTicketKey(MASTER), 'alice', clock.ms / 1000 + 60));
  assert.equal(await ticketProof(deriveTicketKey(MASTER), clock).check('alice', ticket), true);
});

test('a ticket is refused for another user, after its time, under another key and in any other form', async () => {
  const clock = new ManualClock();
  const key = deriveTicketKey(MASTER);
  const proof = ticketProof(key, clock);
  const nowS = clock.ms / 1000;
  const ticket = makeTicket(key, 'alice', nowS + 1);
  assert.equal(await proof.check('alice', ticket), true);
  assert.equal(await proof.check('alicf', ticket), false);
  assert.equal(await proof.check('alice', makeTicket(deriveTicketKey(new Uint8Array(32)), 'alice', nowS + 1)), false);
  for (const bad of [
    '',
    'none',
    `${ticket}A`,
    ticket.slice(0, -1),
    ticket.replace(/.$/, 'é'),
    `${ticket.slice(0, -1)}=`,
    ` ${ticket.slice(1)}`,
  ]) {
    assert.equal(await proof.check('alice', bad), false, bad);
  }
  clock.ms += 1_000;
  assert.equal(await proof.check('alice', ticket), false, 'expired');
});

test('a password is accepted for its user only, and an unknown user is refused', async () => {
  const text = `# players\n\n${await credentialLine('alice', 'correct horse')}\n${await credentialLine('bob', '')}\n`;
  const proof = scryptProof(parseCredentials(text, 'players.txt'));
  const answers = await Promise.all([
    proof.check('alice', 'correct horse'),
    proof.check('alice', 'correct horsf'),
    proof.check('alice', ''),
    proof.check('bob', ''),
    proof.check('bob', 'correct horse'),
    proof.check('mallory', 'correct horse'),
  ]);
  assert.deepEqual(answers, [true, false, false, true, false, false]);
});

test('a malformed credentials line is named by its number', () => {
  for (const line of ['alice', 'alice::', 'a b:AAAAAAAAAAAAAAAAAAAAAA:AAAA', 'alice:AAAA:AAAA:AAAA']) {
    assert.throws(
      () => parseCredentials(`# one\n${line}\n`, 'players.txt'),
      (error) => error instanceof GwrkError && error.code === 'GWRK_USAGE' && error.details.where === 'players.txt:2',
    );
  }
});
