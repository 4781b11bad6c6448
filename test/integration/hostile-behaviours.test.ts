import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { EXIT } from '../../src/core/exit-codes.js';
import type { Report } from '../../src/report/report.js';
import { probeUring } from '../../src/uring/probe.js';
import { gwrk } from './gwrk-process.js';
import { BEHAVIOURS, type ManyFacedServer, manyFacedServer } from './hostile-behaviours.js';

const uring = probeUring();
const names = Object.keys(BEHAVIOURS);
const directory = mkdtempSync(join(tmpdir(), 'gwrk-hostile-'));
let server: ManyFacedServer;
before(async () => {
  server = await manyFacedServer();
});
after(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

/**
 * One scenario a behaviour, all at once, two clients each; `path` says which behaviour it meets. Time is short only for the two
 * that show what a time-out is called: what the others send must be read, also by a machine that is busy with all of them.
 */
function fileOf(path: (name: string) => string): string {
  const scenarios = names.map(
    (name, index) => `
  s${index}:
    executor: constant-clients
    clients: 2
    duration: 3s
    gracefulStop: 500ms
    flow:
      - connect: { path: "/${path(name)}", timeout: ${name === 'says-nothing' ? '700ms' : '10s'} }
      - loop:
          every: 200ms
          steps: [ { send: { json: { id: "{{ iteration }}" }, match: { json: /id }, expect: { within: ${name === 'never-ends-a-close' ? '300ms' : '10s'} } } } ]`,
  );
  const file = join(directory, `${path('x')}.yaml`);
  writeFileSync(file, `name: hostile\ntarget: ws://127.0.0.1:${server.port}/\nscenarios:${scenarios.join('')}\n`);
  return file;
}

const MIB = 2 ** 20;
/** Codes that must be among the errors: the refusals of the upgrade and of frames, by what docs/errors.md calls them. */
const CODES = [
  ...['upgrade.401', 'upgrade.500', 'upgrade.302', 'upgrade.accept', 'timeout.upgrade'],
  ...['ws.1002', 'ws.1007', 'ws.1009', 'closed.4000', 'closed.1006', 'timeout.answer'],
];

for (const transport of ['node', 'uring'] as const)
  test(`${names.length} hostile behaviours at once: the run ends, its report is whole, its memory stays small, over ${transport}`, {
    skip: transport === 'uring' && !uring.available && uring.reason,
  }, async () => {
    const words = (file: string): string[] => ['run', file, '--transport', transport, '--no-thresholds'];
    const polite = await gwrk(words(fileOf(() => 'polite')));
    const { code, signal, stdout, stderr, report } = await gwrk(words(fileOf((name) => name)));
    assert.equal(signal, null, stderr);
    assert.equal(code, EXIT.invalid, stderr);
    assert.ok(report && polite.report, stderr);
    assertWhole(report);
    const grown = report.generator.rssPeakBytes - polite.report.generator.rssPeakBytes;
    assert.ok(grown < 64 * MIB, `${(grown / MIB).toFixed(1)} MiB more than with a polite server`);
    const seen = report.errors.map((error) => error.code);
    assert.deepEqual(
      CODES.filter((each) => !seen.includes(each)),
      [],
      JSON.stringify(report.errors),
    );
    // Nothing of what the server says reaches the terminal as it is.
    const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/u;
    assert.doesNotMatch(stdout, obeyed);
    assert.doesNotMatch(stderr, obeyed);
  });

function assertWhole(report: Report): void {
  assert.equal(report.verdict, 'invalid');
  assert.equal(report.clients.planned, names.length * 2);
  const { sent, ok, fail, indeterminate } = report.ledger;
  assert.equal(sent, ok + fail + indeterminate);
  assert.ok(report.durationMs < 60_000, `${report.durationMs} ms`);
  assert.ok(!report.errors.some((error) => error.code === 'GWRK_WORKER_DIED'), JSON.stringify(report.errors));
}

test('there are forty behaviours', () => assert.ok(names.length >= 40, String(names.length)));
