import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuditFile, type AuditFileOptions } from '../../../reference-server/audit/audit-file.js';
import { AuditLog } from '../../../reference-server/audit/audit-log.js';

/** The seed of a random test: printed, and given again by GWRK_SEED=. */
export const seed = Number(process.env.GWRK_SEED ?? Date.now() % 1_000_000);

/** A directory that is gone after the test. */
export function freshDirectory(t: { after(fn: () => void): void }): string {
  const directory = mkdtempSync(join(tmpdir(), 'gwrk-audit-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export interface OpenLog {
  readonly file: AuditFile;
  readonly log: AuditLog;
  /** Notes an event at a made-up time. */
  note(ev: string, fields?: Record<string, string | number | undefined>): boolean;
}

export function openLog(path: string, limits: Partial<AuditFileOptions> = {}): OpenLog {
  const file = new AuditFile({ path, maxBytes: 1e9, maxFiles: 8, maxWaitingBytes: 1e8, ...limits });
  const log = new AuditLog(file);
  let ns = 1e9;
  return {
    file,
    log,
    note: (ev, fields = {}) => log.write(ev, (ns += 1_000), 1.7e12, fields),
  };
}
