import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { probeUring } from '../../src/uring/probe.js';
import { type TcpGameServer, tcpGameServer } from '../net/tcp-game-server.js';
import { gwrk } from './gwrk-process.js';

let game: TcpGameServer;
before(async () => {
  game = await tcpGameServer();
});
after(() => game.close());

for (const transport of probeUring().available ? ['uring', 'node'] : ['node'])
  test(`scenarios/tcp-game.yaml plays with a server that speaks its packets, over ${transport}`, async () => {
    const before = { ...game.counts };
    const flags = ['-e', `PORT=${game.port}`, '-e', 'CLIENTS=20', '--set', 'scenarios.players.duration=3s', '--no-thresholds'];
    // A second is enough on a machine that has nothing else to do.
    for (const step of ['1.send', '2.loop.steps.0.send']) flags.push('--set', `scenarios.players.flow.${step}.expect.within=20s`);
    const { code, stdout, stderr, report } = await gwrk(['run', 'scenarios/tcp-game.yaml', '--transport', transport, ...flags]);
    assert.ok(code === 0 || code === 111, stderr); // 111: this machine was too busy to keep the plan's time
    assert.deepEqual(report?.errors, []);
    assert.equal(report.transport, transport);
    assert.equal(game.counts.broken, 0);
    const moves = game.counts.moves - before.moves;
    assert.ok(moves > 0);
    assert.equal(report.ledger.ok, moves + 20);
    assert.equal(report.ledger.sent, report.ledger.ok);
    assert.deepEqual(game.names.slice(-20).toSorted()[0], 'player-0');
    assert.deepEqual(
      report.matching.map(({ by }) => by),
      ['order', 'field seq'],
    );
    assert.match(stdout, /framing +length of 2 bytes, little-endian, at 6 of a header of 8 bytes/u);
  });
