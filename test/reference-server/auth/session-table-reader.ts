/** The reading thread of session-table.test.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { SessionTable } from '../../../reference-server/auth/session-table.js';

export interface ReaderStart {
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
    const [sid, jti, uid] = ids[looks % STABLE_SESSIONS]!;
    const row = table.find(sid, 0);
    if (row < 0 || !table.matches(row, jti, 0, uid, 0)) lost += 1;
  }
  return { looks, found, torn, lost };
}

if (parentPort !== null && workerData?.table !== undefined) parentPort.postMessage(read(workerData as ReaderStart));
