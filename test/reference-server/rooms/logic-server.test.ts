import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { probeUring } from '../../../src/uring/probe.js';
import * as wire from '../reference-wire.js';
import { TYPE } from '../reference-wire.js';
import { ECHO, MOVE, position, TRADE } from '../session/bench.js';
import { enter, logicSeats, until, withServer } from './serving.js';

const uring = probeUring();

const CASES: readonly [kind: 'ws' | 'uring', threads: number, workers: number][] = [
  ['ws', 1, 2],
  ['uring', 1, 1],
  ['uring', 3, 2],
];

for (const [kind, threads, workers] of CASES)
  describe(`${kind}, ${threads} gateway threads, ${workers} logic workers`, {
    skip: kind === 'uring' && !uring.available && uring.reason,
  }, () => {
    const flags = ['--threads', String(threads), '--logic-workers', String(workers)];

    it('players in rooms of every worker join, move, trade, see one another and leave nothing behind', async () => {
      await withServer(kind, flags, async (server) => {
        const clients = await Promise.all(Array.from({ length: 12 }, (_, i) => enter(server, `p${i}`, i % 4)));
        await Promise.all(
          clients.map(async (client, i) => {
            assert.equal((await client.op(MOVE, position(i, -i))).code, 0);
            assert.equal((await client.op(TRADE, wire.fields([4, 1], [4, i + 1]), true)).result.readUInt32LE(0), i + 1);
            await client.beat();
          }),
        );
        // Three players a room: each of them comes to know the values of all three.
        for (const [i, client] of clients.entries()) {
          const want = [i % 4, (i % 4) + 4, (i % 4) + 8].map((n) => n + 1);
          const rows = new Map<number, number>();
          const follow = (): number[] => {
            for (const packet of client.states.splice(0)) {
              const state = wire.roomState(packet);
              if (state.baseTick === 0) rows.clear();
              for (const row of state.rows) rows.set(row.id, row.val);
            }
            return [...rows.values()].sort((a, b) => a - b);
          };
          for (let tries = 0; tries < 3_000 && follow().join() !== want.join(); tries++) {
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
          assert.deepEqual(follow(), want, `player ${i}`);
        }
        const now = await until(server, 'an empty queue', (soon) => soon.get('gwrk_logic_queue_depth{worker="0"}') === 0);
        assert.equal(logicSeats(now, workers), 12);
        assert.equal(now.get('gwrk_seats'), 12);
        assert.equal(now.get('gwrk_logic_queue_refused_total{worker="0"}'), 0);
        assert.ok(now.get('gwrk_logic_queue_high_water{worker="0"}')! > 0);
        assert.ok(now.get('gwrk_logic_tasks_total{worker="0"}')! > 0);
        for (const [i, client] of clients.entries()) {
          if (i % 2 === 0) assert.equal(await client.leave(), 1_000);
          else client.socket.terminate();
        }
        await until(server, 'all seats free', (later) => logicSeats(later, workers) === 0 && later.get('gwrk_seats') === 0);
      });
    });

    it('answers come in the order of the questions, also those of a whole message', async () => {
      await withServer(kind, flags, async (server) => {
        const client = await enter(server, 'player');
        const packets = [wire.join(++client.seq, 1)];
        const want: number[] = [TYPE.JOINED];
        for (let i = 0; i < 4; i++) {
          packets.push(wire.op(++client.seq, MOVE, position(i, i)), wire.op(++client.seq, ECHO, Buffer.from('x')));
          client.opsSent += 2;
          want.push(TYPE.OP_ACK, TYPE.OP_ACK);
        }
        packets.push(wire.ping(client.keys, ++client.seq, ++client.heartbeat, client.opsSent), wire.leave(++client.seq, 1));
        want.push(TYPE.PONG, TYPE.LEFT);
        client.send(...packets);
        // A second message behind it waits its turn too.
        client.send(wire.join(++client.seq, 2), wire.op(++client.seq, MOVE, position(9, 9)));
        want.push(TYPE.JOINED, TYPE.OP_ACK);
        for (const [i, type] of want.entries()) assert.equal((await client.next(type)).seq, i + 2);
        client.socket.terminate();
      });
    });
  });
