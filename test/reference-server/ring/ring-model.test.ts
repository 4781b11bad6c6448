import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ringDepth } from '../../../reference-server/ring/control.js';
import { createMutexQueue, MutexQueue } from '../../../reference-server/ring/mutex-queue.js';
import { createRecordRing, RecordConsumer, RecordProducer } from '../../../reference-server/ring/record-ring.js';
import { createSlotRing, SlotConsumer, SlotProducer } from '../../../reference-server/ring/slot-ring.js';
import { Prng } from '../../../src/core/prng.js';

const seed = Number(process.env.GWRK_SEED ?? Date.now() % 1_000_000);

/** Both ends begin a few steps before the positions wrap around at 2^32, and before they change their sign at 2^31. */
const STARTS = [0, -5, 0x7fff_fffb];

function startAt(buffer: SharedArrayBuffer, position: number): SharedArrayBuffer {
  const control = new Int32Array(buffer, 0, 32);
  control[0] = position;
  control[16] = position;
  return buffer;
}

describe('the ring of slots', () => {
  for (const start of STARTS)
    it(`is a queue that says when it is full, from position ${start} (GWRK_SEED=${seed})`, () => {
      const random = new Prng(seed);
      for (const capacity of [1, 2, 8, 64]) {
        const buffer = startAt(createSlotRing(capacity), start);
        const producer = new SlotProducer(buffer);
        const consumer = new SlotConsumer(buffer);
        // A plain model: what was shown, what was written and not shown, what was read and not given back.
        const shown: number[] = [];
        const hidden: number[] = [];
        let passed = 0;
        let next = 0;
        let full = 0;
        for (let step = 0; step < 5_000; step++) {
          const action = random.between(0, 9);
          // Now the writer is the faster one, now the reader.
          const lastRead = (step >> 9) % 2 === 0 ? 6 : 8;
          if (action < 4) {
            const at = producer.claim();
            assert.equal(at < 0, shown.length + hidden.length + passed === capacity, `step ${step}`);
            if (at < 0) full++;
            else {
              for (let i = 0; i < 16; i++) producer.words[at + i] = next * 16 + i;
              producer.commit();
              hidden.push(next++);
            }
          } else if (action === 4) {
            assert.equal(producer.publish(), hidden.length);
            shown.push(...hidden.splice(0));
            assert.equal(ringDepth(new Int32Array(buffer, 0, 32)), shown.length + passed);
          } else if (action <= lastRead) {
            const at = consumer.next();
            const want = shown.shift();
            assert.equal(at < 0, want === undefined, `step ${step}`);
            if (want === undefined) continue;
            for (let i = 0; i < 16; i++) assert.equal(consumer.words[at + i], (want * 16 + i) | 0);
            consumer.pass();
            passed++;
          } else {
            consumer.release();
            passed = 0;
          }
        }
        assert.ok(next > 100 && full > 0, 'it went round and was full');
        assert.equal(new Int32Array(buffer)[1]! <= capacity && new Int32Array(buffer)[1]! > 0, true, 'the high-water mark is one');
      }
    });

  it('can be held below its capacity, and counts who was turned away', () => {
    const buffer = createSlotRing(8);
    const producer = new SlotProducer(buffer);
    for (let i = 0; i < 3; i++) {
      assert.ok(producer.claim(3) >= 0);
      producer.commit();
    }
    assert.equal(producer.claim(3), -1);
    producer.refuse();
    assert.equal(new Int32Array(buffer)[2], 1);
    assert.ok(producer.claim(4) >= 0);
  });

  it('is refused for a capacity that is no power of two', () => {
    for (const slots of [0, 3, 1_000, -4, 2 ** 25, 1.5]) assert.throws(() => createSlotRing(slots), RangeError);
    for (const bytes of [32, 100, 2 ** 31]) assert.throws(() => createRecordRing(bytes), RangeError);
    assert.throws(() => createMutexQueue(12), RangeError);
  });
});

describe('the ring of records', () => {
  for (const start of STARTS.map((position) => position & ~7))
    it(`keeps every record whole and in order, from position ${start} (GWRK_SEED=${seed})`, () => {
      const random = new Prng(seed);
      for (const capacity of [64, 256, 4_096]) {
        const buffer = startAt(createRecordRing(capacity), start);
        const producer = new RecordProducer(buffer);
        const consumer = new RecordConsumer(buffer);
        const shown: Buffer[] = [];
        const hidden: Buffer[] = [];
        let [sent, full, passed] = [0, 0, 0];
        for (let step = 0; step < 5_000; step++) {
          const action = random.between(0, 9);
          if (action < 4) {
            const record = Buffer.alloc(random.between(0, producer.longestRecordBytes), sent & 255);
            const at = producer.claim(record.length);
            if (at < 0) {
              full++;
              assert.ok(shown.length + hidden.length + passed > 0, 'an empty ring takes any record');
              continue;
            }
            assert.equal(at % 8, 0);
            producer.bytes.set(record, at);
            producer.commit();
            hidden.push(record);
            sent++;
          } else if (action === 4) {
            assert.equal(producer.publish(), hidden.length > 0);
            shown.push(...hidden.splice(0));
          } else if (action < 9) {
            const at = consumer.next();
            const want = shown.shift();
            assert.equal(at < 0, want === undefined, `step ${step}`);
            if (want === undefined) continue;
            assert.ok(want.equals(consumer.bytes.subarray(at, at + consumer.recordBytes)), `step ${step}`);
            consumer.pass();
            passed++;
          } else {
            consumer.release();
            passed = 0;
          }
        }
        assert.ok(sent > 200 && full > 0);
      }
    });

  it('refuses a record that could never fit', () => {
    const producer = new RecordProducer(createRecordRing(64));
    assert.equal(producer.longestRecordBytes, 24);
    assert.throws(() => producer.claim(25), RangeError);
    assert.equal(producer.claim(24), 8);
  });
});

describe('the mutex queue', () => {
  it(`is a bounded queue (GWRK_SEED=${seed})`, () => {
    const random = new Prng(seed);
    const queue = new MutexQueue(createMutexQueue(8));
    const message = new Int32Array(16);
    const model: number[] = [];
    for (let step = 0; step < 5_000; step++) {
      if (random.between(0, 1) === 0) {
        message.fill(step);
        assert.equal(queue.push(message), model.length < 8);
        if (model.length < 8) model.push(step);
      } else {
        const want = model.shift();
        assert.equal(queue.pop(message), want !== undefined);
        if (want !== undefined) assert.deepEqual([...message], new Array(16).fill(want));
      }
    }
  });
});
