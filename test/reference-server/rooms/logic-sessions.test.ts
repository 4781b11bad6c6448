import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { probeUring } from '../../../src/uring/probe.js';
import { ReferenceClient } from '../reference-client.js';
import * as wire from '../reference-wire.js';
import { TYPE } from '../reference-wire.js';
import { ask, BEARER } from '../server/http-client.js';
import { MOVE, position, TRADE } from '../session/bench.js';
import { enter, logIn, logicSeats, until, withServer } from './serving.js';

const uring = probeUring();

describe('a session that goes on in another gateway thread', { skip: !uring.available && uring.reason }, () => {
  it('keeps its seat when it asks for it, wherever the kernel puts its connection', async () => {
    await withServer('uring', ['--threads', '3', '--logic-workers', '2'], async (server) => {
      const credential = await logIn(server, 'p');
      let older = await ReferenceClient.ready(server.wsPort, credential);
      older.send(wire.join(++older.seq, 7));
      await older.next(TYPE.JOINED);
      let traded = 0;
      for (let round = 1; round <= 8; round++) {
        const newer = await ReferenceClient.connect(server.wsPort);
        const cnonce = wire.fresh(16);
        newer.keys = wire.connectionKeys(credential.secret, newer.snonce, cnonce);
        newer.send(wire.auth(newer.keys, ++newer.seq, credential, newer.snonce, cnonce, { flags: 1 }));
        const ok = await newer.next(TYPE.AUTH_OK);
        assert.equal(ok.body.readUInt32LE(24), 1, `seat kept, round ${round}`);
        if (round <= 4) {
          traded += round;
          const { code, result } = await newer.op(TRADE, wire.fields([4, 1], [4, round]), true);
          assert.deepEqual([code, code === 0 && result.readUInt32LE(0)], [0, traded]);
        } else assert.equal((await newer.op(MOVE, position(round, 0))).code, 0);
        assert.equal(await older.closed, 4_205);
        older = newer;
      }
      older.socket.terminate();
      await until(server, 'the seat is free', (now) => logicSeats(now, 2) === 0 && now.get('gwrk_seats') === 0);
    });
  });
});

describe('the limits of rooms', () => {
  for (const workers of [0, 1])
    it(`are replaced while the server runs and hold at once, with ${workers} logic workers`, async () => {
      await withServer('ws', ['--logic-workers', String(workers)], async (server) => {
        const put = (body: unknown) =>
          ask(server.adminPort, '/admin/v1/limits', { method: 'PUT', headers: BEARER, body: JSON.stringify(body) });
        const before = await ask(server.adminPort, '/admin/v1/limits', { headers: BEARER });
        assert.deepEqual(before.json, {
          version: 1,
          roomSeats: 4_094,
          slowBytes: 262_144,
          lostBytes: 1_048_576,
          lostMs: 10_000,
          queuedTasks: 1_024,
        });
        assert.equal((await put({ roomSeats: 1 })).json.version, 2);
        await enter(server, 'first', 3);
        const second = await enter(server, 'second');
        second.send(wire.join(++second.seq, 3));
        assert.equal((await second.next(TYPE.JOINED)).body.readUInt16LE(14), 0x0402);
        for (const bad of [{ roomSeats: 0 }, { roomSeats: 4_095 }, { slowBytes: 2_000_000 }, { seats: 1 }, [], 7, { lostMs: '9' }]) {
          assert.equal((await put(bad)).status, 400, JSON.stringify(bad));
        }
        assert.equal((await put({ slowBytes: 100_000, lostBytes: 200_000 })).json.lostBytes, 200_000);
        assert.equal((await ask(server.adminPort, '/admin/v1/limits')).status, 401);
      });
    });
});
