/**
 * The contract of AuthStore (reference-server/auth/store.ts) as tests over any store. Decided beyond the drafts of the Lua scripts:
 * - a session lives until its absolute end: one whose access is over still counts, else a refresh would bring back a session above
 *   the limit (the draft of login dropped it from the count and left its family);
 * - who logged in first is ended first, however often it was refreshed since, and the order holds within one millisecond (the
 *   draft ordered by the end of the access, then by sid; devices of one millisecond by their bytes);
 * - a device is forgotten 30 days after its own last login (the draft's whole list lived 30 days after the user's last);
 * - devices are dropped until there is room (the draft dropped one), and their last login survives their sessions;
 * - generation 0, which no token has, is reuse (the draft took it for the predecessor of the first);
 * - a family that is over may be `expired` or `unknown`, and its end is not told: its time had come.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StoreLimits } from '../../../reference-server/auth/store.js';
import { type MakeStore, StoreBench } from './store-bench.js';
import { deviceCases } from './store-contract-devices.js';
import { endingCases } from './store-contract-ending.js';
import { loginCases } from './store-contract-login.js';
import { refreshCases } from './store-contract-refresh.js';
import { refusalCases } from './store-contract-refusals.js';

export interface ContractCase {
  readonly sentence: string;
  readonly limits: Partial<StoreLimits>;
  readonly run: (bench: StoreBench) => Promise<void>;
}

const DEFAULTS: StoreLimits = { maxSessionsPerUser: 1, maxDevicesPerUser: 5, devicePolicy: 'evict' };

export const CONTRACT: readonly ContractCase[] = [...loginCases, ...deviceCases, ...refreshCases, ...refusalCases, ...endingCases];

/** Runs the contract over stores that `make` makes, a fresh one a case. */
export function testStoreContract(name: string, make: MakeStore): void {
  describe(`${name} keeps the contract of a store: `, () => {
    for (const { sentence, limits, run } of CONTRACT) {
      test(sentence, async () => {
        const made = await make({ ...DEFAULTS, ...limits });
        try {
          await run(new StoreBench(made));
        } finally {
          await made.close();
        }
      });
    }
    test('there are at least 60 cases, no two of one name', () => {
      assert.ok(CONTRACT.length >= 60, String(CONTRACT.length));
      assert.equal(new Set(CONTRACT.map(({ sentence }) => sentence)).size, CONTRACT.length);
    });
  });
}
