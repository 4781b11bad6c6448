import { createHmac } from 'node:crypto';
import { type JWTPayload, jwtVerify, SignJWT } from 'jose';

export const KEY = new Uint8Array(Buffer.from('8f1d7f0f4bb1d5a6a3c0f5f2b1e49c7766d5a1c8e2f3940516273849aabbccdd', 'hex'));
const imported = await crypto.subtle.importKey('raw', KEY, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
export const KID = 1;
export const NOW_S = 1_790_000_000;

/** What jose says of a token at this time: true when it accepts it with every check that the rulings name. */
export async function joseAccepts(token: string, nowS = NOW_S): Promise<boolean> {
  try {
    await jwtVerify(token, imported, {
      algorithms: ['HS256'],
      issuer: 'gwrk',
      audience: 'gwrk/ws',
      typ: 'at+jwt',
      requiredClaims: ['iss', 'aud', 'sub', 'sid', 'jti', 'dfp', 'iat', 'exp'],
      currentDate: new Date(nowS * 1000),
    });
    return true;
  } catch {
    return false;
  }
}

export function joseSign(claims: JWTPayload): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: String(KID) }).sign(imported);
}

const base64url = (text: string | Uint8Array): string => Buffer.from(text).toString('base64url');

/** A token of any header and claims text, under any key and hash: what an attacker, or a fault of ours, could make. */
export function forge(header: string, claims: string | Uint8Array, key: Uint8Array | string = KEY, hash = 'sha256'): string {
  const signed = `${base64url(header)}.${base64url(claims)}`;
  return `${signed}.${createHmac(hash, key).update(signed).digest('base64url')}`;
}

export const HEADER = '{"alg":"HS256","typ":"at+jwt","kid":"1"}';
export const SID = Buffer.alloc(16, 0x51).toString('base64url');
export const JTI = Buffer.alloc(16, 0x71).toString('base64url');
export const DFP = Buffer.alloc(32, 0xd1).toString('base64url');

export const CLAIMS = { iss: 'gwrk', aud: 'gwrk/ws', sub: 'alice', sid: SID, jti: JTI, dfp: DFP, iat: NOW_S, exp: NOW_S + 900 };
