/** node dist/benchmarks/token.js [--small]: what an access token costs to make and to check, ours beside jose. Microseconds of one core. */
import { randomBytes } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { AuthResult } from '../reference-server/auth/auth-result.js';
import { Authenticator } from '../reference-server/auth/authenticator.js';
import { bulkReplyBytes, Issuer } from '../reference-server/auth/issuer.js';
import { LoginBatch } from '../reference-server/auth/login-batch.js';
import { MemoryStore } from '../reference-server/auth/memory-store.js';
import { SessionTable } from '../reference-server/auth/session-table.js';
import { TokenSigner } from '../reference-server/auth/token.js';
import { VerifiedToken } from '../reference-server/auth/token-claims.js';
import { TokenVerifier } from '../reference-server/auth/token-verifier.js';
import { systemClock } from '../src/core/clock.js';
import { deriveMasterKeys } from '../src/protocol/keys.js';

const small = process.argv.includes('--small');
const ROUNDS = small ? 1 : 3;
const OURS = small ? 1_000 : 50_000;
const JOSE = small ? 50 : 2_000;

/** Prints the CPU time of one call, the best of a few rounds, and the heap that a call leaves behind. */
async function measure(name: string, count: number, run: (count: number) => unknown): Promise<void> {
  await run(Math.ceil(count / 5));
  let [bestUs, heapBytes] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS; round++) {
    const heap = process.memoryUsage().heapUsed;
    const before = process.cpuUsage();
    await run(count);
    const { user, system } = process.cpuUsage(before);
    bestUs = Math.min(bestUs, (user + system) / count);
    heapBytes = Math.min(heapBytes, Math.max(0, process.memoryUsage().heapUsed - heap) / count);
  }
  console.log(`${name.padEnd(44)} ${bestUs.toFixed(2).padStart(8)} us ${heapBytes.toFixed(1).padStart(8)} B`);
}

const masterKeys = deriveMasterKeys(new Uint8Array(randomBytes(32)));
const key = masterKeys.jwt;
const imported = await crypto.subtle.importKey('raw', Buffer.from(key), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
const uid = Buffer.from('p123456');
const [sid, jti, dfp] = [randomBytes(16), randomBytes(16), randomBytes(32)];
const nowS = Math.floor(Date.now() / 1000);
const signer = new TokenSigner(key, 1);
const verifier = new TokenVerifier(key, 1);
const token = Buffer.alloc(1024);
const out = new VerifiedToken();
const end = signer.write(uid, uid.length, sid, 0, jti, 0, dfp, 0, nowS, token, 0);
const text = token.toString('latin1', 0, end);
const claims = JSON.parse(Buffer.from(text.split('.')[1]!, 'base64url').toString());
console.log(`a token of ${end} letters                      CPU time  heap`);

await measure('sign, ours', OURS, (count) => {
  for (let i = 0; i < count; i++) signer.write(uid, uid.length, sid, 0, jti, 0, dfp, 0, nowS, token, 0);
});
await measure('verify, ours', OURS, (count) => {
  for (let i = 0; i < count; i++) if (verifier.verify(token, 0, end, nowS, out) !== 0) throw new Error('refused');
});
await measure('sign, jose', JOSE, async (count) => {
  for (let i = 0; i < count; i++) await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: '1' }).sign(imported);
});
await measure('verify, jose', JOSE, async (count) => {
  const options = { algorithms: ['HS256'], issuer: 'gwrk', audience: 'gwrk/ws', typ: 'at+jwt' };
  for (let i = 0; i < count; i++) await jwtVerify(text, imported, options);
});

// The whole of an AUTH but its tag, over very many sessions, so that the table is not in the processor's cache.
const SESSIONS = OURS;
const CALL = small ? 500 : 5_000;
const table = SessionTable.create(SESSIONS);
const store = new MemoryStore({ table, clock: systemClock, maxSessionsPerUser: 1, maxDevicesPerUser: 5, devicePolicy: 'evict' });
const issuer = new Issuer({ keys: masterKeys, kid: 1, store, clock: systemClock });
const dfpText = dfp.toString('base64url');
const tokens: Buffer[] = [];
const reply = Buffer.alloc(bulkReplyBytes(CALL));

async function issueCall(firstUser: number): Promise<Buffer> {
  const batch = new LoginBatch(CALL);
  for (let i = 0; i < CALL; i++) issuer.add(batch, `p${firstUser + i}`, dfpText);
  return (await issuer.issueMany(batch, reply))!;
}

for (let first = 0; first < SESSIONS; first += CALL) {
  for (const { access } of JSON.parse((await issueCall(first)).toString()).sessions) tokens.push(Buffer.from(access));
}
const authenticator = new Authenticator({ keys: masterKeys, kid: 1, table, clock: systemClock });
const result = new AuthResult();
await measure('AUTH: token, fingerprint, secret, session', SESSIONS, (count) => {
  for (let i = 0; i < count; i++) {
    const bytes = tokens[i]!;
    if (authenticator.verifyToken(bytes, 0, bytes.length, dfp, 0, result) !== 0 || authenticator.lookup(result) !== 0)
      throw new Error('refused');
  }
});
await measure('bulk issue, a session', SESSIONS, async (count) => {
  for (let first = 0; first < count; first += CALL) await issueCall(first);
});
