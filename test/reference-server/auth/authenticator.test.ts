import assert from 'node:assert/strict';
import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { test } from 'node:test';
import {
  AuthResult,
  REASON_EXPIRED,
  REASON_FINGERPRINT,
  REASON_NO_SESSION,
  REASON_OK,
  REASON_SIGNATURE,
} from '../../../reference-server/auth/auth-result.js';
import { Authenticator } from '../../../reference-server/auth/authenticator.js';
import { Issuer } from '../../../reference-server/auth/issuer.js';
import { LoginBatch } from '../../../reference-server/auth/login-batch.js';
import { MemoryStore } from '../../../reference-server/auth/memory-store.js';
import { SessionTable } from '../../../reference-server/auth/session-table.js';
import { deriveMasterKeys } from '../../../src/protocol/keys.js';
import { ManualClock } from './manual-clock.js';

const MASTER = new Uint8Array(32).map((_, i) => i * 7);
const KID = 1;
const masterKey = (name: string): Buffer => Buffer.from(hkdfSync('sha256', MASTER, new Uint8Array(0), `gwrk/1 ${name}`, 32));
const DFP = Buffer.alloc(32, 0xd5);

function setUp() {
  const clock = new ManualClock();
  const table = SessionTable.create(100);
  const store = new MemoryStore({ table, clock, maxSessionsPerUser: 1, maxDevicesPerUser: 5, devicePolicy: 'evict' });
  const keys = deriveMasterKeys(MASTER);
  const issuer = new Issuer({ keys, kid: KID, store, clock });
  // The gateway thread has its own view of the table.
  const authenticator = new Authenticator({ keys, kid: KID, table: new SessionTable(table.buffer), clock });
  const login = async (uid: string, dfp = DFP) => {
    const batch = new LoginBatch(1);
    assert.ok(issuer.add(batch, uid, dfp.toString('base64url')));
    return JSON.parse((await issuer.issueOne(batch))!.toString()) as Record<string, string> & { accessExp: number; refreshExp: number };
  };
  const verify = (token: string, dfp: Uint8Array, out: AuthResult): number => {
    const bytes = Buffer.from(`??${token}?`);
    return authenticator.verifyToken(bytes, 2, bytes.length - 1, Buffer.concat([Buffer.from('?'), dfp]), 1, out);
  };
  return { clock, store, authenticator, login, verify };
}

test('a login yields credentials as docs/protocol.md derives them', async () => {
  const { login, clock } = setUp();
  const reply = await login('alice');
  assert.deepEqual(Object.keys(reply), ['access', 'refresh', 'sid', 'secret', 'accessExp', 'refreshExp']);
  const nowS = clock.ms / 1000;
  assert.equal(reply.accessExp, nowS + 900);
  assert.equal(reply.refreshExp, nowS + 86_400);

  const sid = Buffer.from(reply.sid!, 'base64url');
  assert.equal(sid.length, 16);
  const secret = createHmac('sha256', masterKey('sess')).update(sid).update(Buffer.of(KID)).digest();
  assert.equal(reply.secret, secret.toString('base64url'));

  const refresh = Buffer.from(reply.refresh!, 'base64url');
  assert.equal(refresh.length, 36);
  assert.equal(refresh.readUInt32LE(16), 1);
  const mac = createHmac('sha256', masterKey('rt')).update(refresh.subarray(0, 20)).update('alice').digest();
  assert.deepEqual(refresh.subarray(20), mac.subarray(0, 16));

  const [header, claims, signature] = reply.access!.split('.') as [string, string, string];
  assert.equal(Buffer.from(header, 'base64url').toString(), '{"alg":"HS256","typ":"at+jwt","kid":"1"}');
  assert.equal(signature, createHmac('sha256', masterKey('jwt')).update(`${header}.${claims}`).digest('base64url'));
  const { jti, ...others } = JSON.parse(Buffer.from(claims, 'base64url').toString());
  assert.equal(Buffer.from(jti, 'base64url').length, 16);
  assert.deepEqual(others, {
    iss: 'gwrk',
    aud: 'gwrk/ws',
    sub: 'alice',
    sid: reply.sid,
    dfp: createHmac('sha256', masterKey('dfp')).update(DFP).digest('base64url'),
    iat: nowS,
    exp: nowS + 900,
  });
});

test('a token from the fingerprint it was issued to opens its session', async () => {
  const { authenticator, login, verify } = setUp();
  const reply = await login('alice');
  const out = new AuthResult();
  assert.equal(verify(reply.access!, DFP, out), REASON_OK);
  assert.equal(out.sessionRow, -1, 'the session is looked up only after the tag');
  assert.equal(Buffer.from(out.sid).toString('base64url'), reply.sid);
  assert.equal(Buffer.from(out.secret).toString('base64url'), reply.secret);
  assert.equal(out.accessExpS, reply.accessExp);
  assert.deepEqual(Buffer.from(out.userHash), createHash('sha256').update('alice').digest().subarray(0, 16));
  assert.equal(authenticator.lookup(out), REASON_OK);
  assert.ok(out.sessionRow >= 0);
});

test('a token from another fingerprint is refused', async () => {
  const { login, verify } = setUp();
  const { access } = await login('alice');
  const out = new AuthResult();
  for (let bit = 0; bit < 256; bit += 17) {
    const other = Buffer.from(DFP);
    other[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(verify(access!, other, out), REASON_FINGERPRINT);
  }
});

test('a token is good until the second before its expiry', async () => {
  const { clock, login, verify } = setUp();
  const { access } = await login('alice');
  const out = new AuthResult();
  clock.ms += 899_999;
  assert.equal(verify(access!, DFP, out), REASON_OK);
  clock.ms += 1;
  assert.equal(verify(access!, DFP, out), REASON_EXPIRED);
});

test('a revoked session is gone for the gateway at once', async () => {
  const { authenticator, store, login, verify } = setUp();
  const reply = await login('alice');
  const out = new AuthResult();
  assert.equal(verify(reply.access!, DFP, out), REASON_OK);
  assert.equal(authenticator.lookup(out), REASON_OK);
  assert.ok(await store.revoke('alice', Buffer.from(reply.sid!, 'base64url')));
  assert.equal(verify(reply.access!, DFP, out), REASON_OK, 'the token itself knows nothing of it');
  assert.equal(authenticator.lookup(out), REASON_NO_SESSION);
});

test('the second login of a user ends the first', async () => {
  const { authenticator, login, verify } = setUp();
  const first = await login('alice');
  const second = await login('alice');
  const out = new AuthResult();
  assert.equal(verify(first.access!, DFP, out), REASON_OK);
  assert.equal(authenticator.lookup(out), REASON_NO_SESSION);
  assert.equal(verify(second.access!, DFP, out), REASON_OK);
  assert.equal(authenticator.lookup(out), REASON_OK);
});

test('a token of another master key is refused', async () => {
  const { login } = setUp();
  const { access } = await login('alice');
  const keys = deriveMasterKeys(new Uint8Array(32));
  const stranger = new Authenticator({ keys, kid: KID, table: SessionTable.create(1), clock: new ManualClock() });
  const bytes = Buffer.from(access!);
  assert.equal(stranger.verifyToken(bytes, 0, bytes.length, DFP, 0, new AuthResult()), REASON_SIGNATURE);
});
