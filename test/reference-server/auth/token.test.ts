import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REASON_OK } from '../../../reference-server/auth/auth-result.js';
import { TokenSigner } from '../../../reference-server/auth/token.js';
import { VerifiedToken } from '../../../reference-server/auth/token-claims.js';
import { TokenVerifier } from '../../../reference-server/auth/token-verifier.js';
import { Prng } from '../../../src/core/prng.js';
import { joseAccepts, joseSign, KEY, KID, NOW_S } from './token-oracle.js';

const seed = Number(process.env.GWRK_SEED ?? 4711);
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';
const TOKENS = 10_000;

function randomBytes(prng: Prng, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => prng.nextU32() & 0xff);
}

function randomUid(prng: Prng): string {
  return Array.from({ length: prng.between(1, 64) }, () => LETTERS[prng.between(0, 63)]).join('');
}

function uidOf(token: VerifiedToken): string {
  return Buffer.from(token.uid.subarray(0, token.uidLength)).toString('latin1');
}

test(`jose accepts ${TOKENS} tokens of ours, and so do we (seed ${seed})`, async () => {
  const prng = new Prng(seed);
  const signer = new TokenSigner(KEY, KID);
  const verifier = new TokenVerifier(KEY, KID);
  const out = new VerifiedToken();
  const buffer = Buffer.alloc(1024);
  for (let n = 0; n < TOKENS; n++) {
    const uid = randomUid(prng);
    const [sid, jti, dfp] = [randomBytes(prng, 16), randomBytes(prng, 16), randomBytes(prng, 32)] as const;
    const issuedS = NOW_S + prng.between(-800, 800);
    const at = prng.between(0, 7);
    const end = signer.write(Buffer.from(uid), uid.length, sid, 0, jti, 0, dfp, 0, issuedS, buffer, at);
    assert.ok(await joseAccepts(buffer.toString('latin1', at, end)), uid);
    assert.equal(verifier.verify(buffer, at, end, NOW_S, out), REASON_OK);
    assert.equal(uidOf(out), uid);
    assert.deepEqual([out.sid, out.jti, out.dfpMac, out.expS], [sid, jti, dfp, issuedS + 900]);
  }
});

test(`we accept ${TOKENS} tokens that jose signed, whatever the order of their claims (seed ${seed})`, async () => {
  const prng = new Prng(seed);
  const verifier = new TokenVerifier(KEY, KID);
  const out = new VerifiedToken();
  for (let n = 0; n < TOKENS; n++) {
    const uid = randomUid(prng);
    const [sid, jti, dfp] = [randomBytes(prng, 16), randomBytes(prng, 16), randomBytes(prng, 32)] as const;
    const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
    const claims: [string, unknown][] = [
      ['iss', 'gwrk'],
      ['aud', 'gwrk/ws'],
      ['sub', uid],
      ['sid', text(sid)],
      ['jti', text(jti)],
      ['dfp', text(dfp)],
      ['iat', NOW_S],
      ['exp', NOW_S + 900],
    ];
    if (n % 2 === 1) claims.sort(() => prng.next() - 0.5);
    if (n % 5 === 1) claims.splice(prng.between(0, 8), 0, ['scope', 'play "well"']);
    if (n % 7 === 1) claims.push(['nbf', NOW_S]);
    const token = Buffer.from(await joseSign(Object.fromEntries(claims)));
    assert.equal(verifier.verify(token, 0, token.length, NOW_S, out), REASON_OK, token.toString());
    assert.equal(uidOf(out), uid);
    assert.deepEqual([out.sid, out.jti, out.dfpMac, out.expS], [sid, jti, dfp, NOW_S + 900]);
  }
});
