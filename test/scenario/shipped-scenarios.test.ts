import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { describePlan } from '../../src/scenario/dry-run.js';
import { loadScenario } from '../../src/scenario/load.js';
import type { Plan } from '../../src/scenario/plan.js';
import { estimateTraffic } from '../../src/scenario/traffic.js';

const folder = new URL('../../../scenarios/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
const textOf = (file: string): string => readFileSync(new URL(file, folder), 'utf8');
const load = (file: string, env: Record<string, string> = {}): Plan => {
  const { plan, warnings } = loadScenario(textOf(file), { file, env });
  assert.deepEqual(warnings, []);
  return plan;
};
const messagesPerSecond = (plan: Plan): number =>
  plan.scenarios.reduce((sum, scenario) => sum + estimateTraffic(scenario).messagesPerSecond, 0);

test('the eight scenarios are there', () => {
  assert.deepEqual(files.sort(), [
    'echo.yaml',
    'gateway-10k.yaml',
    'http-login.yaml',
    'idle.yaml',
    'million.yaml',
    'quickstart.yaml',
    'tcp-game.yaml',
    'window.yaml',
  ]);
});

// For servers of the reader's own: tcp-game.test.ts and http.test.ts of test/integration run them.
const FOR_OTHERS = ['tcp-game.yaml', 'http-login.yaml'];
for (const file of files.filter((name) => !FOR_OTHERS.includes(name))) {
  test(`${file} loads without a warning, says how it is run, and starts its own server on loopback`, () => {
    const plan = load(file);
    assert.equal(`${plan.name}.yaml`, file);
    assert.match(textOf(file), new RegExp(`^# yaml-language-server: .*\\n#\\n# [\\s\\S]*gwrk run scenarios/${file}`));
    assert.match(plan.serve?.command ?? '', /^gwrk serve /);
    assert.match(plan.target, /^ws:\/\/127\.0\.0\.1:9000\//);
    assert.ok(plan.thresholds.length > 0);
    assert.match(describePlan(plan), new RegExp(`scenario +${plan.name}`));
  });
}

test('quickstart is 2,000 clients in at most 20 seconds', () => {
  const plan = load('quickstart.yaml');
  assert.equal(plan.maxClients, 2000);
  assert.ok(plan.durationUs + plan.scenarios[0]!.gracefulStopUs <= 20e6);
});

test('million is a million clients with a heartbeat and an operation a minute each, and scales', () => {
  const plan = load('million.yaml');
  assert.equal(plan.maxClients, 1_000_000);
  assert.equal(Math.round(messagesPerSecond(plan)), 33_333);
  assert.ok(plan.scenarios[0]!.program.heartbeats[0]!.periodUs === 60e6);
  const small = load('million.yaml', { CLIENTS: '100k', RAMP: '15s', HOLD: '1m' });
  assert.equal(small.maxClients, 100_000);
  assert.equal(small.durationUs, 75e6);
});

test('gateway-10k is 10,000 clients with 10,000 operations a second', () => {
  const plan = load('gateway-10k.yaml');
  assert.equal(plan.maxClients, 10_000);
  assert.equal(messagesPerSecond(plan), 10_000 + 1000); // and a heartbeat every 10 s
  assert.equal(plan.durationUs, 40e6);
});

test('idle and echo meet any server', () => {
  for (const file of ['idle.yaml', 'echo.yaml']) {
    const { plan } = loadScenario(textOf(file), { file, set: ['target=ws://127.0.0.1:8080/socket', 'serve=null'] });
    assert.equal(plan.target, 'ws://127.0.0.1:8080/socket');
    assert.equal(plan.serve, undefined);
    assert.equal(plan.scenarios[0]!.program.logins.length, 0);
  }
});
