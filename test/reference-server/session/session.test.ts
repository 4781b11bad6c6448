import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMacTable, type MacTable } from '../../../src/protocol/mac.js';
import * as wire from '../reference-wire.js';
import { TYPE } from '../reference-wire.js';
import { assertFault, Bench, ECHO, types } from './bench.js';

describe('a connection', () => {
  it('is greeted with its limits, the time and a fresh nonce', () => {
    const bench = new Bench();
    const { hello, snonce } = bench.connect();
    assert.deepEqual([hello.type, hello.seq, hello.body.length], [TYPE.HELLO, 0, 40]);
    // ver 1, flags 0, hbMs 10,000, maxBody 4096, maxBundle 16, reserved 0, server time.
    assert.equal(hello.body.subarray(0, 24).toString('hex'), '0100000010270000001010000000000000505c18a3010000');
    assert.notDeepEqual(snonce, bench.connect().snonce);
    assert.notDeepEqual(snonce, Buffer.alloc(16));
  });

  it('is authenticated by an AUTH_OK that proves that the server knows the secret', () => {
    const bench = new Bench();
    const credential = bench.login();
    const peer = bench.connect();
    const [[ok]] = peer.send(peer.auth(credential)) as [[wire.Packet]];
    assert.deepEqual([ok.type, ok.seq, ok.body.length], [TYPE.AUTH_OK, 1, 48]);
    assert.ok(wire.hasGoodTag(peer.keys.s2c, ok, 32));
    assert.ok(ok.body.subarray(0, 16).equals(credential.sid));
    assert.equal(ok.body.readUInt32LE(16), bench.nowS + 900);
    assert.equal(ok.body.readUInt32LE(20), 10_000);
    assert.equal(ok.body.readUInt32LE(24), 0);
    assert.equal(ok.body.readUInt32LE(28), 0);
    assert.equal(bench.count('connections_ready'), 1);
    assert.equal(bench.count('connections_unauthenticated'), 0);
  });

  it('may send packets right behind its AUTH, in the same message', () => {
    const bench = new Bench();
    const peer = bench.connect();
    const answers = peer.send(peer.auth(bench.login()), peer.ping(), peer.op(ECHO, Buffer.from('now')));
    assert.deepEqual(types(answers), [[TYPE.AUTH_OK, TYPE.PONG, TYPE.OP_ACK]]);
  });

  it('gets the answers to one message in one message, in order, each with the seq of its question', () => {
    const bench = new Bench();
    const peer = bench.ready();
    const answers = peer.send(peer.op(ECHO), peer.join(3), peer.ping(), peer.leave(3), peer.op(ECHO));
    assert.deepEqual(types(answers), [[TYPE.OP_ACK, TYPE.JOINED, TYPE.PONG, TYPE.LEFT, TYPE.OP_ACK]]);
    assert.deepEqual(
      answers[0]!.map(({ seq }) => seq),
      [2, 3, 4, 5, 6],
    );
  });

  it('answers sixteen packets of a whole message, whatever their size', () => {
    const bench = new Bench();
    const peer = bench.ready();
    const small = Array.from({ length: 16 }, () => peer.op(ECHO, Buffer.alloc(244, 1)));
    assert.equal(Buffer.concat(small).length, 4_096);
    const [answers] = peer.send(...small);
    assert.equal(answers!.length, 16);
    for (const answer of answers!) assert.ok(wire.opAck(answer).result.equals(Buffer.alloc(244, 1)));
  });

  it('hears a signed PONG with its own ledger for every PING', () => {
    const bench = new Bench();
    const peer = bench.ready();
    peer.send(peer.op(ECHO), peer.op(ECHO), peer.op(ECHO));
    bench.clock.us += 0.96875;
    const [[pong]] = peer.send(peer.ping()) as [[wire.Packet]];
    assert.deepEqual([pong.type, pong.seq, pong.body.length], [TYPE.PONG, 5, 40]);
    assert.ok(wire.hasGoodTag(peer.keys.s2c, pong, 24));
    assert.equal(pong.body.readUInt32LE(0), 1);
    assert.equal(pong.body.readUInt32LE(4), 3);
    assert.equal(pong.body.readBigUInt64LE(8), 77n);
    assert.equal(pong.body.readBigUInt64LE(16), BigInt(Math.floor(bench.clock.us)));
  });

  it('lives on heartbeats and is DEAD three of them and a second after its last good one', () => {
    const bench = new Bench();
    const peer = bench.ready();
    for (let i = 0; i < 10; i++) {
      bench.pass(30_900, 100);
      assert.deepEqual(types(peer.send(peer.ping())), [[TYPE.PONG]]);
    }
    // Packets of other kinds do not count.
    bench.pass(30_900, 100);
    peer.send(peer.op(ECHO));
    assert.equal(peer.closeCode, 0);
    bench.pass(200, 100);
    assertFault(peer, peer.take(), 0x0503, 0, 0, 0);
  });

  it('is closed 0202 when it has not authenticated five seconds after the 101, even in the middle of a message', () => {
    const bench = new Bench();
    const peer = bench.connect();
    bench.pass(4_900, 100);
    assert.equal(peer.closeCode, 0);
    bench.pass(200, 100);
    const [[refusal]] = peer.take() as [[wire.Packet]];
    assert.deepEqual([refusal.type, refusal.seq, refusal.body.toString('hex')], [TYPE.AUTH_ERR, 0, '0202000000000000']);
    assert.equal(peer.closeCode, 4_202);
  });

  it('is closed 0203 when its access token ends', () => {
    const bench = new Bench();
    const peer = bench.ready(bench.desk.issue('brief', bench.nowS + 20));
    bench.pass(19_900, 100);
    assert.equal(peer.closeCode, 0);
    bench.pass(200, 100);
    assertFault(peer, peer.take(), 0x0203, 0, 0, 0);
  });

  it('does not notice that the wall clock steps by an hour, and its token still ends in time', () => {
    const bench = new Bench();
    const peer = bench.ready(bench.desk.issue('brief', bench.nowS + 20));
    const far = bench.ready(bench.login('far'));
    bench.clock.wallMs += 3_600_000;
    bench.pass(2_000, 100);
    assert.deepEqual([peer.closeCode, far.closeCode], [0, 0]);
    bench.clock.wallMs -= 7_200_000;
    bench.pass(17_900, 100);
    assert.equal(peer.closeCode, 0);
    bench.pass(200, 100);
    assert.equal(peer.closeCode, 4_203);
    assert.deepEqual(
      bench.audit.map(({ event, slot, detail }) => [event, slot, detail]),
      [
        ['clock.step', -1, '3600000 ms'],
        ['clock.step', -1, '-7200000 ms'],
      ],
    );
  });

  it('is replaced by a newer one of the same session, which hears first that it stands', () => {
    const bench = new Bench();
    const credential = bench.login();
    const old = bench.ready(credential);
    const young = bench.ready(credential);
    assertFault(old, old.take(), 0x0205, 0, 0, 0);
    old.end();
    assert.deepEqual(types(young.send(young.ping())), [[TYPE.PONG]]);
    assert.equal(bench.count('connections_ready'), 1);
    // The end of the old one left the new one in the index: a third replaces it.
    bench.ready(credential);
    assert.equal(young.closeCode, 4_205);
  });

  it('of a revoked session is told why and closed', () => {
    const bench = new Bench();
    const credentials = [bench.login('a'), bench.login('b'), bench.login('c')];
    const [a, b, c] = credentials.map((credential) => bench.ready(credential));
    const sids = (list: Buffer[]): Uint8Array => new Uint8Array(Buffer.concat(list));
    bench.machine.receive(
      { type: 'revoke', sids: sids([credentials[0]!.sid, wire.fresh(16), credentials[2]!.sid]), code: 0x0204 },
      bench.clock.us,
    );
    assertFault(a!, a!.take(), 0x0204, 0, 0, 0);
    assertFault(c!, c!.take(), 0x0204, 0, 0, 0);
    assert.equal(b!.closeCode, 0);
    bench.machine.receive({ type: 'revoke', sids: sids([credentials[1]!.sid]), code: 0x0205 }, bench.clock.us);
    assertFault(b!, b!.take(), 0x0205, 0, 0, 0);
  });

  it('is refused 0304 when too many are unauthenticated, and let in when they are fewer', () => {
    const bench = new Bench({ maxUnauthenticated: 2 });
    const first = bench.connect();
    bench.connect();
    bench.gateway.open(bench.machine, 10, bench.clock.us);
    const [[refusal]] = bench.gateway.take(10) as [[wire.Packet]];
    assert.deepEqual([refusal.type, refusal.body.readUInt16LE(0)], [TYPE.ERROR, 0x0304]);
    assert.equal(bench.gateway.closeCodes[10], 4_304);
    first.send(first.auth(bench.login()));
    assert.equal(bench.connect().hello.type, TYPE.HELLO);
  });
});

describe('a fault of the server itself', () => {
  it('ends the connection at which it happened with 0501 and no other', () => {
    const bench = new Bench();
    const victim = bench.ready(bench.login('victim'));
    const other = bench.ready(bench.login('other'));
    const { verifyToken } = bench.authenticator;
    bench.authenticator.verifyToken = () => {
      throw new Error('injected');
    };
    const third = bench.connect();
    assertFault(third, third.send(third.auth(bench.login('third'))), 0x0501, TYPE.AUTH, 1, 0);
    bench.authenticator.verifyToken = verifyToken;
    assert.deepEqual(types(victim.send(victim.ping())), [[TYPE.PONG]]);
    assert.deepEqual(types(other.send(other.ping())), [[TYPE.PONG]]);
    assert.equal(bench.count('handler_faults'), 1);
    assert.equal(bench.audit[0]!.event, 'handler.fault');
  });

  it('keeps the answers of the packets that ran before it', () => {
    const bench = new Bench();
    const peer = bench.ready();
    const { unixMs } = bench.clock;
    // The second operation of the message throws where it takes the time.
    let calls = 0;
    bench.clock.nowUs = () => {
      if (++calls === 2) throw new Error('injected');
      return bench.clock.us;
    };
    const answers = peer.send(peer.op(ECHO, Buffer.from('one')), peer.op(ECHO), peer.op(ECHO));
    assert.deepEqual(types(answers), [[TYPE.OP_ACK], [TYPE.ERROR]]);
    assertFault(peer, answers, 0x0501, TYPE.OP, 3, 0);
    bench.clock.unixMs = unixMs;
  });

  it('ends the connection also where it cannot even be told, at its opening, in a message, and at a deadline', () => {
    const bench = new Bench();
    const honest = bench.ready(bench.login('honest'));
    bench.gateway.brokenSlot = 20;
    bench.gateway.open(bench.machine, 20, bench.clock.us);
    assert.equal(bench.gateway.closeCodes[20], 4_501);

    const talker = bench.ready(bench.login('talker'));
    bench.gateway.brokenSlot = talker.slot;
    talker.send(talker.op(ECHO));
    assert.equal(talker.closeCode, 4_501);

    const silent = bench.connect();
    bench.gateway.brokenSlot = silent.slot;
    bench.pass(5_100, 100);
    assert.equal(silent.closeCode, 4_501);
    assert.deepEqual(types(honest.send(honest.ping())), [[TYPE.PONG]]);
    assert.equal(bench.count('handler_faults'), 3);
  });

  it('in one room does not keep the other rooms from their states', () => {
    const bench = new Bench();
    const [one, two] = [bench.ready(bench.login('one')), bench.ready(bench.login('two'))];
    one.send(one.join(1));
    two.send(two.join(2));
    bench.gateway.brokenSlot = one.slot;
    bench.pass(50);
    assert.deepEqual(types(two.take()), [[TYPE.ROOM_STATE]]);
    assert.equal(bench.count('handler_faults'), 1);
  });

  it('is contained in every handler in turn', () => {
    // The Nth call of the MAC table fails, for every N that this conversation reaches (SQLite's loop).
    let reached = true;
    let loops = 0;
    for (let failAt = 1; reached; failAt++) {
      reached = false;
      let calls = 0;
      const armed = { on: false };
      const bench = new Bench({
        macs: failing(128, () => {
          if (!armed.on) return;
          calls++;
          if (calls !== failAt) return;
          reached = true;
          throw new Error('injected');
        }),
      });
      const honest = bench.ready(bench.login('honest'));
      const peer = bench.connect();
      armed.on = true;
      peer.send(peer.auth(bench.login('peer')));
      if (peer.closeCode === 0) peer.send(peer.ping(), peer.opSigned(ECHO, Buffer.from('x')), peer.join(1));
      armed.on = false;
      assert.equal(peer.closeCode, reached ? 4_501 : 0);
      assert.deepEqual(types(honest.send(honest.ping(), honest.op(ECHO))), [[TYPE.PONG, TYPE.OP_ACK]]);
      peer.end();
      honest.end();
      assert.equal(bench.count('connections_ready') + bench.count('connections_closing') + bench.count('seats'), 0);
      loops++;
    }
    assert.equal(loops, 8, 'setKey twice, verify three times, tag twice, then none is left');
  });
});

/** A MAC table that asks `before` at each use of a key. */
function failing(rows: number, before: () => void): MacTable {
  const table = createMacTable(rows);
  return {
    clear: (row) => table.clear(row),
    setKey: (...args) => {
      before();
      table.setKey(...args);
    },
    tag: (...args) => {
      before();
      table.tag(...args);
    },
    verify: (...args) => {
      before();
      return table.verify(...args);
    },
  };
}
