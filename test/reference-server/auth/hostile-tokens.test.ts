import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { REASON_NAMES } from '../../../reference-server/auth/auth-result.js';
import { VerifiedToken } from '../../../reference-server/auth/token-claims.js';
import { TokenVerifier } from '../../../reference-server/auth/token-verifier.js';
import { CLAIMS, DFP, forge, HEADER, JTI, joseAccepts, KEY, KID, NOW_S, SID } from './token-oracle.js';

const verifier = new TokenVerifier(KEY, KID);
const out = new VerifiedToken();

function reasonOf(token: string, nowS = NOW_S): string {
  const bytes = Buffer.from(token, 'utf8');
  return REASON_NAMES[verifier.verify(bytes, 0, bytes.length, nowS, out)]!;
}

const claims = (changes: Record<string, unknown> = {}): string => JSON.stringify({ ...CLAIMS, ...changes });
const without = (name: string): string => claims({ [name]: undefined });
const good = forge(HEADER, claims());
const [goodHeader, goodClaims, goodSignature] = good.split('.') as [string, string, string];
const encode = (text: string): string => Buffer.from(text).toString('base64url');
const header = (changes: Record<string, unknown>): string => JSON.stringify({ alg: 'HS256', typ: 'at+jwt', kid: '1', ...changes });
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsaSigned = `${encode(header({ alg: 'RS256' }))}.${goodClaims}`;
const lastLetterChanged = (signature: string): string => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = letters.indexOf(signature.at(-1)!);
  return signature.slice(0, -1) + letters[last ^ 4];
};

test('the token that the hostile ones are made of is good', async () => {
  assert.equal(reasonOf(good), 'ok');
  assert.ok(await joseAccepts(good));
});

/** Each is refused by jose too. */
const HOSTILE: readonly (readonly [sentence: string, token: string, reason: string])[] = [
  ['alg none without a signature', `${encode(header({ alg: 'none' }))}.${goodClaims}.`, 'header'],
  ['alg none with our signature', `${encode(header({ alg: 'none' }))}.${goodClaims}.${goodSignature}`, 'header'],
  ['alg None in another case', `${encode(header({ alg: 'None' }))}.${goodClaims}.`, 'header'],
  ['alg nOnE', `${encode(header({ alg: 'nOnE' }))}.${goodClaims}.`, 'header'],
  ['no alg', forge('{"typ":"at+jwt","kid":"1"}', claims()), 'header'],
  ['alg HS384 under our key', forge(header({ alg: 'HS384' }), claims(), KEY, 'sha384'), 'header'],
  ['alg HS512 under our key', forge(header({ alg: 'HS512' }), claims(), KEY, 'sha512'), 'header'],
  ['alg hs256 in lower case', forge(header({ alg: 'hs256' }), claims()), 'header'],
  [
    'alg RS256 with a real RSA signature',
    `${rsaSigned}.${sign('sha256', Buffer.from(rsaSigned), privateKey).toString('base64url')}`,
    'header',
  ],
  ['alg ES256 signed as HS256', forge(header({ alg: 'ES256' }), claims()), 'header'],
  ['alg as a number', forge(header({ alg: 256 }), claims()), 'header'],
  ['alg as an array', forge(header({ alg: ['HS256'] }), claims()), 'header'],
  ['typ JWT', forge(header({ typ: 'JWT' }), claims()), 'header'],
  ['no typ', forge('{"alg":"HS256","kid":"1"}', claims()), 'header'],
  ['crit with an unknown extension', forge(header({ crit: ['exp'] }), claims()), 'header'],
  ['crit with b64 false', forge(header({ b64: false, crit: ['b64'] }), claims()), 'header'],
  ['an empty crit', forge(header({ crit: [] }), claims()), 'header'],
  ['a header that is an array', forge('[]', claims()), 'header'],
  ['a header that is no JSON', forge('{"alg":"HS256"', claims()), 'header'],
  ['an empty header', `.${goodClaims}.${goodSignature}`, 'header'],
  ['an empty token', '', 'header'],
  ['one dot', '.', 'header'],
  ['two dots', '..', 'header'],
  ['a header alone', goodHeader, 'header'],
  ['half a header', goodHeader.slice(0, 20), 'header'],
  ['no signature part', `${goodHeader}.${goodClaims}`, 'form'],
  ['an empty signature', `${goodHeader}.${goodClaims}.`, 'form'],
  ['an empty claims part', `${goodHeader}..${goodSignature}`, 'signature'],
  ['four parts', `${good}.${goodSignature}`, 'signature'],
  ['five parts, as a JWE has', `${good}..`, 'form'],
  ['a header twice', `${goodHeader}.${good}`, 'signature'],
  ['a signature cut by one letter', good.slice(0, -1), 'form'],
  ['a signature of one letter too many', `${good}A`, 'form'],
  ['a signature of zero bytes', `${goodHeader}.${goodClaims}.${encode('\0'.repeat(32))}`, 'signature'],
  ['the signature of another key', forge(HEADER, claims(), Buffer.alloc(32, 1)), 'signature'],
  ['the signature of an empty key', forge(HEADER, claims(), ''), 'signature'],
  ['the signature of the key in hex', forge(HEADER, claims(), Buffer.from(KEY).toString('hex')), 'signature'],
  ['the signature of the word secret', forge(HEADER, claims(), 'secret'), 'signature'],
  [
    'a plain hash as the signature',
    `${goodHeader}.${goodClaims}.${createHmac('sha256', '').update(goodClaims).digest('base64url')}`,
    'signature',
  ],
  ['a signature with its bits turned', `${goodHeader}.${goodClaims}.${lastLetterChanged(goodSignature)}`, 'signature'],
  ['a signature with a star in it', `${goodHeader}.${goodClaims}.*${goodSignature.slice(1)}`, 'form'],
  ['a signature in another alphabet', `${goodHeader}.${goodClaims}.+/${goodSignature.slice(2)}`, 'form'],
  ['claims of another user under the old signature', `${goodHeader}.${encode(claims({ sub: 'mallory' }))}.${goodSignature}`, 'signature'],
  [
    'claims that live longer under the old signature',
    `${goodHeader}.${encode(claims({ exp: NOW_S + 9e6 }))}.${goodSignature}`,
    'signature',
  ],
  ['claims that are no JSON', forge(HEADER, 'hello'), 'claims'],
  ['claims that are null', forge(HEADER, 'null'), 'claims'],
  ['claims that are an array', forge(HEADER, `[${claims()}]`), 'claims'],
  ['claims that are a text', forge(HEADER, JSON.stringify(claims())), 'claims'],
  ['claims cut short', forge(HEADER, claims().slice(0, -1)), 'claims'],
  ['claims with something behind them', forge(HEADER, `${claims()}x`), 'claims'],
  ['claims twice', forge(HEADER, claims() + claims()), 'claims'],
  ['claims that are not UTF-8', forge(HEADER, Buffer.from(claims({ x: 'Ã' }).replace('Ã', '\xff'), 'latin1')), 'claims'],
  ['no iss', forge(HEADER, without('iss')), 'claims'],
  ['no aud', forge(HEADER, without('aud')), 'claims'],
  ['no sub', forge(HEADER, without('sub')), 'claims'],
  ['no sid', forge(HEADER, without('sid')), 'claims'],
  ['no jti', forge(HEADER, without('jti')), 'claims'],
  ['no dfp', forge(HEADER, without('dfp')), 'claims'],
  ['no iat', forge(HEADER, without('iat')), 'claims'],
  ['no exp', forge(HEADER, without('exp')), 'claims'],
  ['another issuer', forge(HEADER, claims({ iss: 'gwrk2' })), 'claims'],
  ['an issuer with a blank', forge(HEADER, claims({ iss: 'gwrk ' })), 'claims'],
  ['another audience', forge(HEADER, claims({ aud: 'gwrk' })), 'claims'],
  ['an audience of other ones', forge(HEADER, claims({ aud: ['a', 'b'] })), 'claims'],
  ['exp as a text', forge(HEADER, claims({ exp: String(NOW_S + 900) })), 'claims'],
  ['exp as null', forge(HEADER, claims({ exp: null })), 'claims'],
  ['exp of leading zeroes', forge(HEADER, claims().replace(`"exp":${NOW_S + 900}`, `"exp":0${NOW_S + 900}`)), 'claims'],
  ['iat as a text', forge(HEADER, claims({ iat: String(NOW_S) })), 'claims'],
  ['nbf as a text', forge(HEADER, claims({ nbf: '0' })), 'claims'],
  ['nbf in the future', forge(HEADER, claims({ nbf: NOW_S + 1 })), 'not-yet'],
  ['exp at this very second', forge(HEADER, claims({ exp: NOW_S })), 'expired'],
  ['exp in the past', forge(HEADER, claims({ exp: NOW_S - 1 })), 'expired'],
  ['exp before 1970', forge(HEADER, claims({ exp: -1 })), 'expired'],
  ['exp of zero', forge(HEADER, claims({ exp: 0 })), 'expired'],
  ['a good exp and then a past one', forge(HEADER, `${claims().slice(0, -1)},"exp":${NOW_S - 1}}`), 'expired'],
];

test(`${HOSTILE.length} hostile tokens are refused, by jose as well`, async (t) => {
  assert.ok(HOSTILE.length >= 60);
  for (const [sentence, token, reason] of HOSTILE) {
    await t.test(sentence, async () => {
      assert.equal(await joseAccepts(token), false, 'jose refuses it');
      assert.equal(reasonOf(token), reason);
    });
  }
});

/** Beyond jose: what it would accept and we do not (ruling 40). */
const STRICTER: readonly (readonly [sentence: string, token: string, reason: string])[] = [
  ['another order in the header', forge('{"typ":"at+jwt","alg":"HS256","kid":"1"}', claims()), 'header'],
  ['a blank in the header', forge('{"alg": "HS256","typ":"at+jwt","kid":"1"}', claims()), 'header'],
  ['another kid', forge(header({ kid: '2' }), claims()), 'header'],
  ['kid as a number', forge(header({ kid: 1 }), claims()), 'header'],
  ['kid as a path', forge(header({ kid: '../../dev/null' }), claims()), 'header'],
  ['kid as SQL', forge(header({ kid: "1' OR '1'='1" }), claims()), 'header'],
  ['a jku', forge(header({ jku: 'https://evil.example/keys' }), claims()), 'header'],
  ['a jwk', forge(header({ jwk: { kty: 'oct', k: 'AA' } }), claims()), 'header'],
  ['a last letter of the signature with unused bits set', good.slice(0, -1) + nonCanonical(good.at(-1)!), 'form'],
  ['aud as a list that holds ours', forge(HEADER, claims({ aud: ['gwrk/ws'] })), 'claims'],
  ['iat as a fraction', forge(HEADER, claims({ iat: NOW_S + 0.5 })), 'claims'],
  ['exp as a fraction', forge(HEADER, claims({ exp: NOW_S + 0.5 })), 'claims'],
  ['a uid outside its pattern', forge(HEADER, claims({ sub: 'a}{b' })), 'claims'],
  ['a uid of 65 letters', forge(HEADER, claims({ sub: 'a'.repeat(65) })), 'claims'],
  ['an empty uid', forge(HEADER, claims({ sub: '' })), 'claims'],
  ['a uid that is an array', forge(HEADER, claims({ sub: ['alice'] })), 'claims'],
  ['a sid of 15 bytes', forge(HEADER, claims({ sid: Buffer.alloc(15).toString('base64url') })), 'claims'],
  ['a sid in padded base64', forge(HEADER, claims({ sid: `${SID.slice(0, 20)}==` })), 'claims'],
  ['a jti of 17 bytes', forge(HEADER, claims({ jti: Buffer.alloc(17).toString('base64url') })), 'claims'],
  ['a dfp that is no text', forge(HEADER, claims({ dfp: 7 })), 'claims'],
];

function nonCanonical(letter: string): string {
  return String.fromCharCode(letter.charCodeAt(0) + 1);
}

test('what jose accepts and the rulings do not is refused', async (t) => {
  for (const [sentence, token, reason] of STRICTER) {
    await t.test(sentence, async () => {
      assert.equal(await joseAccepts(token), true, 'jose accepts it');
      assert.equal(reasonOf(token), reason);
    });
  }
});

test('of a claim that stands twice the last counts, as for jose', async () => {
  const token = forge(HEADER, `{"sub":"mallory","exp":1,${claims().slice(1)}`);
  assert.equal(reasonOf(token), 'ok');
  assert.ok(await joseAccepts(token));
  assert.equal(Buffer.from(out.uid.subarray(0, out.uidLength)).toString(), 'alice');
});

test('claims spelled with escapes and blanks mean the same', async () => {
  const token = forge(
    HEADER,
    `\n{ "iss" : "\\u0067wrk", "aud":"gwrk/ws","sub":"alice","sid":"${SID}","jti":"${JTI}","dfp":"${DFP}","iat":1.79e9,"exp":${NOW_S + 1} }`,
  );
  assert.equal(reasonOf(token), 'ok');
  assert.ok(await joseAccepts(token));
});

test('each single bit of a good token turned makes it bad', () => {
  const bytes = Buffer.from(good);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    assert.notEqual(verifier.verify(bytes, 0, bytes.length, NOW_S, out), 0, `bit ${bit}`);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
  }
});

test('a token is read only within its range', () => {
  const bytes = Buffer.from(good);
  for (let end = 0; end < bytes.length; end++) assert.notEqual(verifier.verify(bytes, 0, end, NOW_S, out), 0, `${end} letters`);
  const framed = Buffer.concat([Buffer.from('xx'), bytes, Buffer.from('yy')]);
  assert.equal(verifier.verify(framed, 2, 2 + bytes.length, NOW_S, out), 0);
});

test('a token over 1,024 letters is refused, signed or not', () => {
  assert.equal(reasonOf(forge(HEADER, claims({ padding: 'x'.repeat(800) }))), 'form');
});
