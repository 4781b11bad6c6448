import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createWakeWords, Sleeper, Waker } from '../../../reference-server/rooms/wake.js';
import { libc } from '../../../src/uring/libc.js';
import { probeUring } from '../../../src/uring/probe.js';

const module = new URL('../../../reference-server/rooms/wake.js', import.meta.url).href;

/** Two threads hand a number to and fro, each asleep while the other has it; a wake that is lost shows as ten seconds of silence, longer than a busy machine keeps a thread waiting. */
const PING_PONG = `
import { parentPort, workerData } from 'node:worker_threads';
const { Sleeper, Waker } = await import(workerData.module);
const { mine, other, ball, role, rounds } = workerData;
const sleeper = new Sleeper(mine);
const waker = new Waker(other);
const words = new Int32Array(ball);
let lost = 0;
for (let n = role; n < rounds; n += 2) {
  for (;;) {
    if (Atomics.load(words, 0) === n) break;
    sleeper.announce();
    if (Atomics.load(words, 0) === n) { sleeper.retract(); break; }
    const before = performance.now();
    sleeper.sleep(10_000);
    if (performance.now() - before > 9_990 && Atomics.load(words, 0) === n) lost++;
  }
  Atomics.store(words, 0, n + 1);
  waker.wake();
}
parentPort.postMessage(lost);
`;

describe('waking a thread', () => {
  it('never loses a wake between two threads that sleep in turn', async () => {
    const [first, second] = [createWakeWords(), createWakeWords()];
    const ball = new SharedArrayBuffer(4);
    const text = new URL(`data:text/javascript,${encodeURIComponent(PING_PONG)}`);
    const threads = [0, 1].map(
      (role) =>
        new Worker(text, {
          workerData: { module, mine: role === 0 ? first : second, other: role === 0 ? second : first, ball, role, rounds: 20_000 },
        }),
    );
    const lost = await Promise.all(threads.map(async (thread) => (await once(thread, 'message'))[0]));
    await Promise.all(threads.map((thread) => thread.terminate()));
    assert.deepEqual(lost, [0, 0]);
  });

  it('writes to the descriptor of a thread that sleeps in the kernel, once, and not at all while it is awake', {
    skip: !probeUring().available,
  }, async () => {
    const { readSync } = await import('node:fs');
    const descriptor = libc().eventfd();
    const words = createWakeWords();
    const sleeper = new Sleeper(words);
    const waker = new Waker(words);
    sleeper.useDescriptor(descriptor);
    const value = Buffer.alloc(8);
    const read = (): number => {
      try {
        readSync(descriptor, value);
        return value.readUInt32LE(0);
      } catch {
        return 0;
      }
    };
    waker.wake();
    assert.equal(read(), 0, 'it is awake');
    sleeper.announce();
    waker.wake();
    waker.wake();
    assert.equal(read(), 1);
    sleeper.announce();
    sleeper.end();
    waker.wake();
    assert.equal(read(), 0, 'it has ended: nobody writes any more');
    libc().close(descriptor);
  });

  it('lets a thread with an event loop hear of it', async () => {
    const words = createWakeWords();
    const sleeper = new Sleeper(words);
    sleeper.announce();
    let isAwake = false;
    const woken = sleeper.woken().then(() => {
      isAwake = true;
    });
    await new Promise(setImmediate);
    assert.equal(isAwake, false);
    new Waker(words).wake();
    await woken;
    await sleeper.woken();
  });
});
