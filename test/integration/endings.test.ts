import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { errorOf, gwrk, signalAt } from './gwrk-process.js';
import { hostileServer } from './hostile-server.js';
import { referenceServer, type ServerProcess } from './reference-server-process.js';

let echo: ServerProcess;
before(async () => {
  echo = await referenceServer('--echo');
});
after(() => echo.stop());

/** What every run of this file would last, did nothing end it. */
const PLANNED_MS = 60_000;

/** Ten clients that talk for a minute, unless something ends them. */
const minute = (url: string): string[] => ['run', url, '-c', '10', '-d', '60s', '--message-rate', '5', '-b', 'hello', '--timeout', '20s'];

/** A line of progress by which all ten clients are connected. Which second it is of depends on the machine. */
const isProgress = (line: string): boolean => /^\d\d:\d\d .* open 10 /u.test(line);

test('ctrl-C lets clients finish, writes the results and ends with 105', async () => {
  const { code, reason, report, stderr } = await gwrk(minute(echo.ws), {
    onStderrLine: signalAt('SIGINT', isProgress),
  });
  assert.equal(code, 105, stderr);
  assert.match(reason, /^exit 105: .*ctrl-C after \d+ s$/u);
  assert.equal(report?.verdict, 'interrupted');
  assert.equal(report.clients.connected, 10);
  assert.equal(report.ledger.indeterminate, 0);
  assert.ok(report.durationMs < PLANNED_MS, `ended after ${report.durationMs} ms`);
});

test('ctrl-C twice leaves at once, with the results written', async () => {
  // Nobody answers within the minute, so clients that were let finish would be there when the second signal comes, and long after.
  const server = await hostileServer('mute');
  const [first, second] = [isProgress, (line: string) => line.startsWith('ctrl-C')].map((isDue) => signalAt('SIGINT', isDue));
  const { code, report, stderr } = await gwrk([...minute(server.url), '--timeout', '60s'], {
    onStderrLine: (line, child) => {
      first!(line, child);
      second!(line, child);
    },
  });
  await server.close();
  assert.equal(code, 105, stderr);
  assert.ok(report!.ledger.indeterminate > 0, 'no client waited for its answer');
  assert.ok(report!.durationMs < PLANNED_MS, `ended after ${report!.durationMs} ms`);
  assert.equal(report?.verdict, 'interrupted');
  assert.equal(report.clients.connected, 10);
});

test('SIGTERM is a first ctrl-C', async () => {
  const { code, reason } = await gwrk(minute(echo.ws), { onStderrLine: signalAt('SIGTERM', isProgress) });
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
  assert.ok(report.durationMs < PLANNED_MS, `ended after ${report.durationMs} ms`);
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
  assert.ok(report!.durationMs < PLANNED_MS, `ended after ${report!.durationMs} ms`);
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
  assert.ok(report!.durationMs < PLANNED_MS, `ended after ${report!.durationMs} ms`);
});
