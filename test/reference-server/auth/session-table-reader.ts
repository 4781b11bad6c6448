/** The reading thread of session-table.test.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { SessionTable } from '../../../reference-server/auth/session-table.js';

export interface ReaderStart {
  /** 'watch' looks until the writer is done; 'find' and 'match' look once, at stable session 0. */
  readonly mode: 'watch' | 'find' | 'match';
  readonly table: SharedArrayBuffer;
  /** Int32: [0] the reader has begun, [1] the writer is done. */
  readonly flags: SharedArrayBuffer;
}

export interface ReaderReport {
  readonly looks: number;
  /** The changing row was seen live. */
  readonly found: number;
  /** A token of one session was accepted with the user of the other. */
  readonly torn: number;
  /** A session that stays was not found. */
  readonly lost: number;
}

export const STABLE_SESSIONS = 64;
const filled = (value: number): Uint8Array => new Uint8Array(16).fill(value);
export const A = { sid: filled(0x0a), jti: filled(0x1a), uid: filled(0x2a) };
export const B = { sid: filled(0x0b), jti: filled(0x1b), uid: filled(0x2b) };

/** Sixteen bytes of one session; those of kinds 1 and 4 begin alike, so that they share buckets. */
export function stableId(index: number, kind: number): Uint8Array {
  const bytes = new Uint8Array(16).fill(kind);
  bytes.set([index >> 2, 0, 0, 0, index]);
  return bytes;
}

function read(start: ReaderStart): ReaderReport {
  const table = new SessionTable(start.table);
  const flags = new Int32Array(start.flags);
  const ids = Array.from({ length: STABLE_SESSIONS }, (_, i) => [stableId(i, 1), stableId(i, 2), stableId(i, 3)] as const);
  const [first] = ids[0]!;
  const changing = table.find(first, 0) < 0 ? 0 : STABLE_SESSIONS;
  let [looks, found, torn, lost] = [0, 0, 0, 0];
  Atomics.store(flags, 0, 1);
  Atomics.notify(flags, 0);
  while (Atomics.load(flags, 1) === 0) {
    looks += 1;
    if (table.matches(changing, A.jti, 0, B.uid, 0) || table.matches(changing, B.jti, 0, A.uid, 0)) torn += 1;
    if (table.matches(changing, A.jti, 0, A.uid, 0) || table.matches(changing, B.jti, 0, B.uid, 0)) found += 1;
    // Most looks go to the changing row; its torn moments are short.
    if (looks % 4 !== 0) continue;
    const [sid, jti, uid] = ids[(looks >> 2) % STABLE_SESSIONS]!;
    const row = table.find(sid, 0);
    if (row < 0 || !table.matches(row, jti, 0, uid, 0)) lost += 1;
  }
  return { looks, found, torn, lost };
}

/** What one look says: the row of find(), or 1 or 0 for matches(). */
function lookOnce(start: ReaderStart): number {
  const table = new SessionTable(start.table);
  const flags = new Int32Array(start.flags);
  const [sid, jti, uid] = [stableId(0, 1), stableId(0, 2), stableId(0, 3)];
  Atomics.store(flags, 0, 1);
  Atomics.notify(flags, 0);
  return start.mode === 'find' ? table.find(sid, 0) : Number(table.matches(0, jti, 0, uid, 0));
}

if (parentPort !== null && workerData?.table !== undefined) {
  const start = workerData as ReaderStart;
  parentPort.postMessage(start.mode === 'watch' ? read(start) : lookOnce(start));
}
