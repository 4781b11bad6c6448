import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePorts } from '../net/free-ports.js';
import { gwrk, signalAt } from './gwrk-process.js';
import { referenceServer } from './reference-server-process.js';

/** quickstart.yaml with its own server, small and on other ports. */
async function ownServer(command?: string): Promise<string[]> {
  const [ws, http, admin] = await freePorts(3);
  return [
    ...['run', 'scenarios/quickstart.yaml', '--no-thresholds', '--set', `target=ws://127.0.0.1:${ws}/v1/ws`],
    ...['--set', `serve.command=${command ?? `gwrk serve --port ${ws} --http-port ${http} --admin-port ${admin}`}`],
    ...['--set', `serve.ready=http://127.0.0.1:${http}/readyz`],
    ...['--set', 'scenarios.players.stages=[{duration: 300ms, target: 20}, {duration: 2s, target: 20}]'],
  ];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a scenario starts its server, measures it, agrees with it on every operation, and leaves nothing behind', async () => {
  const { stderr, report } = await gwrk(await ownServer());
  assert.equal(report?.clients.ready, 20, stderr);
  assert.match(stderr, /^server: gwrk serve .* is ready \(pid \d+\)$/mu);
  assert.match(stderr, /^logins: in bulk at /mu);
  const { pid, gcPerMinute, opsSeen } = report.target as typeof report.target & { opsSeen: number };
  assert.equal(opsSeen, report.ledger.sent);
  assert.notEqual(gcPerMinute, null);
  assert.match(String(report.environment.gateway), /^(ws|uring)$/u);
  assert.ok(pid !== null && !isAlive(pid), `server ${pid} is still there`);
});

test('ctrl-C ends the server of the scenario too', async () => {
  let pid = 0;
  const signal = signalAt('SIGINT', (line) => /^\d\d:\d\d /u.test(line));
  const { code, stderr } = await gwrk([...(await ownServer()), '--set', 'scenarios.players.stages=[{duration: 30s, target: 20}]'], {
    onStderrLine: (line, child) => {
      pid = Number(/is ready \(pid (\d+)\)/u.exec(line)?.[1] ?? pid);
      signal(line, child);
    },
  });
  assert.equal(code, 105, stderr);
  assert.ok(pid > 0 && !isAlive(pid));
});

test('ctrl-C while the server starts ends with 105 and writes nothing', async () => {
  const { code, reason, report } = await gwrk(await ownServer(`${process.execPath} -e 'setInterval(()=>{},1000)'`), {
    onStderrLine: (line, child) => line.startsWith('transport:') && setTimeout(() => child.kill('SIGINT'), 300),
  });
  assert.equal(code, 105);
  assert.match(reason, /^exit 105: GWRK_INTERRUPTED/u);
  assert.equal(report, undefined);
});

test('a server that does not start ends the run with its own words', async () => {
  const { code, reason, stderr, report } = await gwrk(await ownServer('gwrk serve --prot 1'));
  assert.equal(code, 1, stderr);
  assert.match(reason, /^exit 1: GWRK_SERVE_FAILED the server ended \(exit 104\) before it was ready/u);
  assert.match(stderr, /unknown option '--prot'/u);
  assert.equal(report, undefined);
});

test('gwrk serve ends with 0 on SIGTERM, and so does its server', async () => {
  const server = await referenceServer('--echo');
  const exit = new Promise((resolve) => server.child.once('exit', (code) => resolve(code)));
  await server.stop();
  assert.equal(await exit, 0);
  assert.ok(!isAlive(server.pid));
});
