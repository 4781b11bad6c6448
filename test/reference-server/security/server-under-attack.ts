import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import { parseServeOptions } from '../../../reference-server/options.js';
import { type Server, startServer } from '../../../reference-server/server.js';
import { systemClock } from '../../../src/core/clock.js';
import { probeUring } from '../../../src/uring/probe.js';
import type { Credential } from '../reference-wire.js';
import { ask, FREE_PORTS, SECRETS } from '../server/http-client.js';

const uring = probeUring();

/** A test on a whole server, once on each gateway. */
export function onEachGateway(name: string, flags: readonly string[], body: (server: Server) => Promise<void>): void {
  for (const kind of ['ws', 'uring'] as const) {
    const skip = kind === 'uring' && !uring.available ? uring.reason : false;
    it(`${name} (${kind})`, { skip }, async () => {
      const argv = [...FREE_PORTS.slice(0, -1), kind, '--proof', 'none', '--max-connections', '1000', '--max-sessions', '1000', ...flags];
      const server = await startServer(parseServeOptions(argv, SECRETS), systemClock);
      try {
        await body(server);
      } finally {
        await server.stop();
      }
    });
  }
}

/** A login as anyone does it. */
export async function login(server: Server, uid: string): Promise<Credential> {
  const dfp = randomBytes(32);
  const answer = await ask(server.httpPort, '/v1/login', { body: JSON.stringify({ uid, dfp: dfp.toString('base64url') }) });
  if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.text}`);
  const { access, secret, sid } = answer.json as Record<string, string>;
  return { uid, token: access!, secret: Buffer.from(secret!, 'base64url'), sid: Buffer.from(sid!, 'base64url'), dfp };
}
