/**
 * The program that `gwrk bench auth` starts to log users in at a fixed rate, whether earlier ones were answered or not:
 * node login-trial.js URL RATE SECONDS FIRST_USER USERS. Each login is of another user. Prints one line of JSON.
 *
 * Latency counts from the moment at which a login was due, so a server that falls behind cannot look fast.
 */
import { Agent, request } from 'node:http';

export interface LoginFigures {
  readonly ok: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const DFP = Buffer.alloc(32, 7).toString('base64url');
const SOCKETS = 64;
const TIMEOUT_MS = 10_000;
/** Logins before the measured ones, at the same rate: code is compiled, connections are made. */
const WARM_UP_S = 1;

const [url = '', rateText = '', secondsText = '', firstText = '', usersText = ''] = process.argv.slice(2);
const [rate, seconds, first, users] = [Number(rateText), Number(secondsText), Number(firstText), Number(usersText)];
const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
const total = Math.round(rate * (seconds + WARM_UP_S));
const warmUp = Math.round(rate * WARM_UP_S);
const tookMs: number[] = [];
let failed = 0;

/** Resolves with the status, 0 when there was no answer. */
function login(uid: string): Promise<number> {
  const body = JSON.stringify({ uid, dfp: DFP });
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  return new Promise((resolve) => {
    const outgoing = request(`${url}/v1/login`, { agent, method: 'POST', headers, timeout: TIMEOUT_MS }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
    outgoing.once('timeout', () => outgoing.destroy());
    outgoing.once('error', () => resolve(0));
    outgoing.end(body);
  });
}

async function one(number: number, dueMs: number): Promise<void> {
  const status = await login(`p${(first + number) % users}`);
  if (number < warmUp) return;
  // A failed login counts with its time as well: the user has waited.
  tookMs.push(performance.now() - dueMs);
  if (status !== 200) failed++;
}

const startMs = performance.now() + 100;
const logins: Promise<void>[] = [];
await new Promise<void>((resolve) => {
  const turn = (): void => {
    for (; logins.length < total; ) {
      const dueMs = startMs + (logins.length * 1_000) / rate;
      if (dueMs > performance.now()) break;
      logins.push(one(logins.length, dueMs));
    }
    if (logins.length === total) resolve();
    else setTimeout(turn, 1);
  };
  turn();
});
await Promise.all(logins);
agent.destroy();
tookMs.sort((a, b) => a - b);
const at = (share: number): number => tookMs[Math.ceil(share * tookMs.length) - 1]!;
const figures: LoginFigures = { ok: tookMs.length - failed, failed, p50Ms: at(0.5), p99Ms: at(0.99) };
process.stdout.write(`${JSON.stringify(figures)}\n`);
