/**
 * node dist/benchmarks/audit.js [--small]: what an event of the audit costs the gateway thread that notes it and the audit thread
 * that writes it. Microseconds of one core, the best of a few rounds.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuditFile } from '../reference-server/audit/audit-file.js';
import { AuditLog } from '../reference-server/audit/audit-log.js';
import { AuditPump } from '../reference-server/audit/audit-pump.js';
import { AuditRingReader, createAuditRing } from '../reference-server/audit/audit-ring.js';
import { AuditStatus } from '../reference-server/audit/audit-status.js';
import { SessionTrail } from '../reference-server/audit/session-trail.js';
import { verifyLog } from '../reference-server/audit/verify-log.js';
import { AuthResult } from '../reference-server/auth/auth-result.js';

const small = process.argv.includes('--small');
const EVENTS = small ? 2_000 : 10_000;
const ROUNDS = small ? 2 : 8;

const directory = mkdtempSync(join(tmpdir(), 'gwrk-audit-benchmark-'));
const ring = createAuditRing();
const trail = new SessionTrail(ring);
const reader = new AuditRingReader(ring);
const result = new AuthResult();
const sids = new Uint8Array(16);

/** CPU time of one of EVENTS calls, the best round; `after` is not counted. */
function measure(name: string, run: () => void, after: () => void, before: () => void = () => {}): void {
  let bestUs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    before();
    const from = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(from);
    after();
    bestUs = Math.min(bestUs, (user + system) / EVENTS);
  }
  console.log(`${name.padEnd(46)} ${bestUs.toFixed(3).padStart(8)} us`);
}

const empty = (): void => {
  while (reader.next() !== undefined);
};
const authOk = (): void => {
  for (let i = 0; i < EVENTS; i++) trail.authOk(result, i, '127.0.0.1:40000', 1e9 + i);
};

try {
  measure('gateway thread: auth.ok into the ring', authOk, empty);
  measure(
    'gateway thread: op.critical into the ring',
    () => {
      for (let i = 0; i < EVENTS; i++) trail.critical(sids, 0, 0, i, 1e9 + i, 5);
    },
    empty,
  );
  const path = join(directory, 'audit.log');
  const file = new AuditFile({ path, maxBytes: 1e12, maxFiles: 1, maxWaitingBytes: 1e9 });
  const pump = new AuditPump([ring], new AuditLog(file), file, new AuditStatus());
  measure(
    'audit thread: an event to its line on disk',
    () => pump.drain(),
    () => {},
    authOk,
  );
  pump.end(1_000);
  const from = performance.now();
  const { lines, fault } = await verifyLog([path]);
  if (fault !== undefined) throw new Error(fault.fault);
  console.log(`${'gwrk audit verify, a line'.padEnd(46)} ${(((performance.now() - from) * 1_000) / lines).toFixed(3).padStart(8)} us`);
  console.log(`${'bytes of a line'.padEnd(46)} ${(statSync(path).size / lines).toFixed(0).padStart(8)}`);
  console.log(`${'events lost'.padEnd(46)} ${String(reader.lost).padStart(8)}`);
} finally {
  rmSync(directory, { recursive: true });
}
