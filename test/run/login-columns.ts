import type { LoginColumns } from '../../src/swarm/messages.js';

/** One client that wants to be logged in. */
export interface Player {
  readonly row: number;
  readonly generation: number;
  readonly uid: string;
  readonly proof?: string;
}

export function columnsOf(players: readonly Player[]): LoginColumns {
  let end = 0;
  return {
    rows: Int32Array.from(players, ({ row }) => row),
    generations: Int32Array.from(players, ({ generation }) => generation),
    uids: new Uint8Array(Buffer.concat(players.map(({ uid }) => Buffer.from(uid)))),
    uidEnds: Int32Array.from(players, ({ uid }) => {
      end += Buffer.byteLength(uid);
      return end;
    }),
    ...(players.some(({ proof }) => proof !== undefined) && { proofs: players.map(({ proof }) => proof) }),
  };
}

export function objectsOf({ rows, generations, uids, uidEnds, proofs }: LoginColumns): Player[] {
  return Array.from(rows, (row, i) => {
    const proof = proofs?.[i];
    const uid = Buffer.from(uids.subarray(i === 0 ? 0 : uidEnds[i - 1]!, uidEnds[i])).toString();
    return { row, generation: generations[i]!, uid, ...(proof !== undefined && { proof }) };
  });
}
