import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TYPE } from '../reference-server/reference-wire.js';
import { loginAfter, VirtualReference } from './virtual-reference.js';
import { runVirtual, type VirtualRun } from './virtual-run.js';

async function run(beat: string, operation: string, clients: number): Promise<{ server: VirtualReference; run: VirtualRun }> {
  const server = new VirtualReference();
  const flow = `
executor: constant-clients
clients: ${clients}
duration: 100s
gracefulStop: 10s
flow:
  - login: { uid: "p{{ client }}", proof: none }
  - connect: {}
  - auth: { timeout: 2s }
  - heartbeat: ${beat}
  - loop: { every: ${operation}, steps: [ { op: { code: echo, text: "x", expect: { code: ok, within: 5s } } } ] }`;
  return { server, run: await runVirtual(flow, server, { onLogin: loginAfter(5_000) }) };
}

const times = (server: VirtualReference, row: number, type: number): number[] =>
  server.log.filter((entry) => entry.row === row && entry.type === type).map(({ atUs }) => atUs);

test('a beat that is due within its jitter of a planned operation goes out with it', async () => {
  const { server, run: done } = await run('{ every: 20s, jitter: 5% }', '20s', 4);
  assert.deepEqual(done.errors(), {});
  for (let row = 0; row < 4; row++) {
    const beats = times(server, row, TYPE.PING);
    assert.ok(beats.length >= 4, `client ${row} beat ${beats.length} times in 100 s`);
    assert.deepEqual(beats, times(server, row, TYPE.OP).slice(0, beats.length));
    for (const [index, atUs] of beats.entries()) if (index > 0) assert.ok(Math.abs(atUs - beats[index - 1]! - 20e6) <= 1e6);
  }
  assert.equal(done.counter('ledger_mismatches'), 0);
  assert.equal(done.counter('heartbeats_sent'), done.counter('heartbeats_answered'));
});

test('beats that come more often than operations keep their own times', async () => {
  const { server, run: done } = await run('{ every: 15s, jitter: 5% }', '40s', 6);
  assert.deepEqual(done.errors(), {});
  for (let row = 0; row < 6; row++) {
    const beats = times(server, row, TYPE.PING);
    assert.ok(beats.length >= 5, `client ${row} beat ${beats.length} times in 100 s`);
    for (const [index, atUs] of beats.entries()) if (index > 0) assert.ok(Math.abs(atUs - beats[index - 1]! - 15e6) <= 0.8e6);
  }
});

test('beats ride along with the next operation only, and go out alone when none is near', async () => {
  // Operations every 13 s and beats every 20 s: a beat meets an operation within 1 s only now and then.
  const { server, run: done } = await run('{ every: 20s, jitter: 5% }', '13s', 3);
  assert.deepEqual(done.errors(), {});
  for (let row = 0; row < 3; row++) {
    const beats = times(server, row, TYPE.PING);
    const operations = new Set(times(server, row, TYPE.OP));
    assert.ok(beats.length >= 4);
    for (const [index, atUs] of beats.entries()) if (index > 0) assert.ok(Math.abs(atUs - beats[index - 1]! - 20e6) <= 1.2e6);
    assert.ok(beats.some((atUs) => !operations.has(atUs)));
  }
});
