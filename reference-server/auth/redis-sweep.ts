import { FIND_SCRIPT } from './lua/find.js';
import type { RedisCache } from './redis-cache.js';
import type { RedisLink, ScriptCall } from './redis-link.js';
import { bytesOf, readRecord, sessionsKey, textOf } from './redis-records.js';
import type { SessionTable } from './session-table.js';
import { REVOKED } from './store.js';

/** Every row is looked at once in these many steps, one a second. */
const STEPS_A_ROUND = 30;
/** After a gap in the events a round takes this many steps. */
const STEPS_IN_A_HURRY = 5;
/** Sessions asked for in one command: it keeps Redis busy for less than a millisecond. */
const SESSIONS_A_COMMAND = 256;

interface Asked {
  readonly rows: readonly number[];
  readonly sids: readonly Uint8Array[];
  readonly call: ScriptCall;
}

/**
 * Asks Redis in turn for every session that this process knows, for word of their end may be lost: it comes by pub/sub, which
 * delivers at most once. A session that Redis does not have is ended here, but for those stored in a Redis process that is gone:
 * it may have kept nothing, and then their connections live until their access ends.
 */
export class RedisSweep {
  readonly #link: RedisLink;
  readonly #cache: RedisCache;
  readonly #table: SessionTable;
  #next = 0;
  #hurriedSteps = 0;
  #isAsking = false;

  constructor(link: RedisLink, cache: RedisCache, table: SessionTable) {
    this.#link = link;
    this.#cache = cache;
    this.#table = table;
  }

  /** Some events were missed: look at every row soon. */
  hurry(): void {
    this.#hurriedSteps = STEPS_IN_A_HURRY;
  }

  /** One step, to be taken each second; a step is left out while the one before still waits for its answers. */
  async step(nowS: number, timeMs: number, era: number): Promise<void> {
    if (this.#isAsking || !this.#link.isUp) return;
    const { used } = this.#table;
    const steps = this.#hurriedSteps > 0 ? STEPS_IN_A_HURRY : STEPS_A_ROUND;
    this.#hurriedSteps = Math.max(0, this.#hurriedSteps - 1);
    const low = this.#next < used ? this.#next : 0;
    const high = Math.min(used, low + Math.max(SESSIONS_A_COMMAND, Math.ceil(used / steps)));
    this.#next = high;
    const rows: number[] = [];
    this.#cache.walk(low, high, nowS, (row) => rows.push(row));
    if (rows.length === 0) return;
    this.#isAsking = true;
    try {
      await this.#ask(rows, timeMs, era);
    } finally {
      this.#isAsking = false;
    }
  }

  async #ask(rows: readonly number[], timeMs: number, era: number): Promise<void> {
    const asked: Asked[] = [];
    for (let at = 0; at < rows.length; at += SESSIONS_A_COMMAND)
      asked.push(this.#question(rows.slice(at, at + SESSIONS_A_COMMAND), timeMs));
    for (const { rows: some, sids, call } of asked) {
      const [found] = await this.#link.runMany(FIND_SCRIPT, [call]);
      if (found instanceof Error) return; // the next round asks again
      this.#compare(some, sids, found as (string | null)[], era);
    }
  }

  #question(rows: readonly number[], timeMs: number): Asked {
    const sids = rows.map((row) => {
      const sid = new Uint8Array(16);
      this.#table.copySid(row, sid, 0);
      return sid;
    });
    const keys = rows.map((row) => sessionsKey(this.#cache.uid(row)));
    return { rows, sids, call: { keys, args: [timeMs, ...sids.map((sid) => textOf(sid))] } };
  }

  #compare(rows: readonly number[], sids: readonly Uint8Array[], found: readonly (string | null)[], era: number): void {
    const gone: Uint8Array[] = [];
    for (const [i, row] of rows.entries()) {
      const sid = sids[i]!;
      const record = found[i];
      if (!this.#cache.holds(row, sid)) continue; // ended while we asked
      if (record) {
        const { jti, accessExpS } = readRecord(record);
        this.#cache.confirm(row, bytesOf(jti), accessExpS, era);
      } else if (this.#cache.era(row) === era) gone.push(sid);
    }
    if (gone.length > 0) this.#cache.end(gone, REVOKED);
  }
}
