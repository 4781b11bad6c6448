import type { Clock } from '../../src/core/clock.js';
import { GwrkError } from '../../src/core/errors.js';
import { STORE_DOWN, STORE_NO, STORE_YES, type StoreAnswer, type StoreQuestion } from '../store-messages.js';
import { RedisStore } from './redis-store.js';
import type { RedisAddress } from './redis-url.js';
import type { SessionTable } from './session-table.js';
import type { AuthStore, StoreLimits } from './store.js';

export interface SharedStoreOptions {
  readonly address: RedisAddress;
  readonly table: SessionTable;
  readonly clock: Clock;
  readonly limits: StoreLimits;
  /** `store.degraded` when Redis stops to answer, with the reason, and `store.restored`. */
  readonly onEvent: (event: 'store.degraded' | 'store.restored', detail: string) => void;
}

/** The store of --redis. Throws GWRK_STORE_UNREACHABLE when it cannot be had; a password is in no message. */
export async function connectSharedStore({ address, table, clock, limits, onEvent }: SharedStoreOptions): Promise<RedisStore> {
  try {
    return await RedisStore.connect(
      address,
      { table, clock, ...limits },
      { onDegraded: (why) => onEvent('store.degraded', why), onRestored: () => onEvent('store.restored', address.shown) },
    );
  } catch (error) {
    const isMissing = (error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND';
    throw new GwrkError('GWRK_STORE_UNREACHABLE', isMissing ? 'the package ioredis is not installed' : reasonOf(error), {
      where: '--redis',
      given: address.shown,
      ...(isMissing ? { hint: 'npm install ioredis' } : {}),
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  return `Redis cannot be used: ${error instanceof Error ? error.message : String(error)}`;
}

/** Asks for a gateway thread. `store` may stand before the shared one, to measure and guard it. Never rejects. */
export async function answerQuestion(
  store: AuthStore,
  shared: Pick<RedisStore, 'allowOperation'>,
  question: StoreQuestion,
): Promise<StoreAnswer> {
  const { what, slot, number, uid, sid, proof } = question;
  let verdict = STORE_DOWN;
  try {
    const isYes = await (what === 'admit' ? store.admit(uid, sid, proof) : shared.allowOperation(uid, sid, proof));
    verdict = isYes ? STORE_YES : STORE_NO;
  } catch {
    // the verdict says it
  }
  return { type: 'answer', slot, number, verdict };
}
