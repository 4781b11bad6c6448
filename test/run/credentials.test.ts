import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Issue, Issuer } from '../../src/run/credential-issuer.js';
import { Credentials } from '../../src/run/credentials.js';
import { Fingerprints } from '../../src/run/fingerprint.js';
import type { LoginRequest, ToWorker } from '../../src/swarm/messages.js';

/** An issuer that answers when it is told to. */
class HeldIssuer implements Issuer {
  readonly batchSize: number;
  readonly maxInFlight = 2;
  readonly held: { requests: readonly LoginRequest[]; answer: (issues: Issue[]) => void }[] = [];

  constructor(batchSize: number) {
    this.batchSize = batchSize;
  }

  issue(requests: readonly LoginRequest[]): Promise<Issue[]> {
    return new Promise((answer) => this.held.push({ requests, answer }));
  }

  answerFirst(issueOf: (request: LoginRequest) => Issue): void {
    const { requests, answer } = this.held.shift()!;
    answer(requests.map(issueOf));
  }
}

const request = (row: number): LoginRequest => ({ row, generation: row + 7, uid: `p${row}`, proof: 'none' });
const session = ({ uid }: LoginRequest): Issue => ({ token: `t-${uid}`, secret: `s-${uid}`, sid: `i-${uid}` });

function watched(issuer: Issuer): { credentials: Credentials; delivered: [number, ToWorker][] } {
  const delivered: [number, ToWorker][] = [];
  return { delivered, credentials: new Credentials(issuer, 1, (worker, message) => delivered.push([worker, message])) };
}

test('all that a worker asks for goes in one batch, and each worker gets its own answers', async () => {
  const issuer = new HeldIssuer(10);
  const { credentials, delivered } = watched(issuer);
  credentials.request(0, [request(0), request(1)]);
  credentials.request(1, [request(5)]);
  credentials.request(0, [request(2)]);
  await turn();
  assert.deepEqual(
    issuer.held.map(({ requests }) => requests.map(({ uid }) => uid)),
    [['p0', 'p1', 'p2'], ['p5']],
  );
  issuer.answerFirst(session);
  issuer.answerFirst(session);
  await turn();
  const rows = delivered.map(([worker, message]) => [worker, message.type === 'credentials' && message.entries.map(({ row }) => row)]);
  assert.deepEqual(rows, [
    [0, [0, 1, 2]],
    [1, [5]],
  ]);
});

test('a worker that asks for much does not keep the others waiting', async () => {
  const issuer = new HeldIssuer(2);
  const { credentials } = watched(issuer);
  credentials.request(
    0,
    Array.from({ length: 100 }, (_, row) => request(row)),
  );
  credentials.request(1, [request(500)]);
  await turn();
  assert.deepEqual(
    issuer.held.map(({ requests }) => requests.map(({ row }) => row)),
    [[0, 1], [500]],
  );
});

test('no more requests are in flight than the issuer bears, and every client is asked for once', async () => {
  const issuer = new HeldIssuer(3);
  const { credentials, delivered } = watched(issuer);
  credentials.request(
    0,
    Array.from({ length: 20 }, (_, row) => request(row)),
  );
  const asked: number[] = [];
  for (await turn(); issuer.held.length > 0; await turn()) {
    assert.ok(issuer.held.length <= 2);
    asked.push(...issuer.held[0]!.requests.map(({ row }) => row));
    issuer.answerFirst(session);
  }
  assert.deepEqual(
    asked.sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, row) => row),
  );
  assert.equal(
    delivered.reduce((sum, [, message]) => sum + (message.type === 'credentials' ? message.entries.length : 0), 0),
    20,
  );
});

test('the refused are told by code, and the others of the batch get their session', async () => {
  const issuer = new HeldIssuer(10);
  const { credentials, delivered } = watched(issuer);
  credentials.request(0, [request(0), request(1), request(2)]);
  await turn();
  issuer.answerFirst((asked) => (asked.row === 1 ? session(asked) : { code: 'login.401' }));
  await turn();
  assert.deepEqual(
    delivered.map(([, message]) => message),
    [
      {
        type: 'credentials',
        entries: [{ row: 1, generation: 8, token: 't-p1', secret: 's-p1', sid: 'i-p1', dfp: new Fingerprints(1).of('p1') }],
      },
      { type: 'login-failed', clients: [0, 2], code: 'login.401' },
    ],
  );
});

test('after stop() nothing more is sent', async () => {
  const issuer = new HeldIssuer(1);
  const { credentials } = watched(issuer);
  credentials.request(0, [request(0), request(1), request(2), request(3)]);
  await turn();
  credentials.stop();
  issuer.answerFirst(session);
  issuer.answerFirst(session);
  await turn();
  assert.equal(issuer.held.length, 0);
});
