import { luaScript } from '../../../reference-server/auth/lua/script.js';
import { connectRedis, type RedisLink } from '../../../reference-server/auth/redis-link.js';
import { RedisStore, type RedisStoreOptions, STORE_CHANNEL } from '../../../reference-server/auth/redis-store.js';
import { parseRedisUrl } from '../../../reference-server/auth/redis-url.js';
import { SessionTable } from '../../../reference-server/auth/session-table.js';
import type { StoreLimits } from '../../../reference-server/auth/store.js';
import type { Clock } from '../../../src/core/clock.js';

export const LIMITS: StoreLimits = { maxSessionsPerUser: 1, maxDevicesPerUser: 10, devicePolicy: 'evict' };

export interface StoreSettings extends Partial<StoreLimits> {
  readonly clock: Clock;
  readonly capacity?: number;
  /** The scripts go by `clock`, too. */
  readonly isTimeGiven?: boolean;
}

export interface StoreUnderTest {
  readonly store: RedisStore;
  readonly table: SessionTable;
  /** 'down' and 'up' as the store told them. */
  readonly events: string[];
}

function storeOptions({ clock, capacity = 1_000, isTimeGiven = true, ...limits }: StoreSettings): RedisStoreOptions {
  const table = SessionTable.create(capacity);
  return { ...LIMITS, ...limits, table, clock, ...(isTimeGiven ? { scriptTimeMs: () => clock.unixMs() } : {}) };
}

/** A store on connections of its own, as a server has it. */
export async function openStore(url: string, settings: StoreSettings): Promise<StoreUnderTest> {
  const events: string[] = [];
  const options = storeOptions(settings);
  const store = await RedisStore.connect(parseRedisUrl(url, '--redis'), options, {
    onDegraded: () => events.push('down'),
    onRestored: () => events.push('up'),
  });
  return { store, table: options.table, events };
}

/** Any number of stores on one pair of connections, which wait long for answers: a busy machine fails no test that is not about time. */
export class SharedLink {
  readonly link: RedisLink;
  readonly #stores: Set<RedisStore>;
  readonly #owners = new Map<string, RedisStore>();
  #heard: () => void = () => {};

  static async open(url: string): Promise<SharedLink> {
    const stores = new Set<RedisStore>();
    let shared: SharedLink | undefined;
    const onMessage = (text: string): void => {
      if (text === 'settled') shared?.hearSettled();
      else {
        const owner = shared?.ownerOf(text);
        for (const store of owner === undefined ? stores : [owner]) store.hear(text);
      }
    };
    const listeners = { onMessage, onSubscribed: () => {}, onDown: () => {}, onUp: () => {} };
    shared = new SharedLink(await connectRedis(parseRedisUrl(url, '--redis'), STORE_CHANNEL, listeners, 10_000), stores);
    return shared;
  }

  private constructor(link: RedisLink, stores: Set<RedisStore>) {
    this.link = link;
    this.#stores = stores;
  }

  /** Messages about this session are for this store only: many stores with users of their own need not read one another's. */
  claim(sid: Uint8Array, store: RedisStore): void {
    this.#owners.set(Buffer.from(sid).toString('base64url'), store);
  }

  ownerOf(text: string): RedisStore | undefined {
    return this.#owners.get(text.split('|', 2)[1] ?? '');
  }

  hearSettled(): void {
    this.#heard();
  }

  store(settings: StoreSettings): { store: RedisStore; table: SessionTable } {
    const options = storeOptions(settings);
    const store = new RedisStore(options, this.link);
    this.#stores.add(store);
    return { store, table: options.table };
  }

  /** Forgets everything. */
  async flush(): Promise<void> {
    await this.link.run(luaScript("redis.call('FLUSHALL')"), [], [0]);
  }

  /** Waits until the messages of the channel so far have been heard. */
  settle(): Promise<void> {
    return new Promise((resolve) => {
      this.#heard = resolve;
      this.link.run(luaScript("redis.call('PUBLISH', 'gw:ev', 'settled')"), [], [0]);
    });
  }

  /** The store hears no more. */
  drop(store: RedisStore): void {
    this.#stores.delete(store);
  }
}
