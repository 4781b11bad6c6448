import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { NonceRings } from '../../../reference-server/nonce-ring.js';
import { OpWindows } from '../../../reference-server/op-window.js';
import { SessionTakeovers } from '../../../reference-server/threads/session-takeovers.js';
import type { RacingResult, RacingStart } from './racing-worker.js';

const RACERS = 3;
const ROUNDS = 15_000;

describe('memory that threads share', () => {
  it('lets one of several threads claim a nonce, five operations of a user pass, and nobody else in where one is', async () => {
    const gate = new SharedArrayBuffer(12);
    const start: RacingStart = { rings: NonceRings.allocate(1_000), windows: OpWindows.allocate(1_000), gate, rounds: ROUNDS };
    const file = new URL('./racing-worker.js', import.meta.url);
    const workers = Array.from({ length: RACERS }, () => new Worker(file, { workerData: start }));
    await Promise.all(workers.map((worker) => once(worker, 'message')));
    const ends = workers.map(async (worker) => (await once(worker, 'message'))[0] as RacingResult);
    const words = new Int32Array(gate);
    Atomics.store(words, 0, 1);
    Atomics.notify(words, 0);
    const results = await Promise.all(ends);
    const sum = (key: keyof RacingResult): number => results.reduce((total, result) => total + result[key], 0);
    // 300 nonces a session fit into its ring, so none was forgotten and claimed twice.
    assert.equal(sum('claims'), ROUNDS);
    assert.equal(sum('passes'), 100 * 5);
    assert.equal(words[2], RACERS * ROUNDS);
  });
});

describe('the takeover of a session', () => {
  const sid = Uint8Array.from({ length: 16 }, (_, i) => i);

  /** Threads that share sessions, and the word that they sent to one another. */
  function crew(count: number): { threads: SessionTakeovers[]; sent: [from: number, to: number, claim: number][] } {
    const buffer = new SharedArrayBuffer(SessionTakeovers.bytesFor(8));
    const sent: [number, number, number][] = [];
    const threads = Array.from(
      { length: count },
      (_, from) =>
        new SessionTakeovers(buffer, from, 4, (to, bytes, claim) => {
          assert.deepEqual(bytes, sid);
          sent.push([from, to, claim]);
        }),
    );
    return { threads, sent };
  }

  it('is told to the thread that had it, one turn later than it happened, so that AUTH_OK is out before', () => {
    const { threads, sent } = crew(2);
    threads[0]!.claim(3, 5, sid);
    assert.equal(threads[0]!.turn(), false);
    threads[1]!.claim(2, 5, sid);
    assert.equal(threads[1]!.turn(), true, 'it wants to be asked again at once');
    assert.deepEqual(sent, []);
    assert.equal(threads[1]!.turn(), false);
    assert.deepEqual(sent, [[1, 0, 2]]);
    assert.equal(threads[0]!.isBefore(3, 2), true);
    assert.equal(threads[1]!.isBefore(2, 2), false);
  });

  it('by a connection of the same thread, or of a session whose connection is over, is told to nobody', () => {
    const { threads, sent } = crew(2);
    threads[0]!.claim(0, 1, sid);
    threads[0]!.claim(1, 1, sid);
    threads[0]!.release(0);
    threads[0]!.release(1);
    threads[1]!.claim(0, 1, sid);
    for (const thread of threads) for (let i = 0; i < 3; i++) assert.equal(thread.turn(), false);
    assert.deepEqual(sent, []);
  });

  it('is not undone by the end of the connection that it was taken from', () => {
    const { threads, sent } = crew(3);
    threads[0]!.claim(0, 1, sid);
    threads[1]!.claim(0, 1, sid);
    threads[0]!.release(0);
    threads[2]!.claim(0, 1, sid);
    for (const thread of threads) while (thread.turn()) {}
    assert.deepEqual(
      sent.map(([from, to]) => [from, to]),
      [
        [1, 0],
        [2, 1],
      ],
    );
  });

  it('closes nothing newer, when word of it comes late', () => {
    const { threads, sent } = crew(2);
    threads[0]!.claim(0, 1, sid);
    threads[1]!.claim(0, 1, sid);
    threads[0]!.claim(1, 1, sid);
    while (threads[1]!.turn()) {}
    const [, , claim] = sent[0]!;
    assert.equal(threads[0]!.isBefore(1, claim), false);
    assert.equal(threads[0]!.isBefore(0, claim), true);
  });

  it('knows older from newer also where the count of claims begins anew', () => {
    const buffer = new SharedArrayBuffer(SessionTakeovers.bytesFor(1));
    const thread = new SessionTakeovers(buffer, 0, 2, () => {});
    // The row has been claimed 2^25 - 2 times.
    new Int32Array(buffer)[0] = (2 ** 25 - 2) << 7;
    thread.claim(0, 0, sid);
    thread.claim(1, 0, sid);
    assert.equal(thread.isBefore(0, 0), true);
    assert.equal(thread.isBefore(1, 0), false);
    assert.equal(thread.isBefore(1, 2 ** 25 - 1), false);
  });
});
