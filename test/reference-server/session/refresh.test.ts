import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RefreshAnswerMessage, RefreshAskMessage } from '../../../reference-server/gateway-messages.js';
import * as wire from '../reference-wire.js';
import { type Credential, type Packet, TYPE } from '../reference-wire.js';
import { assertFault, Bench, ECHO, type Peer, types } from './bench.js';

const TOKEN = Buffer.alloc(36, 0x3c);
const ACCESS = Buffer.from('a.new.token');

/** A bench whose questions to the main thread are kept, to be answered by the test. */
class RefreshBench extends Bench {
  readonly asked: RefreshAskMessage[];

  constructor(capacity = 64) {
    const asked: RefreshAskMessage[] = [];
    super({ capacity, heartbeatMs: 600_000, askRefresh: (question) => asked.push(structuredClone(question)) });
    this.asked = asked;
  }

  /** Answers a question: with new tokens that end at expS, or as `changes` say. */
  answer(question: RefreshAskMessage, expS: number, changes: Partial<RefreshAnswerMessage> = {}): void {
    const refresh = Buffer.concat([TOKEN.subarray(0, 16), Buffer.from([7, 0, 0, 1]), Buffer.alloc(16, 0x77)]);
    const { slot, number, seq } = question;
    const granted = { code: 0, retryAfterMs: 0, grant: { access: ACCESS, refresh, accessExpS: expS } };
    this.machine.receive({ type: 'refreshed', slot, number, seq, ...granted, ...changes }, this.clock.us);
  }

  refuse(question: RefreshAskMessage, code: number, retryAfterMs = 0): void {
    const { slot, number, seq } = question;
    this.machine.receive({ type: 'refreshed', slot, number, seq, code, retryAfterMs }, this.clock.us);
  }
}

const refreshOf = (peer: Peer, credential: Credential): Buffer => wire.refresh(peer.keys, ++peer.seq, TOKEN, credential.dfp);

function assertAuthErr(peer: Peer, messages: Packet[][], code: number, seq: number, retryAfterMs = 0): void {
  assert.deepEqual(types(messages), [[TYPE.AUTH_ERR]]);
  const { body, seq: echoed } = messages[0]![0]!;
  assert.deepEqual([echoed, body.readUInt16LE(0), body.readUInt32LE(4)], [seq, code, retryAfterMs]);
  assert.equal(peer.closeCode, 4_000 + 100 * (code >>> 8) + (code & 255));
}

describe('REFRESH on a connection', () => {
  test('asks the main thread with everything that the store needs, and is answered when the answer is there', () => {
    const bench = new RefreshBench();
    const credential = bench.login('alice');
    const peer = bench.ready(credential);
    assert.deepEqual(peer.send(refreshOf(peer, credential)), []);
    const [question] = bench.asked;
    assert.deepEqual(
      [question!.uid, Buffer.from(question!.sid), Buffer.from(question!.token), Buffer.from(question!.dfp), question!.seq],
      ['alice', credential.sid, TOKEN, credential.dfp, 2],
    );
    assert.deepEqual(types(peer.send(peer.op(ECHO))), [[TYPE.OP_ACK]], 'the connection goes on meanwhile');
    bench.answer(question!, bench.nowS + 900);
    const [[ok]] = peer.take() as [[Packet]];
    assert.deepEqual([ok.type, ok.seq], [TYPE.REFRESH_OK, 2]);
    assert.ok(wire.hasGoodTag(peer.keys.s2c, ok, 28));
    assert.equal(ok.body.readUInt32LE(0), 0x01000007);
    assert.equal(ok.body.subarray(4, 20).toString('hex'), '77'.repeat(16));
    assert.equal(ok.body.readUInt32LE(20), bench.nowS + 900);
    assert.deepEqual([ok.body.readUInt16LE(24), ok.body.readUInt16LE(26)], [ACCESS.length, 0]);
    assert.equal(ok.body.subarray(44).toString(), ACCESS.toString());
    assert.deepEqual(types(peer.send(refreshOf(peer, credential))), [], 'and may be renewed again');
    assert.equal(bench.asked.length, 2);
  });

  test('of uids of every length, each is asked for as it is', () => {
    const bench = new RefreshBench();
    for (const length of [1, 15, 16, 17, 31, 32, 33, 48, 49, 63, 64, 3]) {
      const uid = 'abcdefghijklmnopqrstuvwxyz-0123456789_ABCDEFGHIJKLMNOPQRSTUVWXYZ'.slice(64 - length);
      const credential = bench.login(uid);
      const peer = bench.ready(credential);
      peer.send(refreshOf(peer, credential));
      assert.equal(bench.asked.at(-1)!.uid, uid);
      peer.end();
    }
  });

  test('moves the end of the access, and the connection lives until the new one', () => {
    const bench = new RefreshBench();
    const credential = bench.login();
    const peer = bench.ready(credential);
    bench.pass(800_000, 10_000);
    peer.send(refreshOf(peer, credential));
    bench.answer(bench.asked[0]!, bench.nowS + 900);
    peer.take();
    bench.pass(899_000, 1_000);
    assert.equal(peer.closeCode, 0);
    bench.pass(2_000, 100);
    assertFault(peer, peer.take(), 0x0203, 0, 0, 0);
  });

  test('over HTTP moves it too: the session table says until when', () => {
    const bench = new RefreshBench();
    const credential = bench.login();
    const peer = bench.ready(credential);
    bench.pass(600_000, 10_000);
    bench.desk.table.replaceToken(bench.desk.table.find(credential.sid, 0), wire.fresh(16), 0, bench.nowS + 900);
    bench.pass(899_000, 1_000);
    assert.equal(peer.closeCode, 0);
    bench.pass(2_000, 100);
    assertFault(peer, peer.take(), 0x0203, 0, 0, 0);
  });

  test('of a session that ended meanwhile does not keep the connection', () => {
    const bench = new RefreshBench();
    const credential = bench.login();
    const peer = bench.ready(credential);
    bench.desk.revoke(credential);
    bench.pass(901_000, 1_000);
    assertFault(peer, peer.take(), 0x0203, 0, 0, 0);
  });

  test('that is not signed, or under another key, is 0206 and nobody is asked', () => {
    const bench = new RefreshBench();
    const credential = bench.login();
    for (const key of [Buffer.alloc(32), undefined]) {
      const peer = bench.ready(credential);
      const keys = { c2s: key ?? peer.keys.s2c, s2c: peer.keys.s2c };
      assertFault(peer, peer.send(wire.refresh(keys, ++peer.seq, TOKEN, credential.dfp)), 0x0206, TYPE.REFRESH, 2, 76);
      assert.deepEqual(bench.audit.at(-1)?.event, 'mac.bad');
    }
    assert.equal(bench.asked.length, 0);
  });

  test('each bit of it turned is refused, and nobody is asked', () => {
    const bench = new RefreshBench(16);
    const credential = bench.login();
    for (let bit = 0; bit < 84 * 8; bit++) {
      const peer = bench.ready(credential);
      const packet = refreshOf(peer, credential);
      packet[8 + (bit >> 3)]! ^= 1 << (bit & 7);
      assertFault(peer, peer.send(packet), 0x0206, TYPE.REFRESH, 2, 76);
      peer.end();
    }
    assert.equal(bench.asked.length, 0);
  });

  test('recorded and sent again is 0105, on another connection of the session 0206', () => {
    const bench = new RefreshBench();
    const credential = bench.login();
    const peer = bench.ready(credential);
    const packet = refreshOf(peer, credential);
    peer.send(packet);
    bench.answer(bench.asked[0]!, bench.nowS + 900);
    peer.take();
    assertFault(peer, peer.send(packet), 0x0105, TYPE.REFRESH, 2, 2);
    const other = bench.ready(credential);
    other.seq += 1;
    assertFault(other, other.send(packet), 0x0206, TYPE.REFRESH, 2, 76);
    assert.equal(bench.asked.length, 1);
  });

  test('with another fingerprint is AUTH_ERR 0201, and nobody is asked', () => {
    const bench = new RefreshBench();
    const credential = bench.login();
    const peer = bench.ready(credential);
    assertAuthErr(peer, peer.send(wire.refresh(peer.keys, ++peer.seq, TOKEN, wire.fresh(32))), 0x0201, 2);
    assert.equal(bench.asked.length, 0);
    assert.deepEqual(bench.audit.at(-1)?.event, 'refresh.fail');
  });

  test('a second one while one waits is 0104, and an answer that still comes is dropped', () => {
    const bench = new RefreshBench();
    const credential = bench.login();
    const peer = bench.ready(credential);
    assertFault(peer, peer.send(refreshOf(peer, credential), refreshOf(peer, credential)), 0x0104, TYPE.REFRESH, 3, 92);
    assert.equal(bench.asked.length, 1);
    bench.answer(bench.asked[0]!, bench.nowS + 900);
    assert.deepEqual(peer.take(), []);
  });

  test('that the store refuses is AUTH_ERR 0201, 0209 when it cannot be asked, 0301 with the wait when there were too many', () => {
    const bench = new RefreshBench();
    for (const [code, retryAfterMs] of [
      [0x0201, 0],
      [0x0209, 0],
      [0x0301, 4_321],
    ] as const) {
      const credential = bench.login();
      const peer = bench.ready(credential);
      peer.send(refreshOf(peer, credential));
      bench.refuse(bench.asked.at(-1)!, code, retryAfterMs);
      assertAuthErr(peer, peer.take(), code, 2, retryAfterMs);
    }
  });

  test('where there is nobody to ask is 0209', () => {
    const bench = new Bench();
    const credential = bench.login();
    const peer = bench.ready(credential);
    assertAuthErr(peer, peer.send(refreshOf(peer, credential)), 0x0209, 2);
  });

  test('a late answer never reaches the next connection in the slot, though that one waits for its own', () => {
    const bench = new RefreshBench(1);
    const first = bench.login('first');
    const early = bench.ready(first);
    early.send(refreshOf(early, first));
    early.end();
    const second = bench.login('second');
    const late = bench.ready(second);
    assert.equal(late.slot, early.slot);
    bench.answer(bench.asked[0]!, bench.nowS + 9_000);
    bench.refuse(bench.asked[0]!, 0x0201);
    assert.deepEqual(late.take(), []);
    late.send(refreshOf(late, second));
    bench.answer(bench.asked[0]!, bench.nowS + 9_000);
    assert.deepEqual(late.take(), []);
    bench.answer(bench.asked[1]!, bench.nowS + 900);
    assert.deepEqual(types(late.take()), [[TYPE.REFRESH_OK]]);
    bench.answer(bench.asked[1]!, bench.nowS + 900);
    assert.deepEqual(late.take(), [], 'and an answer counts once');
  });

  test('a client that said it leaves gets no answer, one that was asked to leave does', () => {
    const bench = new RefreshBench();
    const credential = bench.login('alice');
    const leaving = bench.ready(credential);
    leaving.send(refreshOf(leaving, credential));
    leaving.send(leaving.disconnect());
    bench.answer(bench.asked[0]!, bench.nowS + 900);
    assert.deepEqual(leaving.take(), []);
    const other = bench.login('bob');
    const asked = bench.ready(other);
    bench.machine.drain(bench.clock.us);
    asked.take();
    assert.deepEqual(asked.send(refreshOf(asked, other)), []);
    bench.answer(bench.asked[1]!, bench.nowS + 900);
    assert.deepEqual(types(asked.take()), [[TYPE.REFRESH_OK]]);
  });
});
