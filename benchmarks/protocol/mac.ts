/** node dist/benchmarks/protocol/mac.js: tags of many sessions in turn, ours and node:crypto's. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { sha256 } from '../../src/protocol/mac.js';
import { MidstateMacTable } from '../../src/protocol/mac-midstates.js';
import { compare } from './stopwatch.js';

const ROWS = 10_000;
const table = new MidstateMacTable(ROWS);
const keys = Array.from({ length: ROWS }, () => new Uint8Array(randomBytes(32)));
for (const [row, key] of keys.entries()) table.setKey(row, key, 0);
const message = new Uint8Array(randomBytes(1024));
const tag = new Uint8Array(32);

for (const bytes of [24, 32, 112, 1024]) {
  compare(`verify a tag, ${bytes} bytes signed, round robin over ${ROWS} keys`, bytes > 500 ? 20_000 : 60_000, [
    {
      name: 'stored midstates',
      run: (count) => {
        for (let i = 0; i < count; i++) table.verify(i % ROWS, message, 0, bytes, 0, 0, null, 0, 0, tag, 0);
      },
    },
    {
      name: 'createHmac + timingSafeEqual',
      run: (count) => {
        const part = message.subarray(0, bytes);
        const expected = tag.subarray(0, 16);
        for (let i = 0; i < count; i++) {
          timingSafeEqual(
            createHmac('sha256', keys[i % ROWS]!)
              .update(part)
              .digest()
              .subarray(0, 16),
            expected,
          );
        }
      },
    },
  ]);
}

compare('set a key (two compressions)', 60_000, [
  {
    name: 'stored midstates',
    run: (count) => {
      for (let i = 0; i < count; i++) table.setKey(i % ROWS, keys[i % ROWS]!, 0);
    },
  },
]);

compare('SHA-256 of 55 bytes (one block)', 60_000, [
  {
    name: 'ours',
    run: (count) => {
      for (let i = 0; i < count; i++) sha256(message, 0, 55, tag, 0);
    },
  },
  {
    name: 'createHash',
    run: (count) => {
      const part = message.subarray(0, 55);
      for (let i = 0; i < count; i++) createHash('sha256').update(part).digest();
    },
  },
]);
