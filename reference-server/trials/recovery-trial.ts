/**
 * Failures, and the time until a player can log in and play again.
 *
 *   node dist/reference-server/trials/recovery-trial.js server|redis|network
 *
 * server: killed with -9 and started again at once, as a supervisor does. redis: the same of the redis-server that holds the sessions. network:
 * server and player in two network namespaces, all segments between them lost for two seconds; time from then on. Prints {"recoveredMs"} as a
 * line of JSON, or {"reason"} where the failure cannot be brought about here.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CODE_OK } from '../../src/protocol/packet.js';
import { CutNetwork, obstacle } from './cut-network.js';
import { ackCode, type Credential, login, Player } from './player.js';
import { RedisChild } from './redis-child.js';
import { ADMIN_TOKEN, ServerChild } from './server-child.js';

const LONGEST_MS = 60_000;
const TRY_EVERY_MS = 10;
const CUT_MS = 2_000;
const PLAY_EVERY_MS = 20;

/** Milliseconds of a clock that all processes of this machine share. */
const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** A login and a signed operation of a new user. */
async function works({ ws, http }: { readonly ws: string; readonly http: string }, uid: string): Promise<void> {
  const player = await Player.enter(ws, await login(http, uid));
  const code = ackCode(await player.ask(player.signedEcho()));
  await player.leave();
  if (code !== CODE_OK) throw new Error(`an echo was answered ${code}`);
}

/** Tries until it works; each try is of another user. */
async function untilWorks(server: { readonly ws: string; readonly http: string }): Promise<void> {
  const endMs = performance.now() + LONGEST_MS;
  for (let attempt = 0; ; attempt++) {
    try {
      return await works(server, `recovered${attempt}`);
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await sleep(TRY_EVERY_MS);
    }
  }
}

const portOf = (url: string): string => new URL(url).port;

async function recoverServer(): Promise<number> {
  const first = await ServerChild.start([]);
  await works(first, 'before');
  const flags = ['--port', portOf(first.ws), '--http-port', portOf(first.http), '--admin-port', portOf(first.admin)];
  const startMs = performance.now();
  await first.kill();
  const second = await ServerChild.start(flags);
  await untilWorks(second);
  const tookMs = performance.now() - startMs;
  await second.stop();
  return tookMs;
}

async function recoverRedis(): Promise<number> {
  const redis = await RedisChild.start();
  const server = await ServerChild.start(['--redis', redis.url]);
  try {
    await works(server, 'before');
    const startMs = performance.now();
    await redis.kill();
    await redis.start();
    await untilWorks(server);
    return performance.now() - startMs;
  } finally {
    await server.stop();
    await redis.close();
  }
}

async function recoverNetwork(): Promise<number> {
  const network = CutNetwork.create();
  try {
    const flags = ['--host', CutNetwork.SERVER_ADDRESS, '--insecure-plaintext'];
    const server = await ServerChild.start(flags, network.inServer);
    try {
      return await playThroughCut(network, server);
    } finally {
      await server.stop();
    }
  } finally {
    network.remove();
  }
}

/** A player beyond the cable prints when each answer came; the first one behind the cut counts. */
async function playThroughCut(network: CutNetwork, { ws, admin }: ServerChild): Promise<number> {
  const self = [process.execPath, fileURLToPath(import.meta.url)];
  // Only callers of its own machine need no proof: the session is made at the admin port, inside the server's namespace.
  const issuer = [...network.inServer, ...self, 'issue', admin];
  const { stdout } = await promisify(execFile)(issuer[0]!, issuer.slice(1), { timeout: LONGEST_MS });
  const words = [...network.inClient, ...self, 'player', ws];
  const player = spawn(words[0]!, words.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  player.stdin.end(stdout);
  const ended = once(player, 'exit');
  const answersMs: number[] = [];
  createInterface({ input: player.stdout }).on('line', (line) => answersMs.push(Number(line)));
  try {
    for (const endMs = monotonicMs() + LONGEST_MS; answersMs.length < 10; await sleep(20)) {
      if (monotonicMs() > endMs || player.exitCode !== null) throw new Error('the player cannot play');
    }
    network.cut();
    await sleep(CUT_MS);
    network.mend();
    const mendedMs = monotonicMs();
    for (;;) {
      const firstMs = answersMs.find((ms) => ms > mendedMs);
      if (firstMs !== undefined) return firstMs - mendedMs;
      if (monotonicMs() > mendedMs + LONGEST_MS || player.exitCode !== null) throw new Error('the player did not recover');
      await sleep(5);
    }
  } finally {
    player.kill('SIGKILL');
    await ended;
  }
}

/** Prints a session for the player, as its login would have answered. */
async function issue(admin: string): Promise<void> {
  const dfp = Buffer.alloc(32, 7).toString('base64url');
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ sessions: [{ uid: 'traveller', dfp }] });
  const answer = await fetch(`${admin}/admin/v1/sessions`, { method: 'POST', headers, body });
  if (answer.status !== 200) throw new Error(`no session: ${answer.status} ${await answer.text()}`);
  const [session] = ((await answer.json()) as { sessions: [{ access: string; secret: string }] }).sessions;
  process.stdout.write(JSON.stringify({ access: session.access, secret: session.secret, dfp }));
}

/** Echoes one after another; comes back with a new connection when one is lost. Ended by a signal. */
async function play(ws: string): Promise<never> {
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  const { access, secret, dfp } = JSON.parse(text) as { access: string; secret: string; dfp: string };
  const bytes = (encoded: string): Uint8Array => new Uint8Array(Buffer.from(encoded, 'base64url'));
  const credential: Credential = { access, secret: bytes(secret), dfp: bytes(dfp) };
  for (;;) {
    try {
      const player = await Player.enter(ws, credential);
      for (;;) {
        if (ackCode(await player.ask(player.echo())) === CODE_OK) process.stdout.write(`${monotonicMs()}\n`);
        await sleep(PLAY_EVERY_MS);
      }
    } catch {
      await sleep(TRY_EVERY_MS);
    }
  }
}

const [what, url = ''] = process.argv.slice(2);
if (what === 'player') await play(url);
if (what === 'issue') {
  await issue(url);
  process.exit(0);
}
const reason = what === 'network' ? obstacle() : undefined;
if (reason === undefined) {
  const recover = { server: recoverServer, redis: recoverRedis, network: recoverNetwork }[what as 'server' | 'redis' | 'network'];
  process.stdout.write(`${JSON.stringify({ recoveredMs: await recover() })}\n`);
} else process.stdout.write(`${JSON.stringify({ reason })}\n`);
process.exit(0); // kept connections
