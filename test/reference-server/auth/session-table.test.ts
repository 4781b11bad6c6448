import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { SessionTable } from '../../../reference-server/auth/session-table.js';
import { Prng } from '../../../src/core/prng.js';
import { A, B, type ReaderReport, type ReaderStart, STABLE_SESSIONS, stableId } from './session-table-reader.js';

const seed = Number(process.env.GWRK_SEED ?? 20261122);

function bytes16(prng: Prng): Uint8Array {
  return Uint8Array.from({ length: 16 }, () => prng.nextU32() & 0xff);
}

const insert = (table: SessionTable, sid: Uint8Array, jti: Uint8Array, uid: Uint8Array, expS = 1): number =>
  table.insert(sid, 0, jti, 0, uid, 0, uid, 0, expS);

test(`a table agrees with a map over 20,000 random inserts, removals, replacements and look-ups (seed ${seed})`, () => {
  const prng = new Prng(seed);
  const table = SessionTable.create(500);
  interface Session {
    sid: Uint8Array;
    jti: Uint8Array;
    uid: Uint8Array;
    expS: number;
  }
  const model = new Map<string, Session>();
  const key = (sid: Uint8Array): string => Buffer.from(sid).toString('hex');
  const pick = (): Session | undefined => [...model.values()][prng.between(0, model.size - 1)];
  for (let step = 0; step < 20_000; step++) {
    const roll = prng.next();
    if (roll < 0.45) {
      const session = { sid: bytes16(prng), jti: bytes16(prng), uid: bytes16(prng), expS: prng.nextU32() };
      // Half of the sids share few buckets, so that probes collide.
      if (roll < 0.2) session.sid.set([prng.between(0, 7), 0, 0, 0]);
      const row = insert(table, session.sid, session.jti, session.uid, session.expS);
      if (model.size === 500) assert.equal(row, -1);
      else model.set(key(session.sid), session);
    } else if (roll < 0.8) {
      const session = pick();
      if (!session) continue;
      table.remove(table.find(session.sid, 0));
      model.delete(key(session.sid));
      assert.equal(table.find(session.sid, 0), -1);
    } else if (roll < 0.9) {
      const session = pick();
      if (!session) continue;
      const jti = bytes16(prng);
      const row = table.find(session.sid, 0);
      table.replaceToken(row, jti, 0, 7);
      assert.equal(table.matches(row, session.jti, 0, session.uid, 0), false, 'the old token is refused at once');
      session.jti = jti;
      session.expS = 7;
    } else assert.equal(table.find(bytes16(prng), 0), -1);
    assert.equal(table.size, model.size);
    if (step % 500 === 0) {
      for (const session of model.values()) {
        const row = table.find(session.sid, 0);
        assert.ok(row >= 0 && table.matches(row, session.jti, 0, session.uid, 0));
        assert.equal(table.accessExpS(row), session.expS);
      }
    }
  }
});

test('a row of another token or another user does not match', () => {
  const table = SessionTable.create(4);
  const prng = new Prng(seed);
  const [sid, jti, uid, other] = [bytes16(prng), bytes16(prng), bytes16(prng), bytes16(prng)] as const;
  const row = insert(table, sid, jti, uid);
  assert.ok(table.matches(row, jti, 0, uid, 0));
  assert.equal(table.matches(row, other, 0, uid, 0), false);
  assert.equal(table.matches(row, jti, 0, other, 0), false);
  const state = table.stateOf(row);
  table.remove(row);
  assert.notEqual(table.stateOf(row), state);
  assert.equal(table.matches(row, jti, 0, uid, 0), false);
});

test('a second view over the same buffer sees the same sessions', () => {
  const table = SessionTable.create(100);
  const prng = new Prng(seed);
  const [sid, jti, uid] = [bytes16(prng), bytes16(prng), bytes16(prng)] as const;
  const row = insert(table, sid, jti, uid, 4_000_000_000);
  const view = new SessionTable(table.buffer);
  assert.equal(view.capacity, 100);
  assert.equal(view.size, 1);
  assert.equal(view.find(sid, 0), row);
  assert.equal(view.accessExpS(row), 4_000_000_000);
});

test('a table of a million sessions costs at most 100 bytes each', () => {
  assert.ok(SessionTable.bytesFor(1_000_000) / 1_000_000 <= 100);
  assert.ok(SessionTable.bytesFor(1_200_000) / 1_200_000 <= 100);
});

/** Starts a reader and waits until it is about to look. */
function startReader<Answer>(table: SessionTable, mode: ReaderStart['mode']): { flags: Int32Array; answer: Promise<Answer> } {
  const flags = new Int32Array(new SharedArrayBuffer(8));
  const start: ReaderStart = { mode, table: table.buffer, flags: flags.buffer as SharedArrayBuffer };
  const worker = new Worker(new URL('./session-table-reader.js', import.meta.url), { workerData: start });
  const answer = new Promise<Answer>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  Atomics.wait(flags, 0, 0, 5_000);
  return { flags, answer };
}

/** Lets the reader run into what stands in its way. */
function giveWay(flags: Int32Array): void {
  Atomics.wait(flags, 1, 0, 50);
}

test('readers on another thread see whole rows and lose no session that stays, while others come and go', async () => {
  const table = SessionTable.create(4_096);
  for (let i = 0; i < STABLE_SESSIONS; i++) insert(table, stableId(i, 1), stableId(i, 2), stableId(i, 3));
  const { flags, answer } = startReader<ReaderReport>(table, 'watch');
  // One row is A, then B, then A again; other rows come and go around the stable ones, so that entries of the index move.
  for (let round = 0; round < 100_000; round++) {
    const { sid, jti, uid } = round % 2 === 0 ? A : B;
    const row = insert(table, sid, jti, uid);
    const passing = stableId(round % STABLE_SESSIONS, 4);
    const passingRow = insert(table, passing, passing, passing);
    if (round % 4 === 0) table.replaceToken(row, jti, 0, round);
    table.remove(row);
    table.remove(passingRow);
  }
  Atomics.store(flags, 1, 1);
  const { looks, torn, lost, found } = await answer;
  assert.ok(looks > 0 && found > 0, `the reader looked ${looks} times and met the changing row ${found} times`);
  assert.equal(torn, 0);
  assert.equal(lost, 0);
});

// The layout that the docstring of session-table.ts tells.
const MOVES = 4;
const stateAt = (table: SessionTable, row: number): number => new Int32Array(table.buffer).length - (table.capacity - row) * 18;

test('a reader waits while a row is being written', async () => {
  const table = SessionTable.create(16);
  insert(table, stableId(0, 1), stableId(0, 2), stableId(0, 3));
  const ints = new Int32Array(table.buffer);
  const at = stateAt(table, 0);
  const live = ints[at]!;
  ints[at] = (live & ~3) + 4 + 1;
  const { flags, answer } = startReader<number>(table, 'match');
  giveWay(flags);
  ints[at + 5] = ~ints[at + 5]!; // the writer goes on: another token
  Atomics.store(ints, at, (live & ~3) + 4 + 2);
  assert.equal(await answer, 0, 'the answer is that of the finished row');
});

test('a reader that was overtaken between its two looks at a row looks again', () => {
  const table = SessionTable.create(16);
  const row = insert(table, A.sid, A.jti, A.uid);
  // Reading the token's first byte is where the writer comes in between.
  let overtaken = 0;
  const jti = new Proxy(A.jti, {
    get(target, key) {
      if (key === '0' && overtaken++ === 0) {
        table.remove(row);
        insert(table, B.sid, A.jti, B.uid);
      }
      return Reflect.get(target, key);
    },
  });
  assert.equal(table.matches(row, jti, 0, B.uid, 0), true, 'the row is B by now');
  assert.ok(overtaken > 1);
  let again = 0;
  const uid = new Proxy(B.uid, {
    get(target, key) {
      if (key === '15' && again++ === 0) table.remove(row);
      return Reflect.get(target, key);
    },
  });
  assert.equal(table.matches(row, A.jti, 0, uid, 0), false, 'all of it was equal, but the session has ended meanwhile');
});

test('a reader that finds nothing while entries move looks again', async () => {
  const table = SessionTable.create(16);
  const row = insert(table, stableId(0, 1), stableId(0, 2), stableId(0, 3));
  const ints = new Int32Array(table.buffer);
  const entryAt = ints.indexOf(row + 1, 16);
  ints[MOVES] = 1;
  ints[entryAt] = 0;
  const { flags, answer } = startReader<number>(table, 'find');
  giveWay(flags);
  Atomics.store(ints, entryAt, row + 1);
  Atomics.store(ints, MOVES, 2);
  assert.equal(await answer, row);
});
