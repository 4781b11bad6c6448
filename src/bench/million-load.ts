import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../report/report.js';
import { runLoad, startGwrk } from './children.js';
import { onCore, wordsOf } from './cores.js';
import { residentBytes } from './resident.js';

/** Players that log in with both factors, connect within `rampS`, and beat and send an operation every `everyS` while they stay. */
export interface PlayerLoad {
  readonly clients: number;
  readonly rampS: number;
  readonly holdS: number;
  readonly everyS: number;
  readonly seed: number;
}

export interface PlayerFigures {
  readonly report: Report;
  /** The most that was resident of the server at any look of the run. */
  readonly rssPeakBytes: number | undefined;
  /** The same before the first client. */
  readonly rssIdleBytes: number | undefined;
}

/**
 * One `gwrk serve` with that gateway under the load. `flameDirectory`: a profile of the server while all clients are there is
 * written to it, which makes the server slower. Rejects when hardly a player came in.
 */
export async function measurePlayers(
  gateway: 'ws' | 'uring',
  load: PlayerLoad,
  signal: AbortSignal,
  flameDirectory?: string,
): Promise<PlayerFigures> {
  const directory = await mkdtemp(join(tmpdir(), 'gwrk-bench-'));
  const server = await startGwrk(['--gateway', gateway, '--heartbeat', `${load.everyS}s`], signal, wordsOf(onCore(0)));
  try {
    const path = join(directory, 'million.yaml');
    await writeFile(path, scenario(String(server.ready.ws), load));
    const rssIdleBytes = await residentBytes(server.pid);
    const words = [path, '--target-pid', String(server.pid), '--seed', String(load.seed), '--threads', '1', '--no-error-limit'];
    const env = { ...server.env, GWRK_ADMIN_URL: String(server.ready.admin), GWRK_LOGIN_URL: String(server.ready.http) };
    const keepFlame = async (results: string): Promise<void> => {
      if (flameDirectory === undefined) return;
      const [run] = (await readdir(results, { withFileTypes: true })).filter((entry) => entry.isDirectory());
      const taken = join(results, run?.name ?? '', 'flame');
      if (existsSync(taken)) await cp(taken, flameDirectory, { recursive: true });
    };
    const flame = flameDirectory === undefined ? [] : ['--flame', 'inspector'];
    const report = await runLoad([...words, ...flame], signal, env, wordsOf(onCore(1)), keepFlame);
    if (report.clients.ready < load.clients * 0.95)
      throw new Error(`${gateway}: ${report.clients.ready} of ${load.clients} players became ready (${report.reason})`);
    return { report, rssIdleBytes, rssPeakBytes: peakBytes(report) };
  } finally {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

function scenario(target: string, { clients, rampS, holdS, everyS }: PlayerLoad): string {
  return `name: million
target: ${target}
swarm: { sourceIps: [127.0.1.0/24], maxConnecting: 2000 }
scenarios:
  players:
    executor: ramping-clients
    stages:
      - { duration: ${rampS}s, target: ${clients} }
      - { duration: ${holdS}s, target: ${clients} }
    gracefulStop: 15s
    flow:
      - login: { uid: "p{{ client }}", proof: none, timeout: 30s }
      - connect: { timeout: 30s }
      - auth: { timeout: 30s }
      - heartbeat: { every: ${everyS}s, jitter: 5% }
      - loop:
          every: ${everyS}s
          steps:
            - op: { code: echo, text: "{{ client }}:{{ iteration }}", expect: { code: ok, within: 10s } }
      - disconnect: {}
`;
}

/** The kernel's peak is of the hold alone; the looks once a second are of the ramp too. */
function peakBytes({ target, timeline }: Report): number | undefined {
  const looks = (timeline as unknown as Readonly<Record<string, readonly (number | null)[]>>).target_rss_bytes ?? [];
  const peak = Math.max(target.rssPeakBytes ?? 0, ...looks.map((bytes) => bytes ?? 0));
  return peak > 0 ? peak : undefined;
}
