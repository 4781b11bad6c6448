import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { indexLog, indexPath } from '../../../reference-server/audit/log-index.js';
import { type LogQuery, searchLog, uidQuery } from '../../../reference-server/audit/search-log.js';
import { Prng } from '../../../src/core/prng.js';
import { freshDirectory, openLog, seed } from './log-fixture.js';

async function found(path: string, query: LogQuery): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of searchLog(path, query)) lines.push(line.toString());
  return lines;
}

/** The oracle: every line parsed. */
function expected(path: string, { field, value }: LogQuery): string[] {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.filter((line) => (JSON.parse(line) as Record<string, unknown>)[field] === value);
}

const idOf = (n: number): string => createHash('md5').update(String(n)).digest().toString('base64url');

function writeSessions(path: string, lines: number, random: Prng): void {
  const { file, note } = openLog(path);
  for (let n = 0; n < lines; n++) {
    const session = random.between(0, 99);
    // A peer may put a text that looks like a field into what is logged of it.
    const detail = n % 7 === 0 ? `"sid":"${idOf(random.between(0, 99))}"` : undefined;
    note('auth.ok', { sid: session % 5 === 0 ? undefined : idOf(session), uidHash: idOf(session % 10), detail });
  }
  file.flush(0);
  file.close();
}

test(`the index finds exactly the lines that parsing every line finds, seed ${seed}`, async (t) => {
  const path = join(freshDirectory(t), 'audit.log');
  writeSessions(path, 3_000, new Prng(seed));
  const { entries, logBytes } = await indexLog(path);
  assert.ok(entries > 3_000);
  assert.equal(logBytes, readFileSync(path).length);
  for (let n = 0; n < 110; n++) {
    for (const field of ['sid', 'uidHash'] as const) {
      const query = { field, value: idOf(n) };
      assert.deepEqual(await found(path, query), expected(path, query));
    }
  }
});

test('lines behind the indexed ones are found too, and without an index all are', async (t) => {
  const path = join(freshDirectory(t), 'audit.log');
  writeSessions(path, 200, new Prng(1));
  const query = { field: 'sid', value: idOf(1) } as const;
  assert.deepEqual(await found(path, query), expected(path, query));
  await indexLog(path);
  const before = expected(path, query).length;
  writeSessions(path, 500, new Prng(2));
  assert.ok(expected(path, query).length > before);
  assert.deepEqual(await found(path, query), expected(path, query));
});

test('an index of another file, of a longer one, or one that is damaged is not believed', async (t) => {
  const directory = freshDirectory(t);
  const [path, other] = [join(directory, 'audit.log'), join(directory, 'other.log')];
  writeSessions(path, 300, new Prng(3));
  const { file, note } = openLog(other);
  note('audit.start', { detail: 'another server' });
  for (let n = 0; n < 400; n++) note('auth.ok', { sid: idOf(n % 9) });
  file.flush(0);
  file.close();
  const query = { field: 'sid', value: idOf(2) } as const;
  await indexLog(other);
  const foreign = readFileSync(indexPath(other));
  for (const bytes of [foreign, foreign.subarray(0, 70), randomBytes(500), Buffer.alloc(0)]) {
    writeFileSync(indexPath(path), bytes);
    assert.deepEqual(await found(path, query), expected(path, query));
  }
  // Rotated away: what is called FILE now is a new file.
  await indexLog(path);
  renameSync(path, `${path}.1`);
  renameSync(other, path);
  assert.deepEqual(await found(path, query), expected(path, query));
});

test('a line that is cut off is passed over', async (t) => {
  const path = join(freshDirectory(t), 'audit.log');
  writeSessions(path, 50, new Prng(4));
  const query = uidQuery('p1');
  appendFileSync(path, `{"v":1,"ev":"login.ok","uidHash":"${query.value}`);
  assert.deepEqual(await found(path, query), []);
  await indexLog(path);
  assert.deepEqual(await found(path, query), []);
});
