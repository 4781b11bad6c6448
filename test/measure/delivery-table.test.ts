import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Prng } from '../../src/core/prng.js';
import { DeliveryTable, KEY_IN_USE, NO_ROOM, OWN_COPY, TOO_LATE, UNKNOWN } from '../../src/measure/delivery-table.js';

const newTable = (): DeliveryTable => new DeliveryTable(new SharedArrayBuffer(DeliveryTable.byteLength));

test('messages are found by their keys, among many others, until they are settled', () => {
  const prng = new Prng(11);
  const table = newTable();
  const open = new Map<string, { slot: number; low: number; high: number; received: number; sender: number }>();
  for (let step = 0; step < 200_000; step++) {
    const low = prng.between(0, 60) * 0x1000193;
    const high = prng.between(0, 60) * 0x9e3779b1;
    const known = open.get(`${low} ${high}`);
    const choice = prng.next();
    if (choice < 0.3) {
      const slot = table.open(low, high, step, 5, 1000, 2000);
      if (known) assert.equal(slot, KEY_IN_USE);
      else if (slot !== NO_ROOM) open.set(`${low} ${high}`, { slot, low, high, received: 0, sender: step });
    } else if (choice < 0.9) {
      const since = table.receive(low, high, -1, 1500);
      assert.equal(since, known ? 500 : UNKNOWN, `seed 11, step ${step}`);
      if (known) known.received++;
    } else if (known) {
      assert.equal(table.receive(low, high, known.sender, 1500), OWN_COPY);
      assert.equal(table.receive(low, high, -1, 2001), TOO_LATE);
      table.settle(known.slot);
      assert.deepEqual([table.received, table.expected, table.spreadUs], [known.received, 5, 0]);
      open.delete(`${low} ${high}`);
    }
  }
  assert.ok(open.size > 500);
});

test('a table that is full says so, and has room again when something is settled', () => {
  const table = newTable();
  const slots: number[] = [];
  let low = 0;
  for (let slot = 0; slot >= 0; low++) if ((slot = table.open(low, 0, 0, 1, 0, 1)) >= 0) slots.push(slot);
  assert.ok(slots.length > 20_000, `${slots.length} before a place was full`);
  for (const slot of slots) table.settle(slot);
  assert.ok(table.open(low - 1, 0, 0, 1, 0, 1) >= 0);
});

test('threads that receive the same messages at once lose no receipt', async () => {
  const buffer = new SharedArrayBuffer(DeliveryTable.byteLength);
  const table = new DeliveryTable(buffer);
  const messages = 200;
  const each = 500;
  const threads = 3;
  const slots = Array.from({ length: messages }, (_, key) => table.open(key, key, -1, threads * each, 0, 1e9));
  const code = `
    const { workerData } = require('node:worker_threads');
    import(workerData.module).then(({ DeliveryTable }) => {
      const table = new DeliveryTable(workerData.buffer);
      for (let i = 0; i < ${each}; i++) for (let key = 0; key < ${messages}; key++) table.receive(key, key, 0, 1 + workerData.thread * ${each} + i);
    });`;
  const module = new URL('../../src/measure/delivery-table.js', import.meta.url).href;
  await Promise.all(
    Array.from({ length: threads }, (_, thread) => {
      const worker = new Worker(code, { eval: true, workerData: { buffer, module, thread } });
      return new Promise((resolve, reject) => worker.once('error', reject).once('exit', resolve));
    }),
  );
  for (const slot of slots) {
    table.settle(slot);
    assert.equal(table.received, threads * each);
    assert.equal(table.spreadUs, threads * each - 1);
  }
});
