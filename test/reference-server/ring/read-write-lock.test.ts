import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { moduleAddress, runTwoThreads } from './two-threads.js';

/** What each thread begins with. */
const LOCK = `
import { parentPort, workerData } from 'node:worker_threads';
const { ReadWriteLock } = await import(workerData.module);
const words = new Int32Array(workerData.shared);
const lock = new ReadWriteLock(words);`;

/** Both threads read 95 times of 100 and write 5 times: all words of the snapshot are equal unless a write is torn. */
const SHARE = `${LOCK}
let torn = 0;
let written = 0;
for (let n = 0; n < workerData.count; n++) {
  if (n % 20 === 0) {
    lock.lockWrite();
    const next = words[16] + 1;
    for (let i = 0; i < 16; i++) words[16 + i] = next;
    written++;
    lock.unlockWrite();
  } else {
    lock.lockRead();
    for (let i = 1; i < 16; i++) if (words[16 + i] !== words[16]) torn++;
    lock.unlockRead();
  }
}
parentPort.postMessage({ torn, written });
`;

/** Role 0 holds the read lock until role 1 has taken it too, or gives up. */
const TWO_READERS = `${LOCK}
lock.lockRead();
Atomics.add(words, 8, 1);
Atomics.notify(words, 8);
while (Atomics.load(words, 8) < 2 && Atomics.wait(words, 8, 1, 60_000) !== 'timed-out');
parentPort.postMessage(Atomics.load(words, 8));
lock.unlockRead();
`;

/** Role 0 reads and stays; role 1 waits to write; then role 0's second look, from a third lock, must not come in before it. */
const WRITER_FIRST = `${LOCK}
if (workerData.role === 0) {
  lock.lockRead();
  Atomics.store(words, 8, 1);
  Atomics.notify(words, 8);
  // The writer waits from now on: it has announced itself, and the state is one reader.
  while (Atomics.load(words, 1) === 0) Atomics.wait(words, 9, 0, 1);
  lock.unlockRead();
  lock.lockRead();
  parentPort.postMessage(words[10]);
  lock.unlockRead();
} else {
  Atomics.wait(words, 8, 0, 60_000);
  lock.lockWrite();
  words[10] = 77;
  lock.unlockWrite();
  parentPort.postMessage('wrote');
}
`;

/** Role 0 reads until role 1 has written, or for as long as it is told to, and says what it saw in the end; role 1 writes meanwhile. */
const WRITER_MEETS_READER = `${LOCK}
if (workerData.role === 0) {
  lock.lockRead();
  Atomics.store(words, 8, 1);
  Atomics.notify(words, 8);
  Atomics.wait(words, 10, 0, workerData.readsMs);
  parentPort.postMessage(words[10]);
  lock.unlockRead();
} else {
  Atomics.wait(words, 8, 0, 60_000);
  lock.lockWrite();
  Atomics.store(words, 10, 77);
  Atomics.notify(words, 10);
  lock.unlockWrite();
  parentPort.postMessage('wrote');
}
`;

const shared = (): SharedArrayBuffer => new SharedArrayBuffer(32 * 4);

describe('the reader/writer lock', () => {
  it('lets nobody see half a write, and loses no write', async () => {
    const memory = shared();
    const module = await moduleAddress('read-write-lock.js');
    const results = await runTwoThreads(SHARE, { module, shared: memory, count: 100_000 });
    assert.deepEqual(results, [
      { torn: 0, written: 5_000 },
      { torn: 0, written: 5_000 },
    ]);
    assert.equal(new Int32Array(memory)[16], 10_000);
    assert.deepEqual([...new Int32Array(memory, 0, 2)], [0, 0], 'it is free in the end');
  });

  it('lets no writer in while somebody reads, which would be seen if writers did not wait', async () => {
    const right = await moduleAddress('read-write-lock.js');
    assert.deepEqual(await runTwoThreads(WRITER_MEETS_READER, { module: right, shared: shared(), readsMs: 300 }), [0, 'wrote']);
    const wrong = await moduleAddress('read-write-lock.js', ['if (state === 0)', 'if (state >= 0)']);
    assert.deepEqual(await runTwoThreads(WRITER_MEETS_READER, { module: wrong, shared: shared(), readsMs: 60_000 }), [77, 'wrote']);
  });

  it('holds several readers at once', async () => {
    const module = await moduleAddress('read-write-lock.js');
    assert.deepEqual(await runTwoThreads(TWO_READERS, { module, shared: shared() }), [2, 2]);
  });

  it('lets a waiting writer in before a reader that comes later', async () => {
    const module = await moduleAddress('read-write-lock.js');
    for (let round = 0; round < 5; round++) {
      assert.deepEqual(await runTwoThreads(WRITER_FIRST, { module, shared: shared() }), [77, 'wrote']);
    }
  });
});
