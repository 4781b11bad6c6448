import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.js';
import { parseSessions } from '../../src/swarm/session-json.js';
import { IDS_BYTES, SCAN_SID, SessionScan } from '../../src/swarm/session-scan.js';

const SEED = Number(process.env.SEED ?? randomBytes(4).readUInt32LE());
console.log(`session-reply.test.ts: SEED=${SEED}`);

const TOKEN = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.';
const between = (prng: Prng, low: number, high: number): number => low + Math.floor(prng.next() * (high - low + 1));
const textOf = (prng: Prng, length: number): string => Array.from({ length }, () => TOKEN[between(prng, 0, TOKEN.length - 1)]).join('');
const bytesOf = (prng: Prng, length: number): Buffer => Buffer.from(Array.from({ length }, () => between(prng, 0, 255)));

interface Session {
  readonly access: string;
  readonly refresh: string;
  readonly sid: string;
  readonly secret: string;
  readonly accessExp: number;
  readonly refreshExp: number;
}

function session(prng: Prng): Session {
  return {
    access: textOf(prng, between(prng, 0, 9) === 0 ? between(prng, 0, 1200) : between(prng, 200, 450)),
    refresh: textOf(prng, 48),
    sid: bytesOf(prng, 16).toString('base64url'),
    secret: bytesOf(prng, 32).toString('base64url'),
    accessExp: between(prng, 0, 2_000_000_000),
    refreshExp: between(prng, 0, 2_000_000_000),
  };
}

/** What the scan read, as the texts that JSON.parse gives. */
function scanned(scan: SessionScan, json: Uint8Array, count: number): { token: string; secret: string; sid: string }[] {
  const bytes = Buffer.from(json);
  return Array.from({ length: count }, (_, i) => {
    const ids = Buffer.from(scan.ids.subarray(i * IDS_BYTES, (i + 1) * IDS_BYTES));
    return {
      token: bytes.toString('latin1', scan.tokens[i * 2]!, scan.tokens[i * 2 + 1]!),
      secret: ids.subarray(0, SCAN_SID).toString('base64url'),
      sid: ids.subarray(SCAN_SID).toString('base64url'),
    };
  });
}

test('replies as the server writes them are read in place, and give what JSON.parse gives', () => {
  const prng = new Prng(SEED);
  const scan = new SessionScan();
  for (let round = 0; round < 200; round++) {
    const count = between(prng, 0, 12);
    const json = Buffer.from(JSON.stringify({ sessions: Array.from({ length: count }, () => session(prng)) }));
    // Anywhere in a larger memory, as a view.
    const shift = between(prng, 0, 9);
    const view = new Uint8Array(json.length + shift + 5).subarray(shift, shift + json.length);
    view.set(json);
    assert.equal(scan.read(view, count), true);
    assert.deepEqual(scanned(scan, view, count), parseSessions(view, count));
  }
});

test('whatever is changed, cut off or added anywhere, the scan refuses the reply or reads what JSON.parse reads', () => {
  const prng = new Prng(SEED ^ 1);
  const scan = new SessionScan();
  let refused = 0;
  let read = 0;
  const check = (json: Uint8Array, count: number): void => {
    if (!scan.read(json, count)) {
      refused++;
      return;
    }
    read++;
    assert.equal((JSON.parse(Buffer.from(json).toString()) as { sessions: unknown[] }).sessions.length, count);
    assert.deepEqual(scanned(scan, json, count), parseSessions(json, count));
  };
  const base = Buffer.from(JSON.stringify({ sessions: [session(prng), session(prng)] }));
  for (let end = 0; end < base.length; end++) check(base.subarray(0, end), 2);
  assert.equal(read, 0);
  const letters = Buffer.from('"\\{}[],: 0-.Ax\u0000\u007f\u0080\u00ff', 'latin1');
  for (let at = 0; at < base.length; at++) {
    const letter = letters[between(prng, 0, letters.length - 1)]!;
    const changed = Buffer.from(base);
    changed[at] = letter;
    check(changed, 2);
    check(Buffer.concat([base.subarray(0, at), Buffer.from([letter]), base.subarray(at)]), 2);
    check(Buffer.concat([base.subarray(0, at), base.subarray(at + 1)]), 2);
  }
  assert.ok(read > 100 && refused > 1000, `${read} ${refused}`);
});

test('other orders, blanks, escapes and other counts are left to JSON.parse, which reads them', () => {
  const prng = new Prng(SEED ^ 2);
  const scan = new SessionScan();
  const one = { ...session(prng), access: 'a.b.c' };
  const { access, refresh, sid, secret, accessExp, refreshExp } = one;
  const expected = { token: access, secret, sid };
  for (const json of [
    JSON.stringify({ sessions: [{ sid, secret, access, refresh, accessExp, refreshExp }] }),
    JSON.stringify({ sessions: [one] }, null, 1),
    ` ${JSON.stringify({ sessions: [one] })}`,
    `${JSON.stringify({ sessions: [one] })}\n`,
    JSON.stringify({ sessions: [one], more: 1 }),
    JSON.stringify({ sessions: [{ ...one, region: 'eu' }] }),
    JSON.stringify({ sessions: [one] }).replace('a.b.c', '\\u0061.b.c'),
    JSON.stringify({ sessions: [{ access, sid, secret }] }),
    JSON.stringify({ sessions: [one, one] }),
  ]) {
    const bytes = Buffer.from(json);
    assert.equal(scan.read(bytes, 1), false, json);
    assert.deepEqual(parseSessions(bytes, 1), [expected], json);
  }
  const bytes = Buffer.from(JSON.stringify({ sessions: [one] }));
  assert.equal(scan.read(bytes, 2), false);
  assert.deepEqual(parseSessions(bytes, 2), [expected, undefined]);
  assert.equal(scan.read(bytes, 1), true);
});

test('what is no reply gives nobody a session', () => {
  const scan = new SessionScan();
  for (const json of [
    '',
    'null',
    '[]',
    '7',
    '{}',
    '{"sessions":7}',
    '{"sessions":[null,7]}',
    '{"sessions":[{"access":1}]}',
    '{"sessions":[',
    '['.repeat(100_000),
  ]) {
    const bytes = Buffer.from(json);
    assert.equal(scan.read(bytes, 2), false);
    assert.deepEqual(parseSessions(bytes, 2), [undefined, undefined]);
  }
});
