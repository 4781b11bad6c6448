import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as wire from '../reference-wire.js';
import { TYPE } from '../reference-wire.js';
import { Bench, ECHO, type Peer } from '../session/bench.js';

const THEFTS = 1_000;
const REPLAYS = 10_000;

const isTaken = (messages: wire.Packet[][]): boolean =>
  messages.flat().some(({ type }) => type === TYPE.AUTH_OK || type === TYPE.PONG || type === TYPE.OP_ACK);

/** The same packet under the seq that the server waits for, which an attacker may write as he likes. */
function renumbered(packet: Buffer, seq: number): Buffer {
  const copy = Buffer.from(packet);
  copy.writeUInt32LE(seq, 2);
  return copy;
}

describe('what an attacker has copied', () => {
  it(`a token without the session secret opens nothing, ${THEFTS} times, and its owner is not disturbed (S4)`, () => {
    const bench = new Bench({ capacity: 8 });
    const credential = bench.login('victim');
    const victim = bench.ready(credential);
    for (let i = 0; i < THEFTS; i++) {
      const thief = bench.connect();
      // Of what the token's owner sends, all is known but the secret: random ones, and those of the thief's own session.
      const secret = i % 2 === 0 ? wire.fresh(32) : Buffer.from(credential.sid.toString('hex').slice(0, 32));
      const [[refusal]] = thief.send(thief.auth({ ...credential, secret })) as [[wire.Packet]];
      assert.deepEqual([refusal.type, refusal.body.readUInt16LE(0)], [TYPE.AUTH_ERR, 0x0201]);
      assert.equal(thief.closeCode, 4_201);
      thief.end();
    }
    assert.equal(bench.count('auth_failed'), THEFTS);
    assert.ok(isTaken(victim.send(victim.ping())));
  });

  it(`signed packets sent again, ${REPLAYS} times on the same, a new and another user's connection, are never taken (S5)`, () => {
    const bench = new Bench({ capacity: 8 });
    const credential = bench.desk.issue('victim', bench.nowS + 100_000);
    let tries = 0;
    const attempt = (peer: Peer, packet: Buffer): void => {
      assert.equal(isTaken(peer.send(packet)), false, `try ${tries}: a replayed packet was taken`);
      assert.notEqual(peer.closeCode, 0);
      peer.end();
      tries++;
    };
    while (tries < REPLAYS) {
      // A conversation of 20 signed packets, every one of them captured.
      const victim = bench.connect();
      const captured = [victim.auth(credential)];
      for (let i = 0; i < 19; i++) captured.push(i % 5 === 4 ? victim.opSigned(ECHO, Buffer.from('x')) : victim.ping());
      for (const packet of captured) victim.send(packet);
      assert.equal(victim.closeCode, 0);
      bench.clock.advanceMs(11_000);
      for (const [i, packet] of captured.entries()) {
        attempt(bench.connect(), renumbered(packet, 1));
        attempt(bench.ready(bench.login('thief')), renumbered(packet, 2));
        if (i > 0) attempt(bench.ready(credential), renumbered(packet, 2));
      }
      // The victim's own connection was taken over meanwhile; on one that stands, its last packet comes twice.
      if (victim.closeCode !== 0) victim.end();
      const standing = bench.ready(credential);
      const last = standing.ping();
      standing.send(last);
      attempt(standing, tries % 2 === 0 ? last : renumbered(last, standing.seq + 1));
    }
    assert.equal(bench.count('handler_faults'), 0);
  });
});
