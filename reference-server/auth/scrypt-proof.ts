import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GwrkError } from '../../src/core/errors.js';
import type { Proof } from './proof.js';
import { isUid } from './uid.js';

interface Credential {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** 2^15 blocks of 8: 32 MiB and about 100 ms each. */
const COST: ScryptOptions = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Hashes computed at once; more logins wait their turn, so that memory stays bounded. */
const MAX_AT_ONCE = 2;
/** Logins that may wait; more are refused. */
const MAX_WAITING = 256;

function hashOf(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, COST, (error, hash) => (error ? reject(error) : resolve(hash)));
  });
}

/** A line of the credentials file for this user: "uid:salt:hash", salt (16 bytes) and hash (32 bytes) in base64url. */
export async function credentialLine(uid: string, password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  return `${uid}:${salt.toString('base64url')}:${(await hashOf(password, salt)).toString('base64url')}`;
}

/** Reads credentials, a line a user; empty lines and lines that begin with # are skipped. `where` names the file in errors. */
export function parseCredentials(text: string, where: string): Map<string, Credential> {
  const credentials = new Map<string, Credential>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [uid, saltText = '', hashText = '', ...rest] = line.trim().split(':');
    const salt = Buffer.from(saltText, 'base64url');
    const hash = Buffer.from(hashText, 'base64url');
    if (!isUid(uid) || salt.length !== SALT_BYTES || hash.length !== HASH_BYTES || rest.length > 0) {
      throw new GwrkError('GWRK_USAGE', 'a line of the credentials file is malformed', {
        where: `${where}:${index + 1}`,
        allowed: 'uid:salt:hash, the salt 16 and the scrypt hash 32 bytes in base64url',
      });
    }
    credentials.set(uid, { salt, hash });
  }
  return credentials;
}

/** Reads the file that GWRK_CREDENTIALS names. Throws GWRK_USAGE when it cannot. */
export function readCredentials(path: string): Map<string, Credential> {
  try {
    return parseCredentials(readFileSync(path, 'utf8'), path);
  } catch (cause) {
    if (cause instanceof GwrkError) throw cause;
    throw new GwrkError('GWRK_USAGE', 'the credentials file cannot be read', { where: 'GWRK_CREDENTIALS', given: path, cause });
  }
}

/** Passwords: proof is the password in clear (the reason why login needs TLS on any other machine than this one). */
export function scryptProof(credentials: ReadonlyMap<string, Credential>): Proof {
  // An unknown user costs the same hash as a known one.
  const nobody: Credential = { salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES) };
  const waiting: (() => void)[] = [];
  let running = 0;

  return {
    kind: 'scrypt',
    async check(uid, proof) {
      if (running >= MAX_AT_ONCE) {
        if (waiting.length >= MAX_WAITING) return false;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      running += 1;
      try {
        const known = credentials.get(uid);
        const { salt, hash } = known ?? nobody;
        return timingSafeEqual(await hashOf(proof, salt), hash) && known !== undefined;
      } finally {
        running -= 1;
        waiting.shift()?.();
      }
    },
  };
}
