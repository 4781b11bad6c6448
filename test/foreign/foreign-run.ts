import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../../src/report/report.js';
import { probeUring } from '../../src/uring/probe.js';
import { gwrk } from '../integration/gwrk-process.js';

const uring = probeUring();

/** Both transports, and why one cannot be tested here. */
export const transports = [
  { transport: 'node', skip: false },
  { transport: 'uring', skip: uring.available ? false : `io_uring: ${uring.reason}` },
] as const;

/**
 * Runs a scenario against a server that is not ours and holds the report to its plan: every client connected and none
 * lost, no error, as many requests answered as were sent.
 */
export async function runWhole(scenario: string, transport: string, clients: number): Promise<Report> {
  const directory = mkdtempSync(join(tmpdir(), 'gwrk-foreign-'));
  try {
    const file = join(directory, 'scenario.yaml');
    writeFileSync(file, scenario);
    const { report, stderr } = await gwrk(['run', file, '--transport', transport]);
    assert.ok(report, stderr);
    assert.equal(report.transport, transport);
    assert.deepEqual(report.errors, [], stderr);
    const { planned, connected, failed, lost } = report.clients;
    assert.deepEqual({ planned, connected, failed, lost }, { planned: clients, connected: clients, failed: 0, lost: 0 });
    const { sent, ok, fail, indeterminate } = report.ledger;
    assert.deepEqual({ ok, fail, indeterminate }, { ok: sent, fail: 0, indeterminate: 0 });
    assert.match(stderr, /^exit (0|111): /mu); // 111: this machine was too busy to keep the plan's time
    return report;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export function countOf(report: Report, name: string): number {
  const metric = report.metrics[name];
  return metric?.type === 'counter' ? metric.count : Number.NaN;
}
