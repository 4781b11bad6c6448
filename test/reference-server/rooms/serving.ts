import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { parseServeOptions } from '../../../reference-server/options.js';
import { type Server, startServer } from '../../../reference-server/server.js';
import { systemClock } from '../../../src/core/clock.js';
import { ReferenceClient } from '../reference-client.js';
import * as wire from '../reference-wire.js';
import { TYPE } from '../reference-wire.js';
import { ask, FREE_PORTS, SECRETS } from '../server/http-client.js';

/** A server with these flags; `use` gets it and a way to log in. */
export async function withServer(kind: string, flags: readonly string[], use: (server: Server) => Promise<void>): Promise<void> {
  const argv = [...FREE_PORTS.slice(0, -1), kind, '--proof', 'none', '--room-tick', '20ms', '--max-connections', '1000', ...flags];
  const server = await startServer(parseServeOptions(argv, SECRETS), systemClock);
  try {
    await use(server);
  } finally {
    await server.stop();
  }
}

export async function logIn(server: Server, uid: string): Promise<wire.Credential> {
  const dfp = randomBytes(32);
  const answer = await ask(server.httpPort, '/v1/login', { body: JSON.stringify({ uid, dfp: dfp.toString('base64url') }) });
  const { access, sid, secret } = answer.json as Record<string, string>;
  return { uid, token: access!, sid: Buffer.from(sid!, 'base64url'), secret: Buffer.from(secret!, 'base64url'), dfp };
}

/** An authenticated connection, in a room if one is given. */
export async function enter(server: Server, uid: string, room?: number): Promise<ReferenceClient> {
  const client = await ReferenceClient.ready(server.wsPort, await logIn(server, uid));
  if (room === undefined) return client;
  client.send(wire.join(++client.seq, room));
  assert.equal((await client.next(TYPE.JOINED)).body.readUInt16LE(14), 0);
  return client;
}

export async function metrics(server: Server): Promise<Map<string, number>> {
  const { text } = await ask(server.adminPort, '/metrics');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

/** Waits until the metrics say so; a minute at most. */
export async function until(server: Server, what: string, holds: (now: Map<string, number>) => boolean): Promise<Map<string, number>> {
  for (let tries = 0; ; tries++) {
    const now = await metrics(server);
    if (holds(now)) return now;
    assert.ok(tries < 3_000, `${what}: ${[...now].filter(([name]) => /logic|seats/.test(name)).join('; ')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const logicSeats = (now: Map<string, number>, workers: number): number =>
  Array.from({ length: workers }, (_, worker) => now.get(`gwrk_logic_seats{worker="${worker}"}`)!).reduce((a, b) => a + b, 0);
