import { after, before, test } from 'node:test';
import { ManualClock } from '../auth/manual-clock.js';
import { testStoreContract } from '../auth/store-contract.js';
import { needsRedis, RedisServer } from './redis-server.js';
import { SharedLink } from './store-under-test.js';

if (needsRedis) {
  test('RedisStore keeps the contract of a store', { skip: needsRedis }, () => {});
} else {
  let server: RedisServer;
  let shared: SharedLink;
  before(async () => {
    server = await RedisServer.start();
    shared = await SharedLink.open(server.url);
  });
  after(async () => {
    shared.link.close();
    await server.close();
  });

  testStoreContract('RedisStore', async (limits) => {
    await shared.flush();
    const clock = new ManualClock();
    const { store, table } = shared.store({ clock, ...limits });
    return { store, table, clock, settle: () => shared.settle(), close: async () => shared.drop(store) };
  });
}
