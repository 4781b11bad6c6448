import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Issued, Issuer } from '../../src/run/credential-issuer.js';
import { Credentials } from '../../src/run/credentials.js';
import type { LoginColumns, ToWorker } from '../../src/swarm/messages.js';
import { columnsOf, objectsOf, type Player } from './login-columns.js';

/** An issuer that answers when it is told to. */
class HeldIssuer implements Issuer {
  readonly batchSize: number;
  readonly maxInFlight = 2;
  readonly held: { requests: readonly Player[]; answer: (issued: Issued) => void }[] = [];

  constructor(batchSize: number) {
    this.batchSize = batchSize;
  }

  issue(logins: LoginColumns): Promise<Issued> {
    return new Promise((answer) => this.held.push({ requests: objectsOf(logins), answer }));
  }

  /** Answers the oldest question: a session for each, but for those who are refused and those to be asked for again. */
  answerFirst(refused: readonly number[] = [], again: readonly number[] = []): void {
    const { requests, answer } = this.held.shift()!;
    const served = requests.filter(({ row }) => !refused.includes(row) && !again.includes(row));
    const messages: ToWorker[] = [sessionsOf(served)];
    if (refused.length > 0) messages.push({ type: 'login-failed', clients: refused, code: 'login.401' });
    const later = requests.filter(({ row }) => again.includes(row));
    answer({ messages, ...(later.length > 0 && { again: columnsOf(later) }) });
  }
}

const request = (row: number): Player => ({ row, generation: row + 7, uid: `p${row}` });
const requests = (count: number, from = 0): LoginColumns => columnsOf(Array.from({ length: count }, (_, k) => request(from + k)));

function sessionsOf(players: readonly Player[]): ToWorker {
  const { rows, generations } = columnsOf(players);
  return { type: 'sessions', json: Buffer.from('{}'), rows, generations, dfps: new Uint8Array(players.length * 32) };
}

function watched(issuer: Issuer): { credentials: Credentials; delivered: [number, ToWorker][]; rows: () => [number, number[]][] } {
  const delivered: [number, ToWorker][] = [];
  const credentials = new Credentials(issuer, (worker, message) => delivered.push([worker, message]));
  const rows = (): [number, number[]][] =>
    delivered.map(([worker, message]) => [worker, message.type === 'sessions' ? [...message.rows] : []]);
  return { delivered, credentials, rows };
}

const rowsHeld = ({ held }: HeldIssuer): number[][] => held.map(({ requests }) => requests.map(({ row }) => row));

test('all that a worker asks for goes in one batch, and each worker gets its own answers', async () => {
  const issuer = new HeldIssuer(10);
  const { credentials, rows } = watched(issuer);
  credentials.request(0, requests(2));
  credentials.request(1, requests(1, 5));
  credentials.request(0, requests(1, 2));
  await turn();
  assert.deepEqual(
    issuer.held.map(({ requests }) => requests),
    [[request(0), request(1), request(2)], [request(5)]],
  );
  issuer.answerFirst();
  issuer.answerFirst();
  await turn();
  assert.deepEqual(rows(), [
    [0, [0, 1, 2]],
    [1, [5]],
  ]);
});

test('a worker that asks for much does not keep the others waiting', async () => {
  const issuer = new HeldIssuer(2);
  const { credentials } = watched(issuer);
  credentials.request(0, requests(100));
  credentials.request(1, requests(1, 500));
  await turn();
  assert.deepEqual(rowsHeld(issuer), [[0, 1], [500]]);
});

test('no more requests are in flight than the issuer bears, and every client is asked for once', async () => {
  const issuer = new HeldIssuer(3);
  const { credentials, rows } = watched(issuer);
  credentials.request(0, requests(20));
  const asked: Player[] = [];
  for (await turn(); issuer.held.length > 0; await turn()) {
    assert.ok(issuer.held.length <= 2);
    asked.push(...issuer.held[0]!.requests);
    issuer.answerFirst();
  }
  assert.deepEqual(
    asked.sort((a, b) => a.row - b.row),
    Array.from({ length: 20 }, (_, row) => request(row)),
  );
  assert.equal(rows().flatMap(([, some]) => some).length, 20);
});

test('while a request is in flight the next clients gather, until they fill a request or it is answered', async () => {
  const issuer = new HeldIssuer(4);
  const { credentials } = watched(issuer);
  credentials.request(0, requests(1));
  await turn();
  assert.deepEqual(rowsHeld(issuer), [[0]]);
  credentials.request(0, requests(2, 1));
  await turn();
  credentials.request(0, requests(1, 3));
  await turn();
  assert.deepEqual(rowsHeld(issuer), [[0]]);
  issuer.answerFirst();
  await turn();
  assert.deepEqual(rowsHeld(issuer), [[1, 2, 3]]);
  credentials.request(0, requests(5, 4));
  await turn();
  assert.deepEqual(rowsHeld(issuer), [
    [1, 2, 3],
    [4, 5, 6, 7],
  ]);
});

test('the refused are told by code, and the others of the batch get their session', async () => {
  const issuer = new HeldIssuer(10);
  const { credentials, delivered } = watched(issuer);
  credentials.request(0, requests(3));
  await turn();
  issuer.answerFirst([0, 2]);
  await turn();
  assert.deepEqual(
    delivered.map(([, message]) => message),
    [sessionsOf([request(1)]), { type: 'login-failed', clients: [0, 2], code: 'login.401' }],
  );
});

test('those that are to be asked for again go before all others, and nobody is lost', async () => {
  const issuer = new HeldIssuer(4);
  const { credentials, rows } = watched(issuer);
  credentials.request(0, requests(10));
  await turn();
  assert.deepEqual(rowsHeld(issuer), [
    [0, 1, 2, 3],
    [4, 5, 6, 7],
  ]);
  issuer.answerFirst([1], [0, 2, 3]);
  await turn();
  assert.deepEqual(rowsHeld(issuer).at(-1), [0, 2, 3, 8]);
  for (; issuer.held.length > 0; await turn()) issuer.answerFirst();
  const served = rows().flatMap(([, some]) => some);
  assert.deepEqual(
    served.sort((a, b) => a - b),
    [0, 2, 3, 4, 5, 6, 7, 8, 9],
  );
});

test('after stop() nothing more is sent', async () => {
  const issuer = new HeldIssuer(1);
  const { credentials } = watched(issuer);
  credentials.request(0, requests(4));
  await turn();
  credentials.stop();
  issuer.answerFirst([], [0]);
  issuer.answerFirst();
  credentials.request(0, requests(4));
  await turn();
  assert.equal(issuer.held.length, 0);
});
