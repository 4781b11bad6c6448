import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { SequencesOrder } from './random-sequences.js';
import { needsRedis } from './redis-server.js';

const seed = Number(process.env.GWRK_SEED ?? 20_261);
const WORKERS = 2;
const SEQUENCES_EACH = 500;

test('in 1,000 sequences of 200 calls Redis answers as the memory does', { skip: needsRedis, timeout: 900_000 }, async (context) => {
  context.diagnostic(`GWRK_SEED=${seed}`);
  await Promise.all(
    Array.from({ length: WORKERS }, async (_, i) => {
      const order: SequencesOrder = { seed, first: i * SEQUENCES_EACH, count: SEQUENCES_EACH };
      const worker = new Worker(new URL('./random-sequences.js', import.meta.url), { workerData: order });
      await once(worker, 'exit'); // rejects with the first difference
    }),
  );
});
