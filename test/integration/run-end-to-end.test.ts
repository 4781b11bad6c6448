import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Report } from '../../src/report/report.js';
import { probeUring } from '../../src/uring/probe.js';
import { differencesOf } from '../report/read-log.js';
import { gwrk, repository } from './gwrk-process.js';
import { referenceServer, type ServerProcess } from './reference-server-process.js';

const uring = probeUring();
let game: ServerProcess;
let echo: ServerProcess;

before(async () => {
  [game, echo] = await Promise.all([referenceServer('--proof', 'none'), referenceServer('--echo')]);
});
after(() => Promise.all([game.stop(), echo.stop()]));

/** quickstart.yaml at a small size, against the server of this file. */
const quickstart = (...more: string[]): string[] => [
  ...['run', 'scenarios/quickstart.yaml', '--set', `target=${game.ws}`, '--set', 'serve=null', '--login-url', game.http],
  ...['--set', 'scenarios.players.stages=[{duration: 500ms, target: 40}, {duration: 2s, target: 40}]', '--no-thresholds', ...more],
];

/** What must hold of a run of quickstart.yaml, whatever the speed of the machine. */
function assertWhole(report: Report): void {
  assert.deepEqual(report.clients, { planned: 40, connected: 40, ready: 40, failed: 0, peakOpen: 40, lost: 0 });
  assert.deepEqual(report.errors, []);
  const { sent, ok, fail, indeterminate } = report.ledger;
  assert.ok(sent > 0);
  assert.deepEqual({ ok, fail, indeterminate }, { ok: sent, fail: 0, indeterminate: 0 });
}

for (const transport of ['node', 'uring'] as const)
  test(`players log in, authenticate, play and leave over ${transport}, and both ends count the same`, {
    skip: transport === 'uring' && !uring.available && uring.reason,
  }, async () => {
    const { code, stderr, reason, report } = await gwrk(quickstart('--transport', transport));
    assert.ok(report, stderr);
    assertWhole(report);
    assert.equal(report.transport, transport);
    assert.equal(report.generator.rings > 0, transport === 'uring');
    assert.match(stderr, /^logins: one by one at http/mu);
    assert.match(reason, /^exit (0|111): /u); // 111: this machine was too busy to keep the plan's time
    assert.equal(code, report.exitCode);
  });

test('with the admin port and its token, logins come in bulk and the target is measured', async () => {
  const { stderr, report } = await gwrk(quickstart('--admin-url', game.admin, '--target-pid', String(game.pid)), {
    env: { GWRK_ADMIN_TOKEN: 'token-of-the-test' },
  });
  assert.match(stderr, /^logins: in bulk at http/mu);
  assert.equal(report?.clients.ready, 40, stderr);
  assert.equal(report.target.pid, game.pid);
  if (process.platform === 'linux') assert.ok(report.target.rssPeakBytes! > 20e6);
  assert.notEqual(report.target.gcPerMinute, null);
});

test('where io_uring is forbidden, one line says so and the run goes on with sockets of Node', async () => {
  const { stderr, report } = await gwrk(quickstart(), { env: { GWRK_FORBID_URING: '1' } });
  assert.equal(report?.transport, 'node', stderr);
  assert.equal(report.clients.ready, 40);
  assert.equal(stderr.split('\n').filter((line) => line.startsWith('transport: node (')).length, 1);
});

test("the article's command line works as typed", async () => {
  const words = ['-c', '100', '-n', '1000', '-t', '64', '-timeout', '30s', '-keepalive', '-body', '{"op":"auth","token":"test"}', echo.ws];
  const { stderr, report } = await gwrk(['run', ...words]);
  assert.deepEqual(
    report?.clients,
    { planned: 100, connected: 100, ready: 100, failed: 0, peakOpen: report?.clients.peakOpen, lost: 0 },
    stderr,
  );
  assert.equal(report.generator.threads, Math.min(64, availableParallelism()));
  assert.equal(report.metrics.ws_msgs_sent?.type === 'counter' && report.metrics.ws_msgs_sent.count, 1000);
  assert.equal(report.metrics.ws_msgs_received?.type === 'counter' && report.metrics.ws_msgs_received.count, 1000);
  assert.deepEqual(report.errors, []);
});

test('the same plan and seed give the same hash, and every rendering can be had again from the report', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'gwrk-renderings-'));
  const words = ['run', echo.ws, '-c', '2', '-n', '20', '-b', 'x', '--seed', '5', '--tag', 'commit=abc'];
  const first = await gwrk([
    ...words,
    '--json',
    join(directory, 'report.json'),
    '--csv',
    join(directory, 'a.csv'),
    '--hdr',
    join(directory, 'a.hlog'),
  ]);
  assert.deepEqual(first.report?.errors, []);
  const second = await gwrk(words);
  assert.equal(first.report?.hash, second.report?.hash);
  assert.deepEqual(first.report?.tags, { commit: 'abc' });
  assert.equal(first.report?.seed, 5);
  assert.deepEqual(readdirSync(directory).sort(), ['a.csv', 'a.hlog', 'report.json']);
  const log = readFileSync(join(directory, 'a.hlog'), 'utf8');
  assert.deepEqual(differencesOf(log, first.report!), []);
  assert.doesNotMatch(log, /whole run/u);

  const again = await gwrk(['report', join(directory, 'report.json'), '--csv', join(directory, 'b.csv')]);
  assert.equal(again.code, first.code);
  assert.equal(again.stdout, first.stdout);
  assert.equal(readFileSync(join(directory, 'a.csv'), 'utf8'), readFileSync(join(directory, 'b.csv'), 'utf8'));
  rmSync(directory, { recursive: true });
});

test('--json - leaves stdout to the report', async () => {
  const { stdout, stderr, report } = await gwrk(['run', echo.ws, '-c', '2', '-n', '4', '-b', 'x', '--json', '-']);
  assert.deepEqual(JSON.parse(stdout), report);
  assert.match(stderr, /TOTAL RESULTS/u);
});

test('--quiet says nothing of a run that passed', async () => {
  const { code, stdout, stderr } = await gwrk(['run', echo.ws, '-c', '1', '-n', '2', '-b', 'x', '--quiet']);
  assert.equal(stdout, '');
  if (code === 0) assert.equal(stderr, '');
});

test('a place where no result can be written is told before anything runs', async () => {
  for (const flags of [
    ['--json', '/nonexistent/r.json'],
    ['--out', '/dev/null/reports'],
  ]) {
    const { code, stdout, reason } = await gwrk(['run', echo.ws, '-c', '1', '-n', '2', '-b', 'x', ...flags]);
    assert.equal(code, 1);
    assert.match(reason, /^exit 1: GWRK_OUTPUT_UNWRITABLE/u);
    assert.equal(stdout, '');
  }
});

test('a reader that goes away early is no fault', async () => {
  const child = spawn('sh', ['-c', `"${process.execPath}" bin/gwrk.js schema | true`], { cwd: repository });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  await once(child, 'close');
  assert.equal(stderr, '');
});

test('nothing of the query of a target gets into the results', async () => {
  const { stdout, stderr, report } = await gwrk(['run', `${echo.ws}?token=hush`, '-c', '1', '-n', '2', '-b', 'x']);
  assert.equal(report?.target.url, echo.ws, stderr);
  assert.doesNotMatch(JSON.stringify(report) + stdout + stderr, /hush/u);
});
