/**
 * Finding one session in an audit log: reading and parsing every line, grep, and the index.
 *
 *   node dist/reference-server/trials/log-search-trial.js LINES SEED SEARCHES
 *
 * writes such a log, chain and all, searches it for a few sessions and prints one line of JSON. All ways must find the same lines.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Prng } from '../../src/core/prng.js';
import { AuditFile } from '../audit/audit-file.js';
import { AuditLog } from '../audit/audit-log.js';
import { indexLog } from '../audit/log-index.js';
import { searchLog } from '../audit/search-log.js';
import { readLines } from '../audit/verify-log.js';

export interface LogSearchFigures {
  readonly logBytes: number;
  readonly indexMs: number;
  /** One a search. */
  readonly parsedMs: readonly number[];
  /** Empty where there is no grep. */
  readonly grepMs: readonly number[];
  readonly indexedMs: readonly number[];
}

/** Lines of a session: a login, an authentication, operations, the end. */
const LINES_A_SESSION = 10;
const FLUSH_EVERY = 1_000;

/** Lines of many sessions that are there at the same time. Returns some of their ids. */
function writeLog(path: string, lines: number, searches: number, random: Prng): string[] {
  const file = new AuditFile({ path, maxBytes: 1e12, maxFiles: 1, maxWaitingBytes: 1e9 });
  const log = new AuditLog(file);
  const sessions = Math.ceil(lines / LINES_A_SESSION);
  const idOf = (session: number, salt: number): string => {
    const bytes = Buffer.alloc(16, salt);
    bytes.writeUInt32LE(Math.imul(session, 0x9e3779b1) >>> 0, 0);
    bytes.writeUInt32LE(session, 8);
    return bytes.toString('base64url');
  };
  for (let n = 0; n < lines; n++) {
    const session = Math.floor(random.next() * sessions);
    const fields = {
      sid: idOf(session, 1),
      uidHash: idOf(session, 2),
      peer: `127.0.0.1:${random.between(1_024, 65_535)}`,
      seq: n,
      code: '0000',
    };
    log.write('auth.ok', n * 1e6, 1_795_000_000_000 + n, fields);
    if (n % FLUSH_EVERY === 0) file.flush(performance.now());
  }
  file.flush(performance.now());
  file.close();
  return Array.from({ length: searches }, (_, n) => idOf(Math.floor(((n + 0.5) * sessions) / searches), 1));
}

async function timed(run: () => Promise<number>): Promise<[ms: number, found: number]> {
  const startMs = performance.now();
  const found = await run();
  return [performance.now() - startMs, found];
}

async function parsed(path: string, sid: string): Promise<number> {
  let found = 0;
  for await (const { line } of readLines(path)) if ((JSON.parse(line.toString('utf8')) as { sid?: string }).sid === sid) found++;
  return found;
}

async function grep(path: string, sid: string): Promise<number> {
  const { stdout } = await promisify(execFile)('grep', ['-c', '-F', `"sid":"${sid}"`, path]);
  return Number(stdout);
}

async function indexed(path: string, sid: string): Promise<number> {
  let found = 0;
  for await (const _ of searchLog(path, { field: 'sid', value: sid })) found++;
  return found;
}

const [lines = 0, seed = 1, searches = 1] = process.argv.slice(2).map(Number);
const directory = mkdtempSync(join(tmpdir(), 'gwrk-trial-log-'));
try {
  const path = join(directory, 'audit.log');
  const sids = writeLog(path, lines, searches, new Prng(seed));
  const times: Record<'parsed' | 'grep' | 'indexed', number[]> = { parsed: [], grep: [], indexed: [] };
  const found: Record<string, number> = {};
  const search = async (way: 'parsed' | 'grep' | 'indexed', run: (path: string, sid: string) => Promise<number>): Promise<void> => {
    for (const sid of sids) {
      const [tookMs, count] = await timed(() => run(path, sid));
      times[way].push(tookMs);
      if (count !== (found[sid] ??= count)) throw new Error(`${way} found ${count} lines of ${sid}, not ${found[sid]}`);
    }
  };
  await search('parsed', parsed);
  const hasGrep = await search('grep', grep).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  const [indexMs] = await timed(async () => (await indexLog(path)).entries);
  await search('indexed', indexed);
  const figures: LogSearchFigures = {
    logBytes: statSync(path).size,
    indexMs,
    parsedMs: times.parsed,
    grepMs: hasGrep ? times.grep : [],
    indexedMs: times.indexed,
  };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
