import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GwrkError } from '../../src/core/errors.js';
import { Workers } from '../../src/run/workers.js';
import { CONTROL_MAIL, type LoginColumns, STOP_GRACEFULLY, type WorkerStart } from '../../src/swarm/messages.js';
import { objectsOf } from './login-columns.js';

const file = new URL('./fake-worker.js', import.meta.url);

function startOf(host: string, index: number, count: number): WorkerStart {
  return {
    index,
    count,
    host,
    path: '/',
    scenarios: [],
    targets: [],
    transport: 'node',
    sources: [],
    maxConnecting: 1,
    seed: 1,
    recorder: new SharedArrayBuffer(8),
    control: new SharedArrayBuffer(12),
  };
}

async function started(
  hosts: readonly string[],
  onLogin: (worker: number, logins: LoginColumns) => void = () => {},
  readyTimeoutMs = 60_000,
): Promise<Workers> {
  const starts = hosts.map((host, index) => startOf(host, index, hosts.length));
  return Workers.start({ starts, onLogin, readyTimeoutMs, file });
}

test('workers that finish are over, and their errors, rings and CPU time are those of all', async () => {
  const workers = await started(['finishes', 'finishes']);
  workers.begin(0);
  assert.equal(await workers.ended(60_000), true);
  assert.equal(workers.rings, 4);
  assert.deepEqual(workers.deaths, []);
  assert.deepEqual(workers.cpuSeconds, [0.5, 0.5]);
  assert.equal(workers.errors().length, 1);
  assert.equal(workers.errors()[0]!.count, 3);
  await workers.terminate();
});

for (const [how, text] of [
  ['throws', 'a fault on purpose'],
  ['fails', 'no rings'],
  ['exits', 'ended with code 3'],
] as const)
  test(`a worker that ${how} is dead, and the others go on`, async () => {
    const workers = await started([how, 'finishes']);
    workers.begin(0);
    assert.equal(await workers.ended(60_000), true);
    assert.equal(workers.deaths.length, 1);
    assert.match(workers.deaths[0]!, new RegExp(`^worker 0.*${text}`, 'u'));
    assert.equal(workers.errors()[0]!.first, 'from 1');
    await workers.terminate();
  });

for (const [how, text, timeoutMs] of [
  ['throws-at-once', 'a fault at once', 60_000],
  ['never-ready', 'not ready within', 100],
] as const)
  test(`a run cannot begin with a worker that is ${how}`, async () => {
    await assert.rejects(
      started(['finishes', how], () => {}, timeoutMs),
      (error) => error instanceof GwrkError && error.code === 'GWRK_WORKER_DIED' && error.message.includes(text),
    );
  });

test('a stop is seen by a worker that does not read its messages', async () => {
  const workers = await started(['stops']);
  workers.begin(0);
  assert.equal(await workers.ended(30), false);
  workers.requestStop(STOP_GRACEFULLY);
  assert.equal(await workers.ended(60_000), true);
  assert.deepEqual(workers.deaths, []);
  await workers.terminate();
});

test('a worker that does not stop counts as dead when it is ended by force', async () => {
  const workers = await started(['sleeps']);
  await workers.terminate();
  assert.match(workers.deaths[0]!, /^worker 0 did not stop/u);
});

test('login requests reach the one who asked for them, and a message raises the mail flag', async () => {
  const start = startOf('logs-in', 0, 1);
  let hear: (login: [number, unknown[]]) => void = () => {};
  const heard = new Promise<[number, unknown[]]>((resolve) => {
    hear = resolve;
  });
  const workers = await Workers.start({
    starts: [start],
    onLogin: (worker, logins) => hear([worker, objectsOf(logins)]),
    readyTimeoutMs: 60_000,
    file,
  });
  workers.begin(0);
  assert.equal(Atomics.load(new Int32Array(start.control), CONTROL_MAIL), 1);
  assert.deepEqual(await heard, [0, [{ row: 4, generation: 2, uid: 'p4' }]]);
  await workers.terminate();
});

test('a reply of the server goes over to the worker and is not copied', async () => {
  const workers = await started(['sleeps']);
  const json = new Uint8Array([1, 2, 3]);
  workers.post(0, { type: 'sessions', json, rows: new Int32Array(1), generations: new Int32Array(1), dfps: new Uint8Array(32) });
  assert.equal(json.length, 0);
  await workers.terminate();
});
