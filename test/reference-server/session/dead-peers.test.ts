import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../gateway/gateway-under-test.js';
import { ReferenceClient } from '../reference-client.js';
import * as wire from '../reference-wire.js';
import { TYPE } from '../reference-wire.js';
import { ECHO } from './bench.js';
import { ServerThread } from './server-thread.js';

const PEERS = 30;
const HEARTBEAT_MS = 1_000;
/** Three heartbeats and a second. */
const SILENCE_MS = 3 * HEARTBEAT_MS + 1_000;
const HELD = ['connections_unauthenticated', 'connections_ready', 'connections_leaving', 'connections_closing', 'seats', 'timers'];

describe('peers that fall silent', { concurrency: true }, () => {
  for (const kind of ['ws', 'uring'] as const) {
    it(`are DEAD after three heartbeats, marked and then reclaimed to the last seat, while those who beat live on (${kind})`, async (t) => {
      const server = await ServerThread.start(kind, { heartbeatMs: HEARTBEAT_MS });
      if (typeof server === 'string') return t.skip(server);
      try {
        const enter = async (i: number): Promise<ReferenceClient> => {
          const client = await ReferenceClient.ready(server.port, server.desk.issue(`p${i}`, server.nowS + 900));
          client.send(wire.join(++client.seq, i % 7));
          await client.next(TYPE.JOINED);
          await client.op(ECHO, Buffer.from('x'), i % 5 === 0);
          await client.beat();
          return client;
        };
        const beating = await Promise.all([0, 1, 2, 3].map(enter));
        let isOver = false;
        const beats = beating.map(async (client) => {
          for (; !isOver; await new Promise((resolve) => setTimeout(resolve, HEARTBEAT_MS))) await client.beat();
        });
        const startMs = performance.now();
        const silent = await Promise.all(Array.from({ length: PEERS }, (_, i) => enter(100 + i)));
        // Every third does not read either: a half-open connection, whose close frame nobody will answer.
        for (const [i, client] of silent.entries()) if (i % 3 === 0) client.socket.pause();
        await Promise.all(
          silent.map(async (client, i) => {
            if (i % 3 === 0) return;
            assert.equal((await client.next(TYPE.ERROR)).body.readUInt16LE(0), 0x0503);
            assert.equal(await client.closed, 4_503);
            assert.ok(performance.now() - startMs >= SILENCE_MS, 'none before its time');
          }),
        );
        await eventually('all of them reclaimed', () => server.counters.get('connections_closed') === PEERS);
        assert.equal(server.counters.get('closed_4503'), PEERS);
        assert.equal(server.counters.get('connections_ready'), beating.length);
        assert.equal(server.counters.get('seats'), beating.length);
        isOver = true;
        await Promise.all(beats);
        for (const client of beating) assert.equal(await client.leave(), 1_000);
        await eventually('nothing is left', () => HELD.every((name) => server.counters.get(name) === 0));
        assert.equal(server.counters.get('ledger_faults'), 0);
        assert.equal(server.counters.get('handshakes'), server.counters.get('connections_closed'));
        for (const client of silent) client.socket.terminate();
      } finally {
        await server.stop();
      }
    });
  }
});
