import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Issue, Issuer, LoginBatchEntry } from '../../src/run/credential-issuer.js';
import { Credentials, fingerprint } from '../../src/run/credentials.js';
import type { LoginRequest, ToWorker } from '../../src/swarm/messages.js';

/** An issuer that answers when it is told to. */
class HeldIssuer implements Issuer {
  readonly how = 'bulk';
  readonly batchSize: number;
  readonly maxInFlight = 2;
  readonly held: { entries: readonly LoginBatchEntry[]; answer: (issues: Issue[]) => void }[] = [];

  constructor(batchSize: number) {
    this.batchSize = batchSize;
  }

  issue(entries: readonly LoginBatchEntry[]): Promise<Issue[]> {
    return new Promise((answer) => this.held.push({ entries, answer }));
  }

  answerFirst(issueOf: (entry: LoginBatchEntry) => Issue): void {
    const { entries, answer } = this.held.shift()!;
    answer(entries.map(issueOf));
  }
}

const request = (row: number): LoginRequest => ({ row, generation: row + 7, uid: `p${row}`, proof: 'none' });
const session = ({ request: { uid } }: LoginBatchEntry): Issue => ({ token: `t-${uid}`, secret: `s-${uid}`, sid: `i-${uid}` });

function watched(issuer: Issuer): { credentials: Credentials; delivered: [number, ToWorker][] } {
  const delivered: [number, ToWorker][] = [];
  return { delivered, credentials: new Credentials(issuer, 1, (worker, message) => delivered.push([worker, message])) };
}

test('requests of all workers share batches, and each worker gets its own answers', async () => {
  const issuer = new HeldIssuer(10);
  const { credentials, delivered } = watched(issuer);
  credentials.request(0, [request(0), request(1)]);
  credentials.request(1, [request(0)]);
  await turn();
  assert.equal(issuer.held.length, 1);
  assert.deepEqual(
    issuer.held[0]!.entries.map((entry) => entry.request.uid),
    ['p0', 'p1', 'p0'],
  );
  issuer.answerFirst(session);
  await turn();
  const rows = delivered.map(([worker, message]) => [
    worker,
    message.type === 'credentials' && message.entries.map(({ row, generation }) => [row, generation]),
  ]);
  assert.deepEqual(rows, [
    [
      0,
      [
        [0, 7],
        [1, 8],
      ],
    ], // prettier
    [1, [[0, 7]]],
  ]);
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
    asked.push(...issuer.held[0]!.entries.map((entry) => entry.request.row));
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
  issuer.answerFirst((entry) => (entry.request.row === 1 ? session(entry) : { code: 'login.401' }));
  await turn();
  assert.deepEqual(
    delivered.map(([, message]) => message),
    [
      { type: 'credentials', entries: [{ row: 1, generation: 8, token: 't-p1', secret: 's-p1', sid: 'i-p1', dfp: fingerprint(1, 'p1') }] },
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

test('a device is 32 bytes, the same for one seed and player, another for any other', () => {
  assert.equal(Buffer.from(fingerprint(1, 'p1'), 'base64url').length, 32);
  assert.equal(fingerprint(1, 'p1'), fingerprint(1, 'p1'));
  assert.notEqual(fingerprint(1, 'p1'), fingerprint(2, 'p1'));
  assert.notEqual(fingerprint(1, 'p1'), fingerprint(1, 'p2'));
});
