/**
 * A redis-server of a trial's own: on a free port of loopback, in a directory of its own, nothing else kept.
 *
 *   node dist/reference-server/trials/redis-child.js
 *
 * prints {"redis": URL, "pid": N} when it answers, and ends it at SIGTERM.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const READY_MS = 10_000;
const PORT_TRIES = 3;

export class RedisChild {
  readonly url: string;
  readonly port: number;
  readonly #binary: string;
  readonly #flags: readonly string[];
  readonly #directory = mkdtempSync(join(tmpdir(), 'gwrk-trial-redis-'));
  #child: ChildProcess | undefined;

  /** Resolves when it answers; rejects when `binary` is not installed. `flags` are settings of redis.conf such as --requirepass. */
  static async start(flags: readonly string[] = [], binary = 'redis-server'): Promise<RedisChild> {
    for (let tries = 1; ; tries++) {
      const redis = new RedisChild(await freePort(), flags, binary);
      try {
        await redis.start();
        return redis;
      } catch (error) {
        const hasEnded = redis.#child?.exitCode != null;
        await redis.close();
        // A connection of another program may have taken the port in the meantime.
        if (!hasEnded || tries === PORT_TRIES) throw error;
      }
    }
  }

  private constructor(port: number, flags: readonly string[], binary: string) {
    this.port = port;
    this.#flags = flags;
    this.#binary = binary;
    this.url = `redis://127.0.0.1:${port}`;
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  /** Starts it (again); each write is in its append-only file before the next second is over, as Redis has it by default with AOF. */
  async start(): Promise<void> {
    const settings = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#directory, '--save', '', '--appendonly', 'yes'];
    const child = spawn(this.#binary, [...settings, ...this.#flags], { stdio: 'ignore' });
    this.#child = child;
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    let fault: Error | undefined;
    child.once('error', () => {
      fault = new Error(`${this.#binary} is not installed here`);
    });
    for (const untilMs = performance.now() + READY_MS; !(await answers(this.port)); await sleep(5)) {
      if (fault !== undefined) throw fault;
      if (child.exitCode !== null || performance.now() > untilMs) throw new Error(`${this.#binary} did not start`);
    }
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Ends it and removes what it wrote. */
  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** True when something at the port answers PING, or asks for a password first. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const end = (isUp: boolean): void => {
      socket.destroy();
      resolve(isUp);
    };
    socket.setTimeout(500, () => end(false));
    socket.once('error', () => end(false));
    socket.once('data', (text) => end(/^\+PONG|^-NOAUTH/u.test(String(text))));
  });
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const redis = await RedisChild.start();
  process.stdout.write(`${JSON.stringify({ redis: redis.url, pid: redis.pid })}\n`);
  const awake = setInterval(() => {}, 60_000);
  process.once('SIGTERM', () => {
    clearInterval(awake);
    void redis.close();
  });
}
