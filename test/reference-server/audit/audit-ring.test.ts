import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AUDIT_EVENTS, auditEventNumber } from '../../../reference-server/audit/audit-events.js';
import { hashOfUid, noteInto } from '../../../reference-server/audit/audit-note.js';
import {
  type AuditRecord,
  AuditRingReader,
  AuditRingWriter,
  createAuditRing,
  MAX_DETAIL_BYTES,
  NO_BYTES,
  NO_TIME,
} from '../../../reference-server/audit/audit-ring.js';
import { Prng } from '../../../src/core/prng.js';
import { seed } from './log-fixture.js';

const bytes16 = (first: number): Uint8Array => Uint8Array.from({ length: 20 }, (_, i) => (first + i) & 255);
const id = (bytes: Uint8Array, at: number): string => Buffer.from(bytes.subarray(at, at + 16)).toString('base64url');

test(`records come out as they went in, over many turns of a small ring (GWRK_SEED=${seed})`, () => {
  const random = new Prng(seed);
  const ring = createAuditRing(4_096);
  const writer = new AuditRingWriter(ring, 77);
  const reader = new AuditRingReader(ring);
  const expected: AuditRecord[] = [];
  let lost = 0;
  for (let i = 0; i < 20_000; i++) {
    if (random.nextU32() % 30 > 0) {
      const event = random.between(0, AUDIT_EVENTS.length - 1);
      const [sid, user, device] = [bytes16(i), bytes16(i * 3), bytes16(i * 7)].map((bytes) => (random.nextU32() & 1 ? bytes : NO_BYTES));
      const tookUs = random.nextU32() & 1 ? i / 7 : NO_TIME;
      const [peer, detail] = ['127.0.0.1:'.padEnd(random.between(0, 20), '9'), 'dätail 字'.repeat(random.between(0, 12))];
      const isKept = writer.write(event, i & 0xffff, i, i * 1.5, tookUs, sid!, 2, user!, 3, device!, 4, peer, detail);
      if (!isKept) lost++;
      else
        expected.push({
          ev: AUDIT_EVENTS[event]!,
          monoUs: i * 1.5,
          tookUs: tookUs === NO_TIME ? undefined : tookUs,
          code: i & 0xffff,
          seq: i,
          sid: sid!.length === 0 ? undefined : id(sid!, 2),
          uidHash: user!.length === 0 ? undefined : id(user!, 3),
          dfpHash: device!.length === 0 ? undefined : id(device!, 4),
          peer: peer || undefined,
          detail: detail || undefined,
          tid: 77,
        });
    } else {
      for (let record = reader.next(); record !== undefined; record = reader.next()) assert.deepEqual(record, expected.shift());
      assert.equal(expected.length, 0);
    }
  }
  assert.equal(reader.lost, lost);
  assert.ok(lost > 0, 'the ring was never full');
});

test('a full ring counts what is lost, keeps what it has, and takes more once it is read', () => {
  const ring = createAuditRing(4_096);
  const writer = new AuditRingWriter(ring, 0);
  const reader = new AuditRingReader(ring);
  let kept = 0;
  for (let i = 0; i < 1_000; i++) if (writer.write(1, 0, i, i, NO_TIME, NO_BYTES, 0, NO_BYTES, 0, NO_BYTES, 0, '', '')) kept++;
  assert.equal(reader.lost, 1_000 - kept);
  assert.ok(kept >= 50);
  for (let i = 0; i < kept; i++) assert.equal(reader.next()?.seq, i);
  assert.equal(reader.next(), undefined);
  assert.equal(writer.write(1, 0, 5, 5, NO_TIME, NO_BYTES, 0, NO_BYTES, 0, NO_BYTES, 0, '', ''), true);
  assert.equal(reader.next()?.seq, 5);
});

test('a detail that is too long is cut between two letters, a peer that is too long too', () => {
  const ring = createAuditRing(8_192);
  const writer = new AuditRingWriter(ring, 0);
  noteInto(writer, 1, 'handler.fault', { detail: `a${'字'.repeat(1_000)}`, peer: 'p'.repeat(100) });
  const record = new AuditRingReader(ring).next()!;
  assert.equal(record.detail, `a${'字'.repeat(Math.floor((MAX_DETAIL_BYTES - 1) / 3))}`);
  assert.equal(record.peer, 'p'.repeat(64));
});

test('a note carries the hash of a user and never the user, a sid as bytes or as text, and a name nobody knows as `event`', () => {
  const ring = createAuditRing(8_192);
  const writer = new AuditRingWriter(ring, 0);
  const reader = new AuditRingReader(ring);
  const sid = bytes16(9).subarray(0, 16);
  noteInto(writer, 1, 'login.ok', { uid: 'secret-player', sid, code: 0x0201 });
  noteInto(writer, 1, 'login.ok', { sid: id(sid, 0) });
  noteInto(writer, 1, 'what.is.this', { detail: 'said' });
  const [first, second, third] = [reader.next()!, reader.next()!, reader.next()!];
  assert.equal(first.uidHash, Buffer.from(hashOfUid('secret-player')).toString('base64url'));
  assert.deepEqual([first.sid, first.code, second.sid], [id(sid, 0), 0x0201, id(sid, 0)]);
  assert.deepEqual([third.ev, third.detail], ['event', 'what.is.this: said']);
  assert.ok(!Buffer.from(ring).includes('secret-player'));
  assert.equal(auditEventNumber('what.is.this'), -1);
});
