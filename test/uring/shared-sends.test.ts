import assert from 'node:assert/strict';
import { writeSync } from 'node:fs';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.js';
import { skipReason, withPair } from './pair.js';

const options = { skip: skipReason };
const seed = Number(process.env.GWRK_SEED ?? Date.now() % 1_000_000);

test(`bytes that go to many rows reach each of them whole and in order, also slow ones (GWRK_SEED=${seed})`, options, () => {
  const random = new Prng(seed);
  const ROWS = 12;
  withPair({ capacity: ROWS, slotsPerRing: 5, serverSlotsPerRing: 5, onServerData: () => {} }, (pair) => {
    for (let row = 0; row < ROWS; row++) pair.connect(row, `${row}`);
    pair.until(() => pair.atServer.data.size === ROWS);
    /** By server row: everything that was sent to it. */
    const sent = new Map<number, Buffer[]>(pair.atServer.accepted.map((row) => [row, []]));
    const clientOf = new Map([...pair.atServer.data].map(([row, data]) => [row, Number(data.toString())]));
    // Every eighth client does not read for a while. What it is sent, about 7 MB, is more than the kernel keeps of it.
    for (const client of clientOf.values()) if (client % 8 === 0) pair.client.pause(client);
    // What is sent stands in one array that is used again and again, now and then not at the beginning of a word.
    const array = Buffer.alloc(1 << 17);
    for (let round = 0; round < 120; round++) {
      const length = random.between(0, 3) === 0 ? random.between(1, 60) : random.between(40_000, 120_000);
      const shared = Buffer.alloc(length, round);
      const single = Buffer.from(`<${round}>`);
      const singleAt = random.between(0, 7);
      const sharedAt = random.between(16, 23);
      single.copy(array, singleAt);
      shared.copy(array, sharedAt);
      const singles = new Set(pair.atServer.accepted.filter(() => random.between(0, 5) === 0));
      for (const row of singles) pair.server.send(row, array, singleAt, singleAt + single.length);
      pair.server.beginShared();
      for (const row of pair.atServer.accepted) pair.server.sendShared(row, array, sharedAt, sharedAt + length);
      // Behind a shared piece a piece of one's own must not be put into what the others get.
      const last = pair.atServer.accepted.at(-1)!;
      pair.server.send(last, array, singleAt, singleAt + single.length);
      for (const [row, pieces] of sent) {
        if (singles.has(row)) pieces.push(single);
        pieces.push(shared);
        if (row === last) pieces.push(single);
      }
      if (round % 10 === 9) {
        pair.server.poll(0);
        pair.client.poll(0);
      }
    }
    for (const client of clientOf.values()) pair.client.resume(client);
    const wanted = [...sent].map(([row, pieces]) => [row, Buffer.concat(pieces)] as const);
    pair.until(() => wanted.every(([row, bytes]) => (pair.atClient.data.get(clientOf.get(row)!)?.length ?? 0) >= bytes.length));
    for (const [row, bytes] of wanted) assert.ok(bytes.equals(pair.atClient.data.get(clientOf.get(row)!)!), `row ${row}, seed ${seed}`);
  });
});

test('a write to its eventfd ends a group’s wait, whether it came before the wait or during it', options, () => {
  withPair({ capacity: 2, slotsPerRing: 2 }, (pair) => {
    pair.connect(0, 'x');
    pair.until(() => pair.text(pair.atClient, 0) === 'x');
    const one = Buffer.alloc(8);
    one[0] = 1;
    const descriptor = pair.client.wakeDescriptor();
    for (let round = 0; round < 20; round++) {
      writeSync(descriptor, one);
      const startMs = performance.now();
      pair.client.poll(60e6);
      assert.ok(performance.now() - startMs < 30_000, 'it did not sleep the minute');
    }
  });
});
