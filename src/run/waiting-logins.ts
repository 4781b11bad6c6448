import type { LoginColumns } from '../swarm/messages.js';

/** Some of the clients of columns: those from..to. */
export function sliceLogins({ rows, generations, uids, uidEnds, proofs }: LoginColumns, from: number, to: number): LoginColumns {
  const uidsFrom = from === 0 ? 0 : uidEnds[from - 1]!;
  const uidsTo = to === 0 ? 0 : uidEnds[to - 1]!;
  return {
    rows: rows.slice(from, to),
    generations: generations.slice(from, to),
    uids: uids.slice(uidsFrom, uidsTo),
    uidEnds: uidEnds.slice(from, to).map((end) => end - uidsFrom),
    ...(proofs && { proofs: proofs.slice(from, to) }),
  };
}

/** The clients of several columns, one behind the other. */
export function joinLogins(parts: readonly LoginColumns[]): LoginColumns {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const count = parts.reduce((sum, { rows }) => sum + rows.length, 0);
  const rows = new Int32Array(count);
  const generations = new Int32Array(count);
  const uidEnds = new Int32Array(count);
  const uids = new Uint8Array(parts.reduce((sum, part) => sum + part.uids.length, 0));
  const proofs: (string | undefined)[] = [];
  let at = 0;
  let uidsAt = 0;
  for (const part of parts) {
    rows.set(part.rows, at);
    generations.set(part.generations, at);
    uids.set(part.uids, uidsAt);
    for (let i = 0; i < part.rows.length; i++) uidEnds[at + i] = part.uidEnds[i]! + uidsAt;
    for (const [i, proof] of (part.proofs ?? []).entries()) proofs[at + i] = proof;
    at += part.rows.length;
    uidsAt += part.uids.length;
  }
  return { rows, generations, uids, uidEnds, ...(proofs.length > 0 && { proofs }) };
}

/** One worker's clients that wait to be asked for, first come first served. */
export class WaitingLogins {
  #parts: LoginColumns[] = [];
  /** How many of the first part are gone already. */
  #gone = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(logins: LoginColumns): void {
    this.#parts.push(logins);
    this.#size += logins.rows.length;
  }

  /** Puts those that must be asked for again before all others. */
  putBack(logins: LoginColumns): void {
    const [first] = this.#parts;
    if (first !== undefined && this.#gone > 0) this.#parts[0] = sliceLogins(first, this.#gone, first.rows.length);
    this.#gone = 0;
    this.#parts.unshift(logins);
    this.#size += logins.rows.length;
  }

  /** Takes the first ones, at most `count`. */
  take(count: number): LoginColumns {
    const taken: LoginColumns[] = [];
    let left = Math.min(count, this.#size);
    this.#size -= left;
    while (left > 0) {
      const first = this.#parts[0]!;
      const length = Math.min(left, first.rows.length - this.#gone);
      taken.push(length === first.rows.length ? first : sliceLogins(first, this.#gone, this.#gone + length));
      this.#gone += length;
      left -= length;
      if (this.#gone < first.rows.length) continue;
      this.#parts.shift();
      this.#gone = 0;
    }
    return joinLogins(taken);
  }

  clear(): void {
    this.#parts = [];
    this.#gone = 0;
    this.#size = 0;
  }
}
