/**
 * A room of 1,000 players of whom MOVERS (all) move 20 times a second, at 20 ticks a second: how long after its tick was due each state was whole at
 * each player. With the rooms in the gateway thread, and with a logic worker.
 *
 *   node dist/benchmarks/broadcast.js [--players 1000] [--movers 1000] [--seconds 4] [--small]
 *
 * Each tick is a state of 16 bytes a mover for every player: 16 MB a tick, 320 MB a second when all 1,000 move. The server runs on one core, the
 * players on another; with a logic worker, server and worker share one.
 */
import { parseArgs } from 'node:util';
import { createTransport } from '../src/net/create-transport.js';
import { probeUring } from '../src/uring/probe.js';
import { type Credential, RoomCrowd } from './broadcast/room-crowd.js';
import { line, type RunningServer, startServer } from './gwrk.js';

const { values } = parseArgs({
  options: {
    players: { type: 'string', default: '1000' },
    movers: { type: 'string' },
    seconds: { type: 'string', default: '4' },
    small: { type: 'boolean', default: false },
  },
});
const players = values.small ? 50 : Number(values.players);
const movers = Math.min(players, Number(values.movers ?? players));
const seconds = values.small ? 1 : Number(values.seconds);
const TICK_MS = 50;
const dfp = new Uint8Array(32).fill(7);

for (const workers of [0, 1]) {
  const server = await startServer(['--room-tick', `${TICK_MS}ms`, '--logic-workers', String(workers), '--max-connections', '8192']);
  try {
    const where = workers === 0 ? 'rooms in the gateway thread' : 'rooms with a logic worker';
    const target = new URL(server.ws);
    const transport = await createTransport(probeUring().available ? 'uring' : 'node', {
      capacity: players,
      targets: [{ address: target.hostname, family: 4, port: Number(target.port) }],
      sources: [],
    });
    const crowd = new RoomCrowd({
      transport,
      host: target.host,
      credentials: await logIn(server.admin, server.env.GWRK_ADMIN_TOKEN!),
      dfp,
      moveEveryUs: TICK_MS * 1_000,
      movers,
      runUs: seconds * 1e6,
    });
    const before = await cpuSeconds(server);
    const ownBefore = process.cpuUsage();
    const { delaysUs, stateBytes, moves, acks, refused } = await crowd.run();
    const own = process.cpuUsage(ownBefore);
    const ticks = 20 * (seconds + 1);
    const serverMs = ((await cpuSeconds(server)) - before) * 1_000;
    const at = (quantile: number): string => `${(delaysUs[Math.floor(delaysUs.length * quantile)]! / 1_000).toFixed(1)} ms`;
    line(`${where}: states delivered`, delaysUs.length.toLocaleString('en'), `of ${(players * seconds * 20).toLocaleString('en')}`);
    line(`${where}: megabytes of states a second`, (stateBytes / 1e6 / seconds).toFixed(0));
    line(`${where}: delivery P50`, at(0.5));
    line(`${where}: delivery P99`, at(0.99), 'must 20 ms');
    line(
      `${where}: CPU a tick, server and players`,
      `${(serverMs / ticks).toFixed(1)}, ${((own.user + own.system) / 1_000 / ticks).toFixed(1)} ms`,
      'of 50 ms each',
    );
    line(`${where}: moves, answered, refused`, `${moves}, ${acks}, ${refused}`);
  } finally {
    await server.stop();
  }
}

/** CPU that the server has used, all its threads. */
async function cpuSeconds(server: RunningServer): Promise<number> {
  const answer = await fetch(`${server.admin}/admin/v1/stats`, {
    // A connection that was kept may have been closed by the server meanwhile.
    headers: { authorization: `Bearer ${server.env.GWRK_ADMIN_TOKEN}`, connection: 'close' },
  });
  return ((await answer.json()) as { cpuSeconds: number }).cpuSeconds;
}

async function logIn(admin: string, token: string): Promise<readonly Credential[]> {
  const sessions = Array.from({ length: players }, (_, n) => ({ uid: `p${n}`, dfp: Buffer.from(dfp).toString('base64url') }));
  const answer = await fetch(`${admin}/admin/v1/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ sessions }),
  });
  return ((await answer.json()) as { sessions: Credential[] }).sessions;
}
