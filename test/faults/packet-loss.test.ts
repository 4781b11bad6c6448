import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '../../src/report/report.js';
import type { Explanation } from '../../src/report/why.js';
import { gwrk, repository } from '../integration/gwrk-process.js';
import { lineOf, Namespaces } from './namespaces.js';

const PORT = 9000;
const TOKEN = 'drill';
const LOSS_PERCENT = 3;
const SLOW_US = 150_000;
const FAST_SAMPLE = 1_000;

/** Operations so far apart that one is over, retransmits and all, before the next begins. */
const SCENARIO = `
name: drill
target: ws://10.77.0.1:${PORT}/v1/ws
scenarios:
  players:
    executor: constant-clients
    clients: 200
    duration: 9s
    gracefulStop: 3s
    flow:
      - login: { uid: "p{{ client }}", proof: none }
      - connect: {}
      - auth: {}
      - loop:
          every: 500ms
          steps:
            - op: { code: echo, text: "hello", expect: { code: ok, within: 3s } }
`;

const file = (name: string): string => join(repository, 'dist', name);

interface Drill {
  readonly namespaces: Namespaces;
  readonly directory: string;
  /** What told the server of retransmits. */
  readonly source: string;
}

/** The reference server in one namespace, and a way for the other to its admin port, which stands on its loopback only. */
async function startServer(namespaces: Namespaces, directory: string): Promise<Drill> {
  const { server, client } = namespaces;
  const flags = ['--host', '10.77.0.1', '--insecure-plaintext', '--proof', 'none', '--kernel-events', 'auto'];
  const child = namespaces.node(server, [file('reference-server/main.js'), ...flags], { GWRK_ADMIN_TOKEN: TOKEN });
  const watched = lineOf(child.stderr!, (line) => line.includes('"kernel-events"'));
  watched.catch(() => {});
  await lineOf(child.stdout!, (line) => line.includes('"ready"'));
  const { source } = JSON.parse(await watched) as { source: string };
  const socket = join(directory, 'admin.sock');
  for (const [name, from, to] of [
    [server, socket, '9002'],
    [client, '9002', socket],
  ] as const) {
    await lineOf(namespaces.node(name, [file('test/faults/relay.js'), from, to]).stdout!, (line) => line === 'ready');
  }
  return { namespaces, directory, source };
}

async function runLoad({ namespaces, directory }: Drill, transport: string): Promise<{ run: string; report: Report }> {
  const scenario = join(directory, 'drill.yaml');
  const out = join(directory, 'reports');
  writeFileSync(scenario, SCENARIO);
  const target = ['--admin-url', 'http://127.0.0.1:9002', '--transport', transport, '--threads', '1'];
  const args = [join(repository, 'bin/gwrk.js'), 'run', scenario, ...target, '--slow-ops', '1us', '--out', out];
  const child = namespaces.node(namespaces.client, args, { GWRK_ADMIN_TOKEN: TOKEN, HOME: directory });
  let said = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk: Buffer) => {
      said += chunk;
    });
  await new Promise((resolve) => child.once('close', resolve));
  const [name] = readdirSync(out);
  assert.ok(name !== undefined, said);
  const run = join(out, name);
  return { run, report: JSON.parse(readFileSync(join(run, 'report.json'), 'utf8')) as Report };
}

async function why(run: string, slow: string): Promise<Explanation[]> {
  const { stdout, code, stderr } = await gwrk(['why', run, '--slow', slow, '--json']);
  assert.equal(code, 0, stderr);
  return (JSON.parse(stdout) as { operations: Explanation[] }).operations;
}

const hasRetransmit = ({ chain }: Explanation): boolean => chain.some(({ label }) => label === 'RETRANSMIT');

test('with 3 % packet loss, gwrk why finds the retransmit behind slow operations and blames no fast one', async (t) => {
  const obstacle = Namespaces.obstacle();
  if (obstacle !== undefined) return t.skip(`no packet-loss drill here: ${obstacle}`);
  const directory = mkdtempSync(join(tmpdir(), 'gwrk-drill-'));
  let namespaces: Namespaces;
  try {
    namespaces = Namespaces.create();
  } catch (error) {
    rmSync(directory, { recursive: true });
    return t.skip(`no packet-loss drill here: ${(error as Error).message}`);
  }
  try {
    const drill = await startServer(namespaces, directory);
    if (drill.source === 'none') return t.skip('no packet-loss drill here: no source of kernel events works');
    namespaces.lose(LOSS_PERCENT);
    const { run, report } = await runLoad(drill, 'auto');
    assert.ok(report.ledger.ok > 2_000, `only ${report.ledger.ok} operations`);
    assert.ok(namespaces.lost() > 50, `only ${namespaces.lost()} segments were lost`);

    const slow = await why(run, '150ms');
    const explained = slow.filter(({ label }) => label === 'RETRANSMIT');
    const unknown = slow.filter(({ label }) => label === 'UNKNOWN');
    // On a machine that is busy, gwrk or the server may have stood still as well, which is found too and is not the network's.
    const ofNetwork = explained.length + unknown.length;
    const all = await why(run, '1us');
    const fast = all.filter(({ operation }) => operation.doneUs - operation.intendedUs < SLOW_US).slice(0, FAST_SAMPLE);
    t.diagnostic(
      `${drill.source}, ${report.transport}: ${explained.length} of ${slow.length} slow operations were retransmits, ${unknown.length} are unknown, ` +
        `${fast.filter(hasRetransmit).length} of ${fast.length} fast ones had a retransmit, ${namespaces.lost()} segments lost`,
    );
    assert.ok(slow.length >= 20, `only ${slow.length} slow operations`);
    assert.ok(explained.length >= ofNetwork * 0.9, JSON.stringify(unknown.slice(0, 5)));
    // Of 3,600 operations; a machine that makes nearly all of them slow has too few to show anything.
    assert.ok(fast.length >= FAST_SAMPLE / 4, `only ${fast.length} fast operations`);
    assert.deepEqual(fast.filter(hasRetransmit), []);
    assert.match(
      (await gwrk(['why', run, '--slow', '150ms'])).stdout,
      /RETRANSMIT: op echo took \d.*\n.*sent .* -> waited for a segment that /u,
    );
  } finally {
    await namespaces.remove();
    rmSync(directory, { recursive: true, force: true });
  }
});
