import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe } from 'node:test';
import { clientFrame, RawPeer, upgradeRequest } from '../gateway/gateway-under-test.js';
import { ReferenceClient } from '../reference-client.js';
import * as wire from '../reference-wire.js';
import { TYPE } from '../reference-wire.js';
import { ask, BEARER } from '../server/http-client.js';
import { login, onEachGateway } from './server-under-attack.js';

const FRAGMENTS = 16_000;
const FRAGMENT_ATTACKERS = 100;
const PACKETS_A_SECOND = 200;
/** Ten times what a connection may send in a second, at once. */
const FLOOD_PACKETS = 10 * PACKETS_A_SECOND;

describe('attackers that send too much', () => {
  onEachGateway(
    `${FRAGMENT_ATTACKERS} messages in ${FRAGMENTS} tiny fragments are closed 1008 and cost no memory (S3)`,
    [],
    async (server) => {
      const rss = async (): Promise<number> =>
        (await ask(server.adminPort, '/admin/v1/stats', { headers: BEARER })).json.rssBytes as number;
      const first = clientFrame(0x02, 'x');
      const piece = clientFrame(0x00, 'x');
      const attack = Buffer.concat([first, ...new Array<Buffer>(FRAGMENTS).fill(piece)]);
      const before = await rss();
      let worst = before;
      for (let i = 0; i < FRAGMENT_ATTACKERS; i += 20) {
        const peers = await Promise.all(
          Array.from({ length: 20 }, async () => {
            const socket = connect(server.wsPort, '127.0.0.1');
            const peer = new RawPeer(socket);
            peer.write(upgradeRequest());
            peer.write(attack);
            return peer;
          }),
        );
        // A close frame of two bytes, the code. The attackers do not answer it, which is waited for two seconds.
        const frame = Buffer.from([0x88, 2, 0x03, 0xf0]);
        const answers = await Promise.all(peers.map((peer) => peer.until((bytes) => bytes.includes(frame))));
        worst = Math.max(worst, await rss());
        for (const bytes of answers) assert.ok(bytes.includes(frame), 'closed 1008');
        for (const { socket } of peers) socket.destroy();
      }
      // Kept, these fragments would be 1.8 MB an attacker; the process that runs this test is in the figure, too.
      assert.ok(worst - before < 80e6, `${((worst - before) / 1e6).toFixed(1)} MB more`);
    },
  );

  onEachGateway('two of twenty that flood tenfold cost the others not one answer (S12)', [], async (server) => {
    const clients = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => ReferenceClient.ready(server.wsPort, await login(server, `p${i}`))),
    );
    const flooders = clients.slice(0, 2);
    const startMs = performance.now();
    for (const flooder of flooders) {
      for (let i = 0; i < FLOOD_PACKETS; i += 16) {
        flooder.send(...Array.from({ length: 16 }, () => wire.op(++flooder.seq, 1, Buffer.from('flood'))));
      }
    }
    const codes = await Promise.all(
      clients.slice(2).map(async (client) => {
        const own: number[] = [];
        for (let i = 0; i < 20; i++) own.push((await client.op(1, Buffer.from(`${i}`))).code);
        await client.beat();
        return own;
      }),
    );
    assert.deepEqual([...new Set(codes.flat())], [0]);
    for (const flooder of flooders) {
      const answers: number[] = [];
      for (let i = 0; i < FLOOD_PACKETS; i++) answers.push(wire.opAck(await flooder.next(TYPE.OP_ACK)).code);
      const passed = answers.filter((code) => code === 0).length;
      // What it may at once, and what it may in each second that a slow machine took over this.
      const allowed = PACKETS_A_SECOND * (1 + (performance.now() - startMs) / 1_000) + 1;
      assert.ok(passed >= PACKETS_A_SECOND && passed <= allowed, `${passed} of the flood were let through`);
      assert.equal(answers.filter((code) => code === 0x0301).length, FLOOD_PACKETS - passed, 'each of the others is told');
    }
    for (const client of clients) client.socket.terminate();
  });
});
