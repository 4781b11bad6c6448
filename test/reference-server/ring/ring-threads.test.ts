import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMutexQueue } from '../../../reference-server/ring/mutex-queue.js';
import { createRecordRing } from '../../../reference-server/ring/record-ring.js';
import { createSlotRing } from '../../../reference-server/ring/slot-ring.js';
import { moduleAddress, runTwoThreads } from './two-threads.js';

/** Each word of message n is n; the reader answers with how many it got, or with what was wrong. */
const SLOT_RING = `
import { parentPort, workerData } from 'node:worker_threads';
const { SlotProducer, SlotConsumer } = await import(workerData.module);
const { shared, count, role } = workerData;
function write() {
  const ring = new SlotProducer(shared);
  let full = 0;
  for (let n = 0; n < count; ) {
    const at = ring.claim();
    if (at < 0) { ring.publish(); full++; continue; }
    for (let i = 0; i < 16; i++) ring.words[at + i] = n;
    ring.commit();
    if (++n % 7 === 0) ring.publish();
  }
  ring.publish();
  return full > 0 ? 'was full' : 'never full';
}
function read() {
  const ring = new SlotConsumer(shared);
  for (let n = 0; n < count; ) {
    const at = ring.next();
    if (at < 0) { ring.release(); continue; }
    for (let i = 0; i < 16; i++) if (ring.words[at + i] !== n) return 'word ' + i + ' of message ' + n + ' is ' + ring.words[at + i];
    ring.pass();
    if (++n % 5 === 0) ring.release();
  }
  return ring.next() < 0 ? 'all in order' : 'one too many';
}
parentPort.postMessage(role === 0 ? write() : read());
`;

const RECORD_RING = `
import { parentPort, workerData } from 'node:worker_threads';
const { RecordProducer, RecordConsumer } = await import(workerData.module);
const { shared, count, role } = workerData;
const lengthOf = (n) => (n * 2654435761 >>> 0) % 1000;
function write() {
  const ring = new RecordProducer(shared);
  for (let n = 0; n < count; ) {
    const at = ring.claim(lengthOf(n));
    if (at < 0) { ring.publish(); continue; }
    ring.bytes.fill(n & 255, at, at + lengthOf(n));
    ring.commit();
    if (++n % 3 === 0) ring.publish();
  }
  ring.publish();
  return 'written';
}
function read() {
  const ring = new RecordConsumer(shared);
  for (let n = 0; n < count; ) {
    const at = ring.next();
    if (at < 0) { ring.release(); continue; }
    if (ring.recordBytes !== lengthOf(n)) return 'record ' + n + ' has ' + ring.recordBytes;
    for (let i = 0; i < ring.recordBytes; i++) if (ring.bytes[at + i] !== (n & 255)) return 'byte ' + i + ' of ' + n;
    ring.pass();
    if (++n % 4 === 0) ring.release();
  }
  return ring.next() < 0 ? 'all in order' : 'one too many';
}
parentPort.postMessage(role === 0 ? write() : read());
`;

const MUTEX_QUEUE = `
import { parentPort, workerData } from 'node:worker_threads';
const { MutexQueue } = await import(workerData.module);
const { shared, count, role } = workerData;
const queue = new MutexQueue(shared);
const message = new Int32Array(16);
let wrong = 0;
for (let n = 0; n < count; ) {
  if (role === 0) { message.fill(n); if (queue.push(message)) n++; }
  else if (queue.pop(message)) { if (message.some((word) => word !== n)) wrong++; n++; }
}
parentPort.postMessage(role === 0 ? 'written' : wrong + ' wrong');
`;

describe('between two threads', () => {
  for (const slots of [1, 4, 1_024])
    it(`a ring of ${slots} slots loses, doubles and reorders nothing and is never written over`, async () => {
      const count = slots === 1_024 ? 200_000 : 2_000 * slots;
      const module = await moduleAddress('slot-ring.js');
      const [writer, reader] = await runTwoThreads(SLOT_RING, { module, shared: createSlotRing(slots), count });
      assert.equal(reader, 'all in order');
      if (slots < 1_024) assert.equal(writer, 'was full');
    });

  it('a ring of records keeps them whole and in order', async () => {
    const module = await moduleAddress('record-ring.js');
    assert.deepEqual(await runTwoThreads(RECORD_RING, { module, shared: createRecordRing(4_096), count: 20_000 }), [
      'written',
      'all in order',
    ]);
  });

  it('a mutex queue keeps order too', async () => {
    const module = await moduleAddress('mutex-queue.js');
    assert.deepEqual(await runTwoThreads(MUTEX_QUEUE, { module, shared: createMutexQueue(64), count: 50_000 }), ['written', '0 wrong']);
  });
});

describe('each step of the order in memory is needed: without it the same test fails when', () => {
  const MUTANTS: Readonly<Record<string, readonly [string, string]>> = {
    'a slot is shown when it is claimed, before it is written': [
      'return (this.#tail & this.#mask) << SLOT_SHIFT;',
      'Atomics.store(this.#control, TAIL, (this.#tail + 1) | 0); return (this.#tail & this.#mask) << SLOT_SHIFT;',
    ],
    'a slot is given back when it is found, before it is read': [
      'return (this.#head & this.#mask) << SLOT_SHIFT;',
      'Atomics.store(this.#control, HEAD, (this.#head + 1) | 0); return (this.#head & this.#mask) << SLOT_SHIFT;',
    ],
    'the writer does not look where the reader is': [
      '>= limit)\n                return -1;',
      '>= limit)\n                this.#head = this.#tail;',
    ],
    'the tail is never stored': ['Atomics.store(this.#control, TAIL, this.#tail);', ''],
    'the head is never stored': ['Atomics.store(this.#control, HEAD, this.#head);', ''],
  };
  for (const [what, mutation] of Object.entries(MUTANTS))
    it(what, async () => {
      const module = await moduleAddress('slot-ring.js', mutation);
      const [, reader] = await runTwoThreads(SLOT_RING, { module, shared: createSlotRing(4), count: 20_000 }, 1_000);
      assert.notEqual(reader, 'all in order');
    });
});
