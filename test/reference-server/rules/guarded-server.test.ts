import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseServeOptions } from '../../../reference-server/options.js';
import { type Server, startServer } from '../../../reference-server/server.js';
import { systemClock } from '../../../src/core/clock.js';
import { probeUring } from '../../../src/uring/probe.js';
import { ReferenceClient } from '../reference-client.js';
import * as wire from '../reference-wire.js';
import { ask, BEARER, FREE_PORTS, SECRETS } from '../server/http-client.js';
import { TRADE } from '../session/bench.js';

const uring = probeUring();
const DFP = randomBytes(32);
const BREAKER_OPEN = 0x0305;

const login = (server: Server, uid: string) =>
  ask(server.httpPort, '/v1/login', { body: JSON.stringify({ uid, dfp: DFP.toString('base64url') }) });

async function put(server: Server, rules: object): Promise<void> {
  const headers = { ...BEARER, 'if-match': '*' };
  const answer = await ask(server.adminPort, '/admin/rules', { method: 'PUT', headers, body: JSON.stringify(rules) });
  assert.equal(answer.status, 200, answer.text);
  const { version } = answer.json as { version: number };
  await until(async () => (await ask(server.adminPort, '/admin/rules', { headers: BEARER })).json.versionAtThreads === version);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let i = 0; !(await holds()); i++) {
    assert.ok(i < 1_200, 'it did not come about within a minute');
    await sleep(50);
  }
}

/** The values of a metric by its labels: {'resource="login",thread="main"': 3}. */
async function metric(server: Server, name: string): Promise<Record<string, number>> {
  const { text } = await ask(server.adminPort, '/metrics');
  const lines = text.matchAll(new RegExp(`^${name}\\{(.*)\\} (\\S+)$`, 'gmu'));
  return Object.fromEntries([...lines].map(([, labels, value]) => [labels, Number(value)]));
}

async function withServer(flags: readonly string[], use: (server: Server) => Promise<void>): Promise<void> {
  const argv = [...FREE_PORTS, '--proof', 'none', '--max-connections', '100', '--max-sessions', '100', ...flags];
  const server = await startServer(parseServeOptions(argv, SECRETS), systemClock);
  try {
    await use(server);
  } finally {
    await server.stop();
  }
}

describe('on a server', { concurrency: true }, () => {
  it('a flow rule on login refuses the n+1st with 503, 0305 and Retry-After, until the rule is gone', async () => {
    await withServer([], async (server) => {
      await put(server, { flow: [{ resource: 'login', threshold: 3, statIntervalInMs: 600_000 }] });
      for (let i = 0; i < 3; i++) assert.equal((await login(server, `p${i}`)).status, 200);
      const refused = await login(server, 'p3');
      assert.equal(refused.status, 503);
      assert.deepEqual(refused.json, { error: 'BREAKER_OPEN', code: '0305' });
      assert.equal(refused.headers['retry-after'], '1');
      assert.deepEqual(await metric(server, 'gwrk_guard_passes_total'), { 'resource="login",thread="main"': 3 });
      assert.deepEqual(await metric(server, 'gwrk_guard_refusals_total'), {
        'resource="login",by="breaker",thread="main"': 0,
        'resource="login",by="flow",thread="main"': 1,
      });
      await put(server, []);
      assert.equal((await login(server, 'p3')).status, 200);
    });
  });

  it('the breaker of login says when to come again', async () => {
    await withServer([], async (server) => {
      // Every login takes some time, so with no time allowed every one is slow.
      const rule = { resource: 'login', strategy: 0, maxAllowedRtMs: 0, threshold: 1, minRequestAmount: 2, statIntervalMs: 10_000 };
      await put(server, [{ ...rule, retryTimeoutMs: 40_000 }]);
      for (let i = 0; i < 2; i++) assert.equal((await login(server, `p${i}`)).status, 200);
      const refused = await login(server, 'p2');
      assert.equal(refused.status, 503);
      const retryAfterS = Number(refused.headers['retry-after']);
      assert.ok(retryAfterS > 20 && retryAfterS <= 40, String(retryAfterS));
      assert.deepEqual(await metric(server, 'gwrk_breaker_state'), { 'resource="login",rule="0",thread="main"': 1 });
      assert.equal((await metric(server, 'gwrk_audit_events_total'))['event="breaker"'], 1);
    });
  });

  for (const flags of [
    ['--gateway', 'ws'],
    ['--gateway', 'uring'],
    ['--gateway', 'uring', '--logic-workers', '1'],
  ]) {
    const skip = flags.includes('uring') && !uring.available ? uring.reason : false;
    it(`${flags.join(' ')}: the breaker of trades opens, refuses with 0305, lets a probe through and closes`, { skip }, async () => {
      await withServer(flags, async (server) => {
        const reply = (await login(server, 'trader')).json as Record<'access' | 'secret' | 'sid', string>;
        const [secret, sid] = [reply.secret, reply.sid].map((text) => Buffer.from(text, 'base64url')) as [Buffer, Buffer];
        const client = await ReferenceClient.ready(server.wsPort, { uid: 'trader', token: reply.access, secret, sid, dfp: DFP });
        client.send(wire.join(++client.seq, 1));
        await client.next(wire.TYPE.JOINED);
        const trade = async (): Promise<number> => (await client.op(TRADE, Buffer.alloc(8), true)).code;
        const state = async () => (await metric(server, 'gwrk_breaker_state'))['resource="op:trade",rule="0",thread="0"'];
        // At a threshold of 0 any two calls open it, whatever they end with.
        const rule = { resource: 'op:trade', strategy: 1, threshold: 0, minRequestAmount: 2, statIntervalMs: 60_000 };
        await put(server, [{ ...rule, retryTimeoutMs: 3_000 }]);
        assert.deepEqual([await trade(), await trade(), await trade()], [0, 0, BREAKER_OPEN]);
        await until(async () => (await state()) === 1);
        await until(async () => (await trade()) !== BREAKER_OPEN);
        await until(async () => (await state()) === 0);
        assert.equal((await metric(server, 'gwrk_guard_passes_total'))['resource="op:trade",thread="0"'], 3);
        assert.equal((await metric(server, 'gwrk_audit_events_total'))['event="breaker"'], 3);
        assert.equal(await client.leave(), 1000, 'and the ledger holds every refused one');
      });
    });
  }
});
