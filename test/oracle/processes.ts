import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Report } from '../../src/report/report.js';
import { readSlowRecord, type SlowRecord } from '../../src/report/slow-files.js';
import { repository } from '../integration/gwrk-process.js';
import type { Behaviour } from './behaviour.js';
import type { StallServerCounts } from './stall-server.js';

/**
 * The server has the first core. gwrk has them all, as with people: on one alone its main thread, which adds up the figures once a
 * second, would hold its worker up by 5 ms.
 */
const SERVER_CORE = 0;
const ANY_CORE = undefined;
const canPin = process.platform === 'linux' && availableParallelism() > 1;
const LONGEST_RUN_MS = 60_000;

/** `nice` would not do: where the kernel groups tasks it counts within a session only. */
const [chrt, ...realTime] = ['chrt', '-r', '1'] as const;
/** Whether programs may be put before all others of the machine. */
export const canGoFirst: boolean = canPin && spawnSync(chrt, [...realTime, 'true']).status === 0;

function pinned({ goesFirst }: Stage, core: number | undefined, words: readonly string[]): readonly string[] {
  if (!canPin) return words;
  return [...(goesFirst ? [chrt, ...realTime] : []), ...(core === undefined ? [] : ['taskset', '-c', String(core)]), ...words];
}

export type Transport = 'uring' | 'node';

/** Where and how a row is played. */
export interface Stage {
  readonly transport: Transport;
  /** Server and gwrk get their cores before anything else that runs here. */
  readonly goesFirst: boolean;
}

function start(stage: Stage, core: number | undefined, words: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const [program, ...rest] = pinned(stage, core, [process.execPath, ...words]);
  const child = spawn(program!, rest, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return child;
}

/** A program that says on stdout, in lines of JSON, what happens to it. */
class Talker {
  readonly child: ChildProcess;
  readonly #lines: Record<string, unknown>[] = [];
  #heard: () => void = () => {};
  #isOver = false;

  constructor(child: ChildProcess) {
    this.child = child;
    child.stderr!.pipe(process.stderr);
    createInterface({ input: child.stdout! })
      .on('line', (line) => {
        this.#lines.push(JSON.parse(line) as Record<string, unknown>);
        this.#heard();
      })
      .once('close', () => {
        this.#isOver = true;
        this.#heard();
      });
  }

  /** The first line that has this key; waits for it. */
  async line(key: string): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.#lines.find((line) => key in line);
      if (found) return found;
      if (this.#isOver) throw new Error(`a server ended before it said "${key}"`);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }
}

export interface StallServer {
  readonly url: string;
  /** Resolves at its first message. */
  firstMessage(): Promise<void>;
  stop(): Promise<StallServerCounts>;
}

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export async function stallServer(stage: Stage, behaviour: Behaviour): Promise<StallServer> {
  const talker = new Talker(start(stage, SERVER_CORE, [program('stall-server.js'), JSON.stringify(behaviour)]));
  const { port } = await talker.line('port');
  return {
    url: `ws://127.0.0.1:${port}/`,
    async firstMessage() {
      await talker.line('first');
    },
    async stop() {
      talker.child.kill('SIGTERM');
      return (await talker.line('received')) as unknown as StallServerCounts;
    },
  };
}

export interface DelayedGateway {
  readonly url: string;
  readonly loginUrl: string;
  stop(): Promise<void>;
}

/** The reference server behind a proxy that delays its upgrades and authentications. */
export async function delayedGateway(stage: Stage, upgradeMs: number, authMs: number): Promise<DelayedGateway> {
  const ports = ['--port', '0', '--http-port', '0', '--admin-port', '0'];
  const gateway = new Talker(
    start(stage, SERVER_CORE, [join(repository, 'bin/gwrk.js'), 'serve', '--proof', 'none', ...ports], {
      GWRK_ADMIN_TOKEN: 'token-of-the-oracles',
    }),
  );
  const { ws, http } = (await gateway.line('ws')) as { readonly ws: string; readonly http: string };
  const { port, pathname } = new URL(ws);
  const proxy = new Talker(start(stage, SERVER_CORE, [program('delay-proxy.js'), port, String(upgradeMs), String(authMs)]));
  const { port: proxied } = await proxy.line('port');
  return {
    url: `ws://127.0.0.1:${proxied}${pathname}`,
    loginUrl: http,
    async stop() {
      for (const { child } of [proxy, gateway])
        await new Promise((resolve) => {
          child.once('exit', resolve);
          child.kill('SIGTERM');
        });
    },
  };
}

export interface OracleRun {
  readonly report: Report;
  readonly code: number | null;
  /** With `keepsAll`: its operations, ascending by their intended times. */
  readonly operations: SlowRecord['operations']['kept'];
}

export interface OracleRunOptions {
  /** Keys of one scenario, "only" (YAML). */
  readonly flow: string;
  /** Those of another, "before". */
  readonly warmUp?: string;
  readonly target: string;
  readonly flags?: readonly string[];
  /** Keeps each operation: at most 2,048 of them. */
  readonly keepsAll?: boolean;
  readonly onStart?: (child: ChildProcess) => void;
}

/** `gwrk run` as people run it, in a process of its own. Throws when it leaves no report. */
export async function runGwrk(stage: Stage, { flow, warmUp, target, flags = [], keepsAll, onStart }: OracleRunOptions): Promise<OracleRun> {
  const directory = mkdtempSync(join(tmpdir(), 'gwrk-oracle-'));
  try {
    const file = join(directory, 'oracle.yaml');
    const scenario = (name: string, keys: string): string => `  ${name}:\n${keys.trim().replace(/^/gm, '    ')}\n`;
    const scenarios = scenario('only', flow) + (warmUp === undefined ? '' : scenario('before', warmUp));
    writeFileSync(file, `name: oracle\ntarget: ${target}\nscenarios:\n${scenarios}`);
    const out = join(directory, 'out');
    const words = ['run', file, '--out', out, '--transport', stage.transport, '--threads', '1', '--no-color', '--quiet', ...flags];
    const child = start(stage, ANY_CORE, [join(repository, 'bin/gwrk.js'), ...words, ...(keepsAll ? ['--slow-ops', '1us'] : [])]);
    let told = '';
    for (const stream of [child.stdout!, child.stderr!]) stream.setEncoding('utf8').on('data', (text: string) => (told += text));
    const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_RUN_MS);
    onStart?.(child);
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    clearTimeout(timer);
    const [run] = readdirSync(directory).includes('out') ? readdirSync(out).filter((name) => !name.startsWith('.')) : [];
    if (run === undefined) throw new Error(`gwrk run ended with ${code} and no report:\n${told}`);
    const report = JSON.parse(readFileSync(join(out, run, 'report.json'), 'utf8')) as Report;
    const kept = keepsAll ? (await readSlowRecord(join(out, run))).operations.kept : [];
    return { report, code, operations: kept.toSorted((a, b) => a.intendedUs - b.intendedUs) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
