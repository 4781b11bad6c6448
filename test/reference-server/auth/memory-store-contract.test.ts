import { MemoryStore } from '../../../reference-server/auth/memory-store.js';
import { SessionTable } from '../../../reference-server/auth/session-table.js';
import { ManualClock } from './manual-clock.js';
import { testStoreContract } from './store-contract.js';

testStoreContract('MemoryStore', async (limits) => {
  const clock = new ManualClock();
  const table = SessionTable.create(1_000);
  const store = new MemoryStore({ table, clock, ...limits });
  return { store, table, clock, close: () => store.close() };
});
