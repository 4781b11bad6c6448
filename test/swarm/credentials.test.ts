import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SessionsReply } from '../../src/swarm/messages.js';
import { credentialOf, type LoginRequest, loginAfter, VirtualReference } from './virtual-reference.js';
import { runVirtual, START_US, type VirtualRun } from './virtual-run.js';

const flow = (executor: string): string => `
${executor}
gracefulStop: 5s
flow:
  - login: { uid: "p{{ client }}", proof: none, timeout: 2s }
  - connect: {}
  - auth: { timeout: 2s }`;

const ramp = flow('executor: ramping-clients\nstages: [ { duration: 10s, target: 100 } ]');

test('clients are logged in about a second before they start, so that their session does not wait for it', async () => {
  const askedUs: number[] = [];
  const answer = loginAfter(600_000);
  const run = await runVirtual(ramp, new VirtualReference(), {
    onLogin(requests: readonly LoginRequest[], run: VirtualRun) {
      askedUs.push(...requests.map(() => run.nowUs));
      answer(requests, run);
    },
  });
  assert.equal(run.counter('sessions_ready'), 100);
  assert.equal(run.trend('session_ready').max, 100 + 200 + 500);
  assert.equal(askedUs.length, 100);
  const ahead = askedUs.map((us, k) => (k + 1) * 100_000 - us);
  assert.ok(
    ahead.every((us) => us > 980_000 && us <= 1_010_000 + 20_000),
    `${Math.min(...ahead)} ${Math.max(...ahead)}`,
  );
});

test('a login that takes longer than that is part of the session, and timed as a login', async () => {
  const run = await runVirtual(flow('executor: constant-clients\nclients: 1\nduration: 3s'), new VirtualReference(), {
    onLogin: loginAfter(1_500_000),
  });
  assert.ok(Math.abs(run.trend('login_duration').max - 1_500_000) < 10_000);
  // The question left a second before the start of the scenario at the earliest.
  assert.ok(run.trend('session_ready').max >= 500_000);
  assert.equal(run.counter('sessions_ready'), 1);
});

test('a refused login fails the client with the code of the main thread', async () => {
  const run = await runVirtual(ramp, new VirtualReference(), {
    onLogin: (requests, run) =>
      run.credentials.reject(
        requests.map(({ row }) => row),
        'login.401',
      ),
  });
  assert.deepEqual(run.errors(), { 'login.401': 100 });
  assert.equal(run.counter('sessions_failed'), 100);
  assert.equal(run.counter('connects_started'), 0);
});

test('a login without an answer times out', async () => {
  const run = await runVirtual(flow('executor: constant-clients\nclients: 2\nduration: 10s'), new VirtualReference());
  assert.deepEqual(run.errors(), { 'timeout.login': 2 });
  assert.equal(run.counter('sessions_failed'), 2);
});

test('credentials that do not have their lengths are refused', async () => {
  const run = await runVirtual(flow('executor: constant-clients\nclients: 2\nduration: 1s'), new VirtualReference(), {
    onLogin: (requests, run) =>
      run.credentials.accept(
        requests.map((request) => ({ ...credentialOf(request), secret: 'c2hvcnQ' })),
        0,
      ),
  });
  assert.deepEqual(run.errors(), { 'login.bad-reply': 2 });
});

test('an answer for an earlier client of a row is dropped', async () => {
  const late: (() => void)[] = [];
  const executor = 'executor: constant-arrival-rate\nrate: 1\nduration: 8s\nmaxClients: 1';
  const server = new VirtualReference();
  const uids: string[] = [];
  const run = await runVirtual(flow(executor), server, {
    onLogin(requests, run) {
      for (const request of requests) {
        // Those of odd numbers come after their client has given up; the row then serves the next one.
        const isLate = uids.push(request.uid) % 2 === 1;
        const delayUs = isLate ? 3_500_000 : 1_000;
        run.transport.at(run.transport.nowUs() + delayUs, () => run.credentials.accept([credentialOf(request)], run.transport.nowUs()));
      }
    },
  });
  assert.deepEqual(late, []);
  assert.ok(run.errors()['timeout.login']! >= 2);
  // The server checks that token, device and secret of an AUTH belong together.
  assert.ok(run.counter('sessions_ready') >= 2);
  assert.equal(run.counter('sessions_ready') + run.counter('sessions_failed') + run.counter('dropped_iterations'), 8);
});

test('credentials are kept for flows that authenticate again, and asked for anew where the flow logs in again', async () => {
  for (const [inside, expected] of [
    ['[ { connect: {} }, { auth: {} }, { disconnect: {} } ]', 1],
    ['[ { login: { uid: "q{{ client }}", proof: none } }, { connect: {} }, { auth: {} }, { disconnect: {} } ]', 4],
  ] as const) {
    const asked: string[] = [];
    const first = expected === 1 ? '  - login: { uid: "p{{ client }}", proof: none }\n' : '';
    const text = `executor: constant-clients\nclients: 1\nduration: 5s\nflow:\n${first}  - loop: { count: 4, steps: ${inside} }`;
    const run = await runVirtual(text, new VirtualReference(), { onLogin: loginAfter(1_000, asked) });
    assert.deepEqual(run.errors(), {});
    assert.equal(run.trend('auth_duration').count, 4);
    assert.equal(asked.length, expected);
  }
});

test('a stop gives back the rows of those who were asked for and never came', async () => {
  const run = await runVirtual(ramp, new VirtualReference(), {
    onLogin: loginAfter(100_000),
    prepare: (run) => run.transport.at(START_US + 3_050_000, () => run.swarm.stop(run.transport.nowUs())),
  });
  assert.equal(run.counter('sessions_ready'), 30);
  assert.equal(run.counter('sessions_failed'), 0);
  assert.equal(run.credentials.size, 0);
});

/** The reply of a server to these questions; `alter` may change an entry. */
function replyTo(requests: readonly LoginRequest[], alter: (entry: object, index: number) => unknown = (entry) => entry): SessionsReply {
  const given = requests.map(credentialOf);
  const sessions = given.map(({ token, sid, secret }, i) =>
    alter({ access: token, refresh: 'r', sid, secret, accessExp: 1, refreshExp: 2 }, i),
  );
  return {
    type: 'sessions',
    json: new Uint8Array(Buffer.from(JSON.stringify({ sessions }))),
    rows: Int32Array.from(given, ({ row }) => row),
    generations: Int32Array.from(given, ({ generation }) => generation),
    dfps: new Uint8Array(Buffer.concat(given.map(({ dfp }) => Buffer.from(dfp, 'base64url')))),
  };
}

const crowd = flow('executor: constant-clients\nclients: 9\nduration: 1s');

test('a reply of the server serves its clients, however its JSON is written', async () => {
  for (const alter of [
    (entry: object) => entry,
    (entry: object) => Object.fromEntries(Object.entries(entry).reverse()),
    (entry: object, i: number) => (i === 4 ? { more: [], ...entry } : entry),
  ]) {
    const run = await runVirtual(crowd, new VirtualReference(), {
      onLogin: (requests, run) => run.credentials.acceptReply(replyTo(requests, alter), run.transport.nowUs()),
    });
    assert.deepEqual(run.errors(), {});
    assert.equal(run.counter('sessions_ready'), 9);
    assert.equal(run.trend('login_duration').count, 9);
  }
});

test('a session that is not all there fails its own client, and the others of the reply go on', async () => {
  const wrong: [object | null, number][] = [
    [{ access: 7 }, 1],
    [{ access: '' }, 1],
    [{ access: 'x'.repeat(1025) }, 1],
    [{ access: 'x'.repeat(100_000) }, 1],
    [{ secret: 'c2hvcnQ' }, 1],
    [{ sid: null }, 1],
    [{ sid: '!'.repeat(22) }, 1],
    [null, 1],
    // Nobody reads the refresh token, so its length is nobody's concern.
    [{ refresh: 'x'.repeat(100_000) }, 0],
  ];
  for (const [change, failed] of wrong) {
    const run = await runVirtual(crowd, new VirtualReference(), {
      onLogin: (requests, run) => {
        const alter = (entry: object, i: number): unknown => (i === 5 ? change && { ...entry, ...change } : entry);
        run.credentials.acceptReply(replyTo(requests, alter), run.transport.nowUs());
      },
    });
    assert.deepEqual(run.errors(), failed === 1 ? { 'login.bad-reply': 1 } : {}, JSON.stringify(change)?.slice(0, 60));
    assert.equal(run.counter('sessions_ready'), 9 - failed);
  }
});

test('a reply that is cut off fails all whom it was for, and nobody else', async () => {
  const run = await runVirtual(ramp, new VirtualReference(), {
    onLogin: (requests, run) => {
      const reply = replyTo(requests);
      const isCut = requests.some(({ uid }) => uid === 'p50');
      run.credentials.acceptReply(isCut ? { ...reply, json: reply.json.slice(0, -2) } : reply, run.transport.nowUs());
    },
  });
  assert.deepEqual(run.errors(), { 'login.bad-reply': 1 });
  assert.equal(run.counter('sessions_ready'), 99);
});

test('a reply for earlier clients of the rows, or one that comes twice, changes nothing', async () => {
  const run = await runVirtual(crowd, new VirtualReference(), {
    onLogin: (requests, run) => {
      const nowUs = run.transport.nowUs();
      const older = requests.map((request) => ({ ...request, generation: request.generation + 1 }));
      run.credentials.acceptReply(
        replyTo(older, () => 'bad'),
        nowUs,
      );
      run.credentials.acceptReply(replyTo(requests), nowUs);
      run.credentials.acceptReply(
        replyTo(requests, () => 'bad'),
        nowUs,
      );
    },
  });
  assert.deepEqual(run.errors(), {});
  assert.equal(run.trend('login_duration').count, 9);
});

test('in a ramp many questions go in one message, and a lone client waits 5 ms at most', async () => {
  const batches: number[] = [];
  const note = loginAfter(100_000);
  const onLogin = (requests: readonly LoginRequest[], run: VirtualRun): void => {
    batches.push(requests.length);
    note(requests, run);
  };
  await runVirtual(flow('executor: ramping-clients\nstages: [ { duration: 2s, target: 10000 } ]'), new VirtualReference(), { onLogin });
  assert.equal(
    batches.reduce((sum, count) => sum + count, 0),
    10_000,
  );
  assert.ok(batches.length <= 400 && Math.max(...batches) <= 1000, `${batches.length} ${Math.max(...batches)}`);
  // Asked in the middle of the flow, the client stands still until the answer.
  const text = `executor: constant-clients\nclients: 1\nduration: 5s\nflow: [ { connect: {} }, { think: { min: 2s, max: 2s } }, { login: { uid: p, proof: none } } ]`;
  const lone = await runVirtual(text, new VirtualReference(), {
    onLogin: (requests, run) => run.credentials.accept(requests.map(credentialOf), run.transport.nowUs()),
  });
  assert.equal(lone.trend('login_duration').count, 1);
  assert.ok(lone.trend('login_duration').max <= 5_000, `${lone.trend('login_duration').max}`);
});

test('a proof is asked with, and each client has its own', async () => {
  const asked: LoginRequest[] = [];
  const text = `scenarios:
  ticket:
    executor: constant-clients
    clients: 2
    duration: 1s
    flow: [ { login: { uid: "t{{ client }}", proof: ticket, secret: "s{{ client }}" } }, { connect: {} } ]
  plain:
    executor: constant-clients
    clients: 1
    duration: 1s
    flow: [ { login: { uid: "p{{ client }}", proof: none } }, { connect: {} } ]`;
  await runVirtual(text, new VirtualReference(), { onLogin: (requests) => asked.push(...requests) });
  assert.deepEqual(
    asked.map(({ uid, proof }) => [uid, proof]),
    [
      ['t0', 's0'],
      ['t1', 's1'],
      ['p0', undefined],
    ],
  );
});
