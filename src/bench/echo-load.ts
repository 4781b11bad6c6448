import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../report/report.js';
import { type BenchServer, runLoad, startGwrk, startServer, trialPath } from './children.js';
import { residentBytes } from './resident.js';

/** Connections that come within `rampS`, then stay for `holdS`; each sends a message every `everyMs`, at its own time of that period. */
export interface EchoLoad {
  readonly clients: number;
  readonly rampS: number;
  readonly holdS: number;
  readonly everyMs: number;
  readonly seed: number;
}

export type EchoServer = 'naive' | 'ws' | 'uring';

export interface EchoFigures {
  readonly report: Report;
  /** Resident memory of the server before the first connection; undefined where the system does not say. */
  readonly idleRssBytes: number | undefined;
}

/** The server as a program of its own: the naive one, or `gwrk serve --echo` with that gateway. */
export function startEcho(kind: EchoServer, signal: AbortSignal): Promise<BenchServer> {
  if (kind === 'naive') return startServer([process.execPath, trialPath('naive-server')], signal);
  return startGwrk(['--echo', '--gateway', kind], signal);
}

/** One server under the load, by `gwrk run`. Rejects when hardly a client came in: such figures say nothing. */
export async function measureEcho(kind: EchoServer, load: EchoLoad, signal: AbortSignal): Promise<EchoFigures> {
  const directory = await mkdtemp(join(tmpdir(), 'gwrk-bench-'));
  const server = await startEcho(kind, signal);
  try {
    const path = join(directory, 'echo.yaml');
    const target = String(server.ready.ws);
    await writeFile(path, scenario(target, load));
    const idleRssBytes = await residentBytes(server.pid);
    // The reference server counts the collections of all its threads itself; the naive one has a single thread, which the inspector sees.
    const counted = kind === 'naive' ? [`--target-inspect=${server.pid}`] : ['--admin-url', String(server.ready.admin)];
    const watched = ['--target-pid', String(server.pid), ...counted];
    const words = [path, ...watched, '--seed', String(load.seed), '--no-error-limit'];
    const report = await runLoad(words, signal, server.env);
    const { connected } = report.clients;
    if (connected < load.clients * 0.95) throw new Error(`${kind}: ${connected} of ${load.clients} clients connected (${report.reason})`);
    return { report, idleRssBytes };
  } finally {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

function scenario(target: string, { clients, rampS, holdS, everyMs }: EchoLoad): string {
  return `name: echo
target: ${target}
swarm: { sourceIps: [127.0.1.0/29] }
scenarios:
  players:
    executor: ramping-clients
    stages:
      - { duration: ${rampS}s, target: ${clients} }
      - { duration: ${holdS}s, target: ${clients} }
    gracefulStop: 5s
    flow:
      - connect: { timeout: 20s }
      - loop:
          every: ${everyMs}ms
          steps:
            - send: { text: "move {{ client }} {{ iteration }} 0123456789abcdef", expect: { within: 5s } }
`;
}
