import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Compares with test/report/golden/<name>. GWRK_WRITE_GOLDEN=1 writes the files anew, for a person to read the difference
 * before it is committed.
 */
export function assertGolden(name: string, actual: string): void {
  const path = new URL(`../../../test/report/golden/${name}`, import.meta.url);
  if (process.env.GWRK_WRITE_GOLDEN === '1') writeFileSync(path, actual);
  assert.equal(actual, readFileSync(path, 'utf8'));
}
