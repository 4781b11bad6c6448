/** node dist/benchmarks/protocol/keys.js: what AUTH costs in keys, ours and node:crypto's. */
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { deriveConnectionKeys, deriveSessionSecret } from '../../src/protocol/keys.js';
import { HmacKey } from '../../src/protocol/mac.js';
import { MidstateMacTable } from '../../src/protocol/mac-midstates.js';
import { compare } from './stopwatch.js';

const ROWS = 20_000;
const table = new MidstateMacTable(ROWS);
const secret = new Uint8Array(randomBytes(32));
const snonce = new Uint8Array(randomBytes(16));
const cnonce = new Uint8Array(randomBytes(16));
const salt = Buffer.concat([snonce, cnonce]);

compare('both keys of a connection, ready to use', 20_000, [
  {
    name: 'deriveConnectionKeys',
    run: (count) => {
      for (let i = 0; i < count; i++) {
        const row = (2 * i) % ROWS;
        deriveConnectionKeys(secret, 0, snonce, 0, cnonce, 0, table, row, row + 1);
      }
    },
  },
  {
    name: 'hkdfSync, twice (keys only)',
    run: (count) => {
      for (let i = 0; i < count; i++) {
        hkdfSync('sha256', secret, salt, 'gwrk/1 c2s', 32);
        hkdfSync('sha256', secret, salt, 'gwrk/1 s2c', 32);
      }
    },
  },
]);

const sessKey = new Uint8Array(randomBytes(32));
const sess = new HmacKey(sessKey);
const sid = new Uint8Array(randomBytes(17));
const out = new Uint8Array(32);

compare('the session secret of a sid', 100_000, [
  {
    name: 'deriveSessionSecret',
    run: (count) => {
      for (let i = 0; i < count; i++) deriveSessionSecret(sess, sid, 0, 1, out, 0);
    },
  },
  {
    name: 'createHmac',
    run: (count) => {
      for (let i = 0; i < count; i++) createHmac('sha256', sessKey).update(sid).digest();
    },
  },
]);
