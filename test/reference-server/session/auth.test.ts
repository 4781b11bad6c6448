import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as wire from '../reference-wire.js';
import { type Credential, TYPE } from '../reference-wire.js';
import { Bench, ECHO, type Peer, types } from './bench.js';

/** The refusal is one AUTH_ERR with this code and nothing else, whatever was wrong. */
function assertRefused(peer: Peer, messages: wire.Packet[][], code: number): void {
  assert.deepEqual(types(messages), [[TYPE.AUTH_ERR]]);
  const { seq, body } = messages[0]![0]!;
  assert.equal(seq, 1);
  assert.deepEqual(body, wire.fields([2, code], [2, 0], [4, 0]));
  assert.equal(peer.closeCode, 4_000 + 100 * (code >>> 8) + (code & 255));
}

describe('AUTH', () => {
  const hostile: [string, string, (bench: Bench, credential: Credential) => Credential][] = [
    ['a token of another server', 'signature', (_, c) => ({ ...c, token: new Bench().login().token })],
    ['a token with a changed letter', 'signature', (_, c) => ({ ...c, token: changeLetter(c.token, c.token.lastIndexOf('.') - 9) })],
    [
      'a token with another header',
      'header',
      (_, c) => ({ ...c, token: c.token.replace(/^[^.]+/, Buffer.from('{"alg":"none"}').toString('base64url')) }),
    ],
    ['a token that is not one', 'header', (_, c) => ({ ...c, token: 'x' })],
    ['a token that has ended', 'expired', (bench) => bench.desk.issue('late', bench.nowS - 1)],
    ['the fingerprint of another device', 'fingerprint', (_, c) => ({ ...c, dfp: wire.fresh(32) })],
    ['a stolen token without its secret', 'tag', (_, c) => ({ ...c, secret: wire.fresh(32) })],
    [
      'a session that was revoked',
      'no-session',
      (bench, c) => {
        bench.desk.revoke(c);
        return c;
      },
    ],
  ];
  for (const [what, reason, change] of hostile) {
    it(`with ${what} is refused 0201, and only the audit knows why`, () => {
      const bench = new Bench();
      const credential = change(bench, bench.login());
      const peer = bench.connect();
      assertRefused(peer, peer.send(peer.auth(credential), wire.op(2, ECHO, Buffer.alloc(0))), 0x0201);
      assert.deepEqual(
        bench.audit.map(({ event, detail }) => [event, detail]),
        [['auth.fail', reason]],
      );
      assert.equal(bench.count('auth_failed'), 1);
      assert.equal(bench.count('ops_seen'), 0);
    });
  }

  it('is refused 0209 when the store cannot be asked', () => {
    const bench = new Bench();
    bench.authenticator.lookup = () => 9;
    const peer = bench.connect();
    assertRefused(peer, peer.send(peer.auth(bench.login())), 0x0209);
  });

  it('recorded on one connection is dead on every other', () => {
    const bench = new Bench();
    const recorded = bench.ready();
    const again = wire.auth(recorded.keys, 1, bench.login(), recorded.snonce, recorded.cnonce);
    for (let i = 0; i < 50; i++) {
      const thief = bench.connect();
      assertRefused(thief, thief.send(again), 0x0201);
      thief.end();
    }
  });

  it('with any one bit flipped is refused', () => {
    const bench = new Bench({ capacity: 16 });
    const credential = bench.login();
    const bytes = (): [Peer, Buffer] => {
      const peer = bench.connect();
      return [peer, peer.auth(credential)];
    };
    const [counting, whole] = bytes();
    counting.end();
    for (let bit = 0; bit < whole.length * 8; bit += bit < 800 ? 1 : 41) {
      const [peer, auth] = bytes();
      auth[bit >>> 3]! ^= 1 << (bit & 7);
      const answers = peer.send(auth);
      assert.notEqual(peer.closeCode, 0, `bit ${bit}`);
      assert.ok(
        types(answers)
          .flat()
          .every((type) => type === TYPE.AUTH_ERR || type === TYPE.ERROR),
        `bit ${bit}`,
      );
      peer.end();
    }
    assert.equal(bench.count('auth_ok'), 0);
  });

  it('with a good token of another user under one’s own keys is refused', () => {
    const bench = new Bench();
    const own = bench.login('thief');
    const victim = bench.login('victim');
    const peer = bench.connect();
    assertRefused(peer, peer.send(peer.auth({ ...own, token: victim.token, dfp: victim.dfp })), 0x0201);
  });

  it('with resume keeps the room seat of the connection that it replaces, and says so', () => {
    const bench = new Bench();
    const credential = bench.login();
    const bystander = bench.ready(bench.login('bystander'));
    const old = bench.ready(credential);
    bystander.send(bystander.join(4));
    old.send(old.join(4));
    bench.pass(50);
    bystander.take();
    const young = bench.connect();
    const [[ok]] = young.send(young.auth(credential, { flags: 1 })) as [[wire.Packet]];
    assert.equal(ok.body.readUInt32LE(24), 1);
    old.end();
    bench.pass(50);
    const state = wire.roomState(young.take()[0]![0]!);
    assert.deepEqual([state.room, state.baseTick, state.rows.map(({ id }) => id)], [4, 0, [0, 1]]);
    assert.deepEqual(bystander.take(), [], 'nothing changed for the others');
    assert.equal(bench.count('seats'), 2);
    young.end();
    assert.equal(bench.count('seats'), 1);
  });

  it('without resume gives the seat up; with resume and without an older connection there is none to keep', () => {
    const bench = new Bench();
    const credential = bench.login();
    const old = bench.ready(credential);
    old.send(old.join(4));
    const young = bench.connect();
    const [[ok]] = young.send(young.auth(credential)) as [[wire.Packet]];
    assert.equal(ok.body.readUInt32LE(24), 0);
    old.end();
    assert.equal(bench.count('seats'), 0);
    young.end();
    const third = bench.connect();
    const [[again]] = third.send(third.auth(credential, { flags: 1 })) as [[wire.Packet]];
    assert.equal(again.body.readUInt32LE(24), 0);
  });
});

function changeLetter(text: string, at: number): string {
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
}
