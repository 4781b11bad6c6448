import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { errorOf, gwrk } from './gwrk-process.js';
import { hostileServer } from './hostile-server.js';
import { referenceServer, type ServerProcess } from './reference-server-process.js';

let echo: ServerProcess;
before(async () => {
  echo = await referenceServer('--echo');
});
after(() => echo.stop());

/** Ten clients that talk for a minute, unless something ends them. */
const minute = (url: string): string[] => ['run', url, '-c', '10', '-d', '60s', '--message-rate', '5', '-b', 'hello', '--timeout', '1s'];

/** The first line of progress: from there on clients are connected. */
const isProgress = (line: string): boolean => line.startsWith('00:01');

test('ctrl-C lets clients finish, writes the results and ends with 105', async () => {
  const { code, reason, report, stderr } = await gwrk(minute(echo.ws), {
    onStderrLine: (line, child) => isProgress(line) && child.kill('SIGINT'),
  });
  assert.equal(code, 105, stderr);
  assert.match(reason, /^exit 105: .*ctrl-C after \d+ s$/u);
  assert.equal(report?.verdict, 'interrupted');
  assert.equal(report.clients.connected, 10);
  assert.equal(report.ledger.indeterminate, 0);
  assert.ok(report.durationMs < 30_000);
});

test('ctrl-C twice leaves at once, with the results written', async () => {
  const { code, report, stderr } = await gwrk(minute(echo.ws), {
    onStderrLine: (line, child) => {
      if (isProgress(line)) child.kill('SIGINT');
      if (line.startsWith('ctrl-C')) child.kill('SIGINT');
    },
  });
  assert.equal(code, 105, stderr);
  assert.equal(report?.verdict, 'interrupted');
  assert.equal(report.clients.connected, 10);
});

test('SIGTERM is a first ctrl-C', async () => {
  const { code, reason } = await gwrk(minute(echo.ws), { onStderrLine: (line, child) => isProgress(line) && child.kill('SIGTERM') });
  assert.equal(code, 105);
  assert.match(reason, /SIGTERM after/u);
});

test('a server killed halfway: results so far are written and the verdict decides', async () => {
  const server = await referenceServer('--echo');
  let isKilled = false;
  const { code, reason, report, stderr } = await gwrk(minute(server.ws), {
    onStderrLine: (line) => {
      if (isProgress(line) && !isKilled) isKilled = process.kill(server.pid, 'SIGKILL');
    },
  });
  await server.stop();
  assert.equal(code, 111, stderr);
  assert.match(reason, /^exit 111: /u);
  assert.equal(report?.verdict, 'invalid');
  assert.equal(report.clients.connected >= 10, true);
  assert.equal(report.clients.lost, 10);
  const broken = (errorOf(report, 'closed.1006')?.count ?? 0) + (errorOf(report, 'ECONNRESET')?.count ?? 0);
  assert.equal(broken, 10, JSON.stringify(report.errors));
  assert.ok(report.durationMs < 50_000, `ended after ${report.durationMs} ms`);
  const received = report.metrics.ws_msgs_received;
  assert.ok(received?.type === 'counter' && received.count > 0);
});

test('a target that is gone for ten seconds ends a run whose clients would go on trying', async () => {
  const server = await hostileServer('silent');
  await server.close();
  const { code, report, stderr } = await gwrk([
    ...['run', 'scenarios/idle.yaml', '--set', `target=${server.url}`, '--set', 'serve=null', '--no-thresholds'],
    ...[
      '--set',
      'scenarios.connections={executor: constant-arrival-rate, rate: 5, duration: 60s, maxClients: 50, gracefulStop: 1s, flow: [{connect: {}}]}',
    ],
  ]);
  assert.equal(code, 111, stderr);
  assert.ok(errorOf(report, 'target.gone'), JSON.stringify(report?.errors));
  assert.ok(errorOf(report, 'ECONNREFUSED'));
  assert.ok(report!.durationMs < 30_000, `ended after ${report!.durationMs} ms`);
});

test('a threshold with abortOnFail ends the run early with 99', async () => {
  const server = await hostileServer('echoes');
  const { code, reason, report, stderr } = await gwrk([
    ...['run', 'scenarios/echo.yaml', '--set', `target=${server.url}`, '--set', 'serve=null', '--set', 'scenarios.talkers.clients=2'],
    ...['--set', 'scenarios.talkers.duration=60s', '--set', 'scenarios.talkers.gracefulStop=1s'],
    ...['--set', 'thresholds={ws_msgs_sent: [{threshold: "count<1", abortOnFail: true}]}'],
  ]);
  await server.close();
  assert.equal(code, 99, stderr);
  assert.match(reason, /^exit 99: threshold failed: ws_msgs_sent count<1/u);
  assert.ok(report!.durationMs < 30_000);
});
