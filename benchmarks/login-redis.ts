/**
 * node dist/benchmarks/login-redis.js [--small]: POST /v1/login with sessions in Redis. First as many logins as the server takes on
 * one core, then 1,000 a second in an open model: a login is due at its time whether earlier ones were answered or not, and its
 * latency counts from then. The server has one core; Redis and this load generator have the other. Needs redis-server.
 */
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { RedisServer } from '../test/reference-server/redis/redis-server.js';
import { CLIENT_CORE, line, startServer } from './gwrk.js';
import { LoginConnection } from './login-connection.js';

const small = process.argv.includes('--small');
const CONNECTIONS = small ? 8 : 64;
const WARM_UP_LOGINS = small ? 200 : 20_000;
const LOGINS = small ? 500 : 60_000;
const OPEN_RATE = small ? 200 : 1_000;
const OPEN_S = small ? 1 : 20;
/** Ten seconds in all, in which Redis must have come back. */
const [RETRY_MS, MOST_TRIES] = [50, 200];

// All threads of this process, and with them Redis, which it starts.
spawnSync('taskset', ['-a', '-cp', String(CLIENT_CORE), String(process.pid)], { stdio: 'ignore' });
const redis = await RedisServer.start();
const server = await startServer(['--gateway', 'ws', '--proof', 'none', '--redis', redis.url]);
const connections: LoginConnection[] = [];
let users = 0;
let refusals = 0;

/**
 * Until the user is in. A machine that stands still for longer than the quarter of a second that Redis has makes the server
 * refuse: that is counted, and told with the figures that it is part of.
 */
async function login(connection: LoginConnection): Promise<void> {
  const uid = `u${users++}`;
  for (let tries = 1; !(await connection.login(uid)); tries++) {
    refusals++;
    if (tries === MOST_TRIES) throw new Error(`${uid} was refused ${tries} times`);
    await sleep(RETRY_MS);
  }
}

/** CPU seconds that the server has used. */
async function cpuSeconds(): Promise<number> {
  const headers = { authorization: `Bearer ${server.env.GWRK_ADMIN_TOKEN}` };
  const stats = await fetch(`${server.admin}/admin/v1/stats`, { headers });
  return ((await stats.json()) as { cpuSeconds: number }).cpuSeconds;
}

/** `count` logins, each connection one after another. */
async function closedLoop(count: number): Promise<void> {
  let left = count;
  const drive = async (connection: LoginConnection): Promise<void> => {
    while (left-- > 0) await login(connection);
  };
  await Promise.all(connections.map(drive));
}

/** Latencies in milliseconds from the moment at which each login was due. */
async function openLoop(rate: number, seconds: number): Promise<number[]> {
  const latenciesMs: number[] = [];
  const total = rate * seconds;
  const startMs = performance.now() + 50;
  const logins: Promise<void>[] = [];
  const loginDue = async (dueMs: number): Promise<void> => {
    await login(connections[users % connections.length]!);
    latenciesMs.push(performance.now() - dueMs);
  };
  await new Promise<void>((resolve) => {
    const turn = (): void => {
      while (logins.length < total && startMs + (logins.length * 1_000) / rate <= performance.now()) {
        logins.push(loginDue(startMs + (logins.length * 1_000) / rate));
      }
      if (logins.length === total) resolve();
      else setTimeout(turn, 1);
    };
    turn();
  });
  await Promise.all(logins);
  return latenciesMs.sort((a, b) => a - b);
}

try {
  for (let i = 0; i < CONNECTIONS; i++) connections.push(await LoginConnection.open(new URL(server.http)));
  await closedLoop(WARM_UP_LOGINS);
  const cpuBefore = await cpuSeconds();
  const startMs = performance.now();
  await closedLoop(LOGINS);
  const seconds = (performance.now() - startMs) / 1_000;
  const cpuUs = ((await cpuSeconds()) - cpuBefore) * (1e6 / LOGINS);
  line(`logins through Redis, ${CONNECTIONS} connections, server on one core`, `${Math.round(LOGINS / seconds)} /s`, 'must: >= 5000 /s');
  line('server CPU a login', `${cpuUs.toFixed(0)} us`);
  const latenciesMs = await openLoop(OPEN_RATE, OPEN_S);
  const quantile = (q: number): string =>
    `${latenciesMs[Math.min(latenciesMs.length - 1, Math.floor(q * latenciesMs.length))]!.toFixed(2)} ms`;
  line(`${OPEN_RATE} logins/s, open model: P50`, quantile(0.5));
  line(`${OPEN_RATE} logins/s, open model: P99`, quantile(0.99), 'must: <= 38 ms at 1000 /s');
  line(`${OPEN_RATE} logins/s, open model: longest`, quantile(1));
  line('refused because Redis had no answer in time', `${refusals}`);
} finally {
  for (const connection of connections) connection.close();
  await server.stop();
  await redis.close();
}
