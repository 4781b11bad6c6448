import assert from 'node:assert/strict';
import { it } from 'node:test';
import { eventually } from '../gateway/gateway-under-test.js';
import { ReferenceClient } from '../reference-client.js';
import * as wire from '../reference-wire.js';
import { TYPE } from '../reference-wire.js';
import { ECHO, MOVE, position, TRADE } from './bench.js';
import { ServerThread } from './server-thread.js';

const HELD = ['connections_unauthenticated', 'connections_ready', 'connections_leaving', 'connections_closing', 'seats', 'timers'] as const;

/** What the whole gateway thread must do over real sockets; each gateway runs it in a test file of its own. */
export function testServerThread(kind: 'ws' | 'uring'): void {
  const check = (name: string, changes: Parameters<typeof ServerThread.start>[1], body: (server: ServerThread) => Promise<void>): void => {
    it(`${name} (${kind})`, async (t) => {
      const server = await ServerThread.start(kind, changes);
      if (typeof server === 'string') return t.skip(server);
      try {
        await body(server);
      } finally {
        await server.stop();
      }
    });
  };

  check('a client written from the specification alone passes every exchange', {}, async (server) => {
    const client = await ReferenceClient.ready(server.port, server.desk.issue('player', server.nowS + 900));
    await client.beat();
    assert.equal((await client.op(ECHO, Buffer.from('hello'))).result.toString(), 'hello');
    client.send(wire.join(++client.seq, 7));
    const joined = await client.next(TYPE.JOINED);
    assert.equal(joined.body.readUInt32LE(0), 7);
    assert.equal((await client.op(MOVE, position(-5, 9))).code, 0);
    assert.equal((await client.op(TRADE, wire.fields([4, 1], [4, 30]), true)).code, 0);
    await eventually('the move in a state', () => client.states.some((state) => wire.roomState(state).rows[0]?.val === 30));
    const { rows, seq, tick } = wire.roomState(client.states.at(-1)!);
    assert.deepEqual([rows, seq], [[{ id: 0, flags: 0, x: -5, y: 9, val: 30 }], tick]);
    await client.beat();
    assert.equal(await client.leave(), 1_000);
    assert.ok(await server.stop());
  });

  check('2,000 connections three times over leave nothing behind', {}, async (server) => {
    const rings = new Set<number>();
    for (let round = 1; round <= 3; round++) {
      const clients: ReferenceClient[] = [];
      // Those that never authenticate come last: they are closed after five seconds.
      for (let i = 0; i < 2_000; i += 100) {
        clients.push(...(await Promise.all(Array.from({ length: 100 }, (_, j) => enter(server, i + j, i < 1_000)))));
      }
      assert.equal(server.counters.get('connections_ready'), 1_000);
      assert.equal(server.counters.get('connections_unauthenticated'), 1_000);
      const ends = clients.map((client, i) => end(client, i, i < 1_000));
      await Promise.all(ends);
      await eventually('every slot free', () => HELD.every((name) => server.counters.get(name) === 0));
      assert.equal(server.counters.get('handshakes'), 2_000 * round);
      assert.equal(server.counters.get('connections_closed'), 2_000 * round);
      assert.equal(server.counters.get('ops_seen'), server.counters.get('ops_acked'));
      rings.add(server.counters.get('nonce_rings'));
    }
    assert.equal(server.counters.get('ledger_faults'), 0);
    assert.equal(server.counters.get('mac_failures'), 0);
    assert.equal(server.counters.get('handler_faults'), 0);
    // Every session signs from the same uid and sid again: the rings are found, not made anew.
    assert.equal(rings.size, 1);
  });

  check('a drain asks every client, waits for it, and ends the thread', {}, async (server) => {
    const clients = await Promise.all(
      [0, 1, 2, 3].map((i) => ReferenceClient.ready(server.port, server.desk.issue(`p${i}`, server.nowS + 900))),
    );
    await Promise.all(clients.map((client) => client.op(ECHO, Buffer.from('x'))));
    server.drain();
    await Promise.all(
      clients.map(async (client) => {
        const asked = await client.next(TYPE.DISCONNECT);
        assert.equal(asked.body.readUInt16LE(0), 0x0502);
        client.send(wire.ackClose(++client.seq, 1, 0, 0, 0));
        client.send(wire.ackClose(++client.seq, 2, 1, 1, client.seq));
        const ours = await client.next(TYPE.ACK_CLOSE);
        assert.deepEqual([ours.body[0], ours.body.readUInt32LE(4)], [2, 1]);
        client.socket.close(1_000);
        assert.equal(await client.closed, 1_000);
      }),
    );
    assert.ok(await server.hasExited());
    assert.equal(server.messages.at(-1)!.type, 'drained');
    assert.equal(server.counters.get('ledger_faults'), 0);
  });

  check('a revocation closes the live socket', {}, async (server) => {
    const credential = server.desk.issue('player', server.nowS + 900);
    const client = await ReferenceClient.ready(server.port, credential);
    server.post({ type: 'revoke', sids: new Uint8Array(credential.sid), code: 0x0204 });
    assert.equal((await client.next(TYPE.ERROR)).body.readUInt16LE(0), 0x0204);
    assert.equal(await client.closed, 4_204);
  });

  check('faults reach the main thread as audit events', {}, async (server) => {
    const client = await ReferenceClient.ready(server.port, server.desk.issue('player', server.nowS + 900));
    const ping = wire.ping(client.keys, ++client.seq, 1, 0);
    ping[35]! ^= 1;
    client.send(ping);
    assert.equal(await client.closed, 4_206);
    await eventually('the event', () => server.messages.some((message) => message.type === 'audit' && message.event === 'mac.bad'));
  });

  check('garbage collections of a thread that never turns its event loop are counted', { echo: true }, async (server) => {
    const { WebSocket } = await import('ws');
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/v1/ws`, { perMessageDeflate: false });
    await new Promise((resolve) => socket.once('open', resolve));
    // Large messages make a gateway allocate, whatever its kind.
    for (let i = 0; i < 12; i++) {
      socket.send(Buffer.alloc(4 * 1_048_576));
      await new Promise((resolve) => socket.once('message', resolve));
    }
    socket.terminate();
    await server.stop();
    assert.ok(server.counters.get('gc_count') > 0);
    assert.ok(server.counters.get('gc_ms') > 0);
  });

  /** A client that never authenticates, or one of three kinds that do a little of everything. */
  async function enter(server: ServerThread, i: number, isPlayer: boolean): Promise<ReferenceClient> {
    if (!isPlayer) return ReferenceClient.connect(server.port);
    // The same sid in every round, so that what sessions keep does not grow.
    const sid = Buffer.alloc(16, i >>> 8);
    sid.writeUInt32LE((i * 2_654_435_761) % 4_294_967_296);
    const client = await ReferenceClient.ready(server.port, server.desk.issue(`p${i}`, server.nowS + 900, { sid }));
    if (i % 4 >= 2) {
      client.send(wire.join(++client.seq, i % 100));
      await client.next(TYPE.JOINED);
      await client.op(MOVE, position(i, -i));
    }
    if (i % 16 === 3) await client.op(ECHO, Buffer.from(`${i}`), true);
    await client.beat();
    return client;
  }

  async function end(client: ReferenceClient, i: number, isPlayer: boolean): Promise<void> {
    if (isPlayer && i % 4 === 3) assert.equal(await client.leave(), 1_000);
    else if (i % 8 === 2) client.socket.close(1_000);
    else client.socket.terminate();
    await client.closed;
  }
}
