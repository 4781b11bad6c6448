import { createHash, randomBytes } from 'node:crypto';
import { LoginBatch } from '../../../reference-server/auth/login-batch.js';
import type { Clock } from '../../../src/core/clock.js';

/** Logins of these users, each on one and the same device, with fresh ids. */
export function batchOf(uids: readonly string[], clock: Clock): LoginBatch {
  const batch = new LoginBatch(uids.length);
  for (const [i, uid] of uids.entries()) {
    batch.uids.set(Buffer.from(uid, 'latin1'), i * 64);
    batch.uidLengths[i] = uid.length;
    batch.userHashes.set(createHash('sha256').update(uid).digest().subarray(0, 16), i * 16);
  }
  for (const ids of [batch.sids, batch.jtis, batch.families]) ids.set(randomBytes(16 * uids.length));
  batch.count = uids.length;
  batch.accessExpS = Math.floor(clock.unixMs() / 1000) + 900;
  batch.refreshExpS = batch.accessExpS - 900 + 86_400;
  return batch;
}
