/** A real redis-server for tests: on a free port, in a directory of its own, ended with the test's process. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const binary = process.env.GWRK_TEST_REDIS || 'redis-server';
const READY_WITHIN_MS = 4_000;

function versionOf(): string | undefined {
  try {
    return /v=([\d.]+)/.exec(execFileSync(binary, ['--version'], { encoding: 'utf8', timeout: 5_000 }))?.[1];
  } catch {
    return undefined;
  }
}

/** False, or why nothing can be tested against Redis here. */
export const needsRedis: false | string = versionOf() === undefined && `no ${binary} here: sessions in Redis are not tested`;

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** True when something at the port answers PING, with or without asking for a password first. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const end = (isUp: boolean): void => {
      socket.destroy();
      resolve(isUp);
    };
    socket.setTimeout(200, () => end(false));
    socket.once('error', () => end(false));
    socket.once('data', (text) => end(/^\+PONG|^-NOAUTH/.test(String(text))));
  });
}

export class RedisServer {
  readonly port: number;
  readonly #directory: string;
  readonly #flags: readonly string[];
  #child: ChildProcess | undefined;

  /** Starts one; `flags` are settings of redis.conf such as --requirepass. Nothing is kept on disk unless they say so. */
  static async start(...flags: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), mkdtempSync(join(tmpdir(), 'gwrk-redis-')), flags);
    await server.start();
    return server;
  }

  private constructor(port: number, directory: string, flags: readonly string[]) {
    this.port = port;
    this.#directory = directory;
    this.#flags = flags;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it again, on the same port. */
  async start(): Promise<void> {
    const settings = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#directory, '--save', '', '--appendonly', 'no'];
    const child = spawn(binary, [...settings, ...this.#flags], { stdio: 'ignore' });
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    child.once('error', () => {});
    this.#child = child;
    const untilMs = Date.now() + READY_WITHIN_MS;
    while (!(await answers(this.port))) {
      if (Date.now() > untilMs || child.exitCode !== null) throw new Error(`${binary} did not start on port ${this.port}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Sends one command as a line of text; resolves with the first line of the answer. */
  command(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, '127.0.0.1', () => socket.write(`${line}\r\n`));
      socket.setTimeout(2_000, () => socket.destroy(new Error(`no answer to ${line}`)));
      socket.once('error', reject);
      socket.once('data', (text) => {
        socket.destroy();
        resolve(String(text).split('\r\n', 1)[0]!);
      });
    });
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child!.kill(name);
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    const child = this.#child!;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  /** Ends it and removes what it wrote. */
  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
