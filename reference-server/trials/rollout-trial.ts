/**
 * New rules for several servers: a rolling restart with a new file, and a staged push: one server first, which must say that the rules are in
 * force and still run operations, then all others at once.
 *
 *   node dist/reference-server/trials/rollout-trial.js SERVERS RULES RESTARTS PUSHES
 *
 * prints one line of JSON: how long each roll-out took until the rules were in force everywhere.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CODE_OK } from '../../src/protocol/packet.js';
import { ackCode, login, Player } from './player.js';
import { askRules } from './rule-sources.js';
import { ServerChild } from './server-child.js';

export interface RolloutFigures {
  readonly restartMs: readonly number[];
  readonly stagedMs: readonly number[];
}

const [serverCount = 0, ruleCount = 0, restarts = 0, pushes = 0] = process.argv.slice(2).map(Number);

/** Rules of as many resources; the version is in each of them. */
function rulesOf(version: number): string {
  return JSON.stringify(
    Array.from({ length: ruleCount }, (_, n) => ({
      id: `v${version}-${n}`,
      resource: n === 0 ? 'op:echo' : `op:own${n}`,
      threshold: 100_000 + version,
    })),
  );
}

/** A login and an operation, as a player would. */
async function works({ ws, http }: ServerChild, uid: string): Promise<void> {
  const player = await Player.enter(ws, await login(http, uid));
  const code = ackCode(await player.ask(player.echo()));
  await player.leave();
  if (code !== CODE_OK) throw new Error(`an echo was answered ${code}`);
}

const inForce = async (server: ServerChild, version: number): Promise<void> => {
  const { versionAtThreads } = await askRules(server.admin);
  if (versionAtThreads < version) throw new Error(`version ${versionAtThreads} is in force, not ${version}`);
};

const directory = mkdtempSync(join(tmpdir(), 'gwrk-trial-rollout-'));
const path = join(directory, 'rules.json');
let servers: ServerChild[] = [];
try {
  writeFileSync(path, rulesOf(0));
  servers = await Promise.all(Array.from({ length: serverCount }, () => ServerChild.start(['--rules', path])));
  const restartMs: number[] = [];
  for (let round = 1; round <= restarts; round++) {
    const startMs = performance.now();
    writeFileSync(path, rulesOf(round));
    for (const [place, server] of servers.entries()) {
      await server.stop();
      servers[place] = await ServerChild.start(['--rules', path]);
      await inForce(servers[place], 1);
      await works(servers[place], `restart${round}`);
    }
    restartMs.push(performance.now() - startMs);
  }
  await Promise.all(servers.map((server) => server.stop()));
  servers = await Promise.all(Array.from({ length: serverCount }, () => ServerChild.start([])));
  const stagedMs: number[] = [];
  for (let round = 0; round <= pushes; round++) {
    const [canary, ...others] = servers as [ServerChild, ...ServerChild[]];
    const rules = rulesOf(1_000 + round);
    const startMs = performance.now();
    const { version } = await askRules(canary.admin, rules);
    await inForce(canary, version);
    await works(canary, `push${round}`);
    await Promise.all(others.map(async (server) => inForce(server, (await askRules(server.admin, rules)).version)));
    // The first one runs code for the first time everywhere and is not counted.
    if (round > 0) stagedMs.push(performance.now() - startMs);
  }
  process.stdout.write(`${JSON.stringify({ restartMs, stagedMs } satisfies RolloutFigures)}\n`);
} finally {
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(directory, { recursive: true, force: true });
}
process.exit(0); // kept connections
