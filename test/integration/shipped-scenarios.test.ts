import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePorts } from '../net/free-ports.js';
import { gwrk, repository } from './gwrk-process.js';

const SMALL: Readonly<Record<string, readonly string[]>> = {
  'quickstart.yaml': ['scenarios.players.stages=[{duration: 500ms, target: 40}, {duration: 2s, target: 40}]'],
  'million.yaml': ['CLIENTS=40', 'RAMP=500ms', 'HOLD=2s', 'LOOK_AROUND=0s'],
  'gateway-10k.yaml': ['CLIENTS=40', 'RAMP=500ms', 'HOLD=2s'],
  'idle.yaml': ['CLIENTS=40', 'RAMP=500ms', 'HOLD=2s'],
  'echo.yaml': ['CLIENTS=40', 'HOLD=2s'],
  'window.yaml': ['CLIENTS=40', 'HOLD=2s'],
};

for (const [name, sizes] of Object.entries(SMALL))
  test(`scenarios/${name} starts its own server, and what it reports adds up`, async () => {
    const [port, http, admin] = await freePorts(3);
    const isEcho = ['idle.yaml', 'echo.yaml', 'window.yaml'].includes(name);
    const serve = `gwrk serve ${isEcho ? '--echo ' : ''}--port ${port} --http-port ${http} --admin-port ${admin}`;
    const { code, stderr, report } = await gwrk([
      ...['run', `scenarios/${name}`, '--no-thresholds'],
      ...['--set', `target=ws://127.0.0.1:${port}/v1/ws`],
      ...['--set', `serve.command=${serve}`, '--set', `serve.ready=http://127.0.0.1:${http}/readyz`],
      ...sizes.flatMap((size) => [size.includes('.') ? '--set' : '-e', size]),
    ]);
    assert.ok(report, stderr);
    assert.deepEqual(report.errors, []);
    assert.deepEqual(report.clients, { planned: 40, connected: 40, ready: 40, failed: 0, peakOpen: 40, lost: 0 });
    const { sent, ok, fail, indeterminate } = report.ledger;
    assert.deepEqual({ ok, fail, indeterminate }, { ok: sent, fail: 0, indeterminate: 0 });
    // Neither holds requests of the ledger: a driver keeps its own account.
    if (!['idle.yaml', 'million.yaml', 'window.yaml'].includes(name)) assert.ok(sent > 0);
    assert.equal(report.target.opsSeen, isEcho ? null : sent);
    // 111: this machine was too busy to keep the plan's time (late, or planned messages were never sent), and nothing else.
    if (code !== 0)
      assert.ok(
        report.generator.flags!.some(({ level, sentence }) => level === 'invalid' && report.reason === sentence),
        stderr,
      );
  });

test('every shipped scenario is run here or in a test of its own', () => {
  // Those two need a server of their own: tcp-game.test.ts and http.test.ts run them.
  const elsewhere = ['tcp-game.yaml', 'http-login.yaml'];
  const files = readdirSync(join(repository, 'scenarios')).filter((name) => name.endsWith('.yaml') && !elsewhere.includes(name));
  assert.deepEqual(files.sort(), Object.keys(SMALL).sort());
});
