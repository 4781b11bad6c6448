import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { listeningPorts } from '../../src/profile/listening-ports.js';
import { gwrk } from './gwrk-process.js';
import { referenceServer, type ServerProcess } from './reference-server-process.js';

let game: ServerProcess;
before(async () => {
  game = await referenceServer('--proof', 'none');
});
after(() => game.stop());

/** quickstart.yaml for three seconds against the server of this file. */
const quickstart = (...more: string[]): string[] => [
  ...['run', 'scenarios/quickstart.yaml', '--set', `target=${game.ws}`, '--set', 'serve=null', '--login-url', game.http],
  ...['--set', 'scenarios.players.stages=[{duration: 500ms, target: 20}, {duration: 2500ms, target: 20}]', '--no-thresholds', ...more],
];

const skip = process.platform === 'linux' ? false : 'only Linux has /proc';

test('a run reads the process, the metrics and the inspector of its target, and leaves the inspector closed', { skip }, async (t) => {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const page = createServer((_, response) => void register.metrics().then((text) => response.end(text)));
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    page.close();
    register.clear();
  });
  const { port } = page.address() as { port: number };
  const open = listeningPorts(game.pid).length;
  const flags = ['--target-pid', String(game.pid), '--target-metrics', `http://127.0.0.1:${port}/metrics`, '--target-inspect'];
  const { stderr, report } = await gwrk(quickstart(...flags));
  assert.ok(report, stderr);
  const { target, timeline } = report;
  const states = Object.fromEntries(target.sources!.map(({ source, state, reason }) => [source, reason ?? state]));
  assert.deepEqual(states, { process: 'ok', metrics: 'ok', inspector: 'ok' });
  assert.ok(target.rssPeakBytes! > 20e6 && target.threads! > 1 && target.fds! > 20);
  assert.ok(target.elu! >= 0 && target.gcByKind?.minor !== undefined && target.loopDelayP99Ms! >= 0);
  for (const column of [
    'target_cpu_cores',
    'target_rss_bytes',
    'target_threads',
    'target_fds',
    'target_gc_ms',
    'target_gc_count',
    'target_elu',
  ])
    assert.ok(
      (timeline[column] as (number | null)[]).some((value) => value !== null),
      column,
    );
  assert.ok('target:process_open_fds' in timeline);
  assert.equal(listeningPorts(game.pid).length, open);
});

test('a source that is not there leaves a reason, and the run goes on', { skip }, async () => {
  const { report } = await gwrk(quickstart('--target-metrics', 'http://127.0.0.1:1/metrics', '--target-inspect'));
  const { target } = report!;
  assert.deepEqual([target.rssPeakBytes, target.cpuSeconds, target.gcPerMinute], [null, null, null]);
  assert.match(target.reason!, /--target-pid/u);
  assert.match(target.reason!, /ECONNREFUSED/u);
  assert.deepEqual(
    target.sources!.map(({ state }) => state),
    ['missing', 'missing', 'missing'],
  );
});

test('metrics that only a file names must be loopback or private', async () => {
  const { code, stderr } = await gwrk(quickstart('--set', 'targetMetrics=http://8.8.8.8/metrics'));
  assert.equal(code, 104);
  assert.match(stderr, /GWRK_TARGET_NOT_ALLOWED/u);
});
