import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { probeUring } from '../../../src/uring/probe.js';
import { eventually } from '../gateway/gateway-under-test.js';
import { ReferenceClient } from '../reference-client.js';
import * as wire from '../reference-wire.js';
import { TYPE } from '../reference-wire.js';
import { signedEcho, ThreadCrew } from './thread-crew.js';

const THREADS = 3;
const uring = probeUring();

describe('several gateway threads', { skip: uring.available ? false : uring.reason }, () => {
  let crew: ThreadCrew;

  before(async () => {
    crew = await ThreadCrew.start(THREADS);
  });

  after(() => crew.pool.stop());

  it('share the connections: the kernel leaves none of them idle', async () => {
    const before = crew.each('handshakes');
    const clients = await Promise.all(Array.from({ length: 300 }, () => ReferenceClient.connect(crew.pool.port)));
    const taken = crew.each('handshakes').map((count, i) => count - before[i]!);
    assert.equal(
      taken.reduce((a, b) => a + b),
      300,
    );
    // 100 each, give or take 8: less than 50 does not happen by chance.
    assert.ok(Math.min(...taken) > 50, taken.join(' '));
    for (const { socket } of clients) socket.terminate();
    await eventually('no connection', () => crew.sum('connections_unauthenticated') === 0);
  });

  it('hand a session over to a newer connection on another thread, which closes the older one 0205', async () => {
    const credential = crew.issue('mover');
    let client = await crew.readyOn(0, credential);
    for (const thread of [1, 2, 0, 0, 2, 1, 0]) {
      const newer = await crew.readyOn(thread, credential);
      assert.equal((await client.next(TYPE.ERROR)).body.readUInt16LE(0), 0x0205);
      assert.equal(await client.closed, 4_205);
      await newer.beat();
      client = newer;
      await eventually('one connection', () => crew.sum('connections_ready') === 1);
    }
    assert.equal(crew.sum('sessions_replaced'), 7);
    assert.equal(await client.leave(), 1_000);
  });

  it('answer an operation that is sent again after a reconnect on another thread with its first answer', async () => {
    const credential = crew.issue('resender');
    const nonce = wire.fresh(8);
    const first = await crew.readyOn(0, credential);
    assert.deepEqual(await signedEcho(first, nonce), { code: 0, flags: 0 });
    first.socket.terminate();
    for (const thread of [1, 2, 0]) {
      const next = await crew.readyOn(thread, credential);
      assert.deepEqual(await signedEcho(next, nonce), { code: 0, flags: 1 });
      next.socket.terminate();
    }
    // The client that takes over from a connection which still stands is told the same.
    const standing = await crew.readyOn(1, credential);
    const other = wire.fresh(8);
    assert.deepEqual(await signedEcho(standing, other), { code: 0, flags: 0 });
    const taker = await crew.readyOn(2, credential);
    assert.deepEqual(await signedEcho(taker, other), { code: 0, flags: 1 });
    assert.equal(crew.sum('nonce_rings'), 1, 'one thread counts what all share');
    taker.socket.terminate();
  });

  it('refuse the sixth critical operation of a user within ten seconds, on whichever threads the five were', async () => {
    const clients = [await crew.readyOn(0, crew.issue('rich')), await crew.readyOn(1, crew.issue('rich'))];
    const codes: number[] = [];
    for (let i = 0; i < 6; i++) codes.push((await signedEcho(clients[i % 2]!, wire.fresh(8))).code);
    assert.deepEqual(codes, [0, 0, 0, 0, 0, 0x0302]);
    const third = await crew.readyOn(2, crew.issue('rich'));
    assert.equal((await signedEcho(third, wire.fresh(8))).code, 0x0302);
    const other = await crew.readyOn(2, crew.issue('another'));
    assert.equal((await signedEcho(other, wire.fresh(8))).code, 0);
    for (const { socket } of [...clients, third, other]) socket.terminate();
  });

  it('close the connections of revoked sessions, wherever they live', async () => {
    const credentials = [0, 1, 2].map((i) => crew.issue(`revoked${i}`));
    const clients: ReferenceClient[] = [];
    for (const [thread, credential] of credentials.entries()) clients.push(await crew.readyOn(thread, credential));
    crew.pool.tell({ type: 'revoke', sids: new Uint8Array(Buffer.concat(credentials.map(({ sid }) => sid))), code: 0x0204 });
    for (const client of clients) {
      assert.equal((await client.next(TYPE.ERROR)).body.readUInt16LE(0), 0x0204);
      assert.equal(await client.closed, 4_204);
    }
  });

  it('agree that one connection of a session stands, after 60 clients raced for 20 of them', async () => {
    const credentials = Array.from({ length: 20 }, (_, i) => crew.issue(`raced${i}`));
    const clients = await Promise.all(
      [...credentials, ...credentials, ...credentials].map((c) => ReferenceClient.ready(crew.pool.port, c)),
    );
    await eventually('one connection a session', () => crew.sum('connections_ready') === 20);
    const standing = clients.filter(({ socket }) => socket.readyState === socket.OPEN);
    await eventually('the others closed', () => standing.filter(({ socket }) => socket.readyState === socket.OPEN).length === 20);
    const survivors = standing.filter(({ socket }) => socket.readyState === socket.OPEN);
    await Promise.all(survivors.map((client) => client.beat()));
    await Promise.all(survivors.map(async (client) => assert.equal(await client.leave(), 1_000)));
    assert.equal(crew.sum('handler_faults'), 0);
    assert.equal(crew.sum('ledger_faults'), 0);
  });

  it('take leave of all clients at a drain, with equal ledgers', async () => {
    const clients: ReferenceClient[] = [];
    for (let thread = 0; thread < THREADS; thread++) clients.push(await crew.readyOn(thread, crew.issue(`last${thread}`)));
    await Promise.all(clients.map((client) => client.op(1, Buffer.from('x'))));
    const drained = crew.pool.drain(10_000);
    await Promise.all(
      clients.map(async (client) => {
        assert.equal((await client.next(TYPE.DISCONNECT)).body.readUInt16LE(0), 0x0502);
        client.send(wire.ackClose(++client.seq, 1, 0, 0, 0), wire.ackClose(++client.seq, 2, 1, 1, client.seq));
        assert.equal((await client.next(TYPE.ACK_CLOSE)).body.readUInt32LE(4), 1);
        client.socket.close(1_000);
        assert.equal(await client.closed, 1_000);
      }),
    );
    await drained;
    assert.equal(crew.sum('ledger_faults'), 0);
    assert.equal(crew.sum('ops_seen'), crew.sum('ops_acked'));
    assert.equal(crew.sum('handshakes'), crew.sum('connections_closed'));
  });
});
