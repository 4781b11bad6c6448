/** A real redis-server for tests: on a free port, in a directory of its own, ended with the test's process. */
import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { RedisChild } from '../../../reference-server/trials/redis-child.js';

const binary = process.env.GWRK_TEST_REDIS || 'redis-server';

function versionOf(): string | undefined {
  try {
    return /v=([\d.]+)/.exec(execFileSync(binary, ['--version'], { encoding: 'utf8', timeout: 60_000 }))?.[1];
  } catch {
    return undefined;
  }
}

/** False, or why nothing can be tested against Redis here. */
export const needsRedis: false | string = versionOf() === undefined && `no ${binary} here: sessions in Redis are not tested`;

export class RedisServer {
  readonly #redis: RedisChild;

  /** Starts one; `flags` are settings of redis.conf such as --requirepass. Nothing is kept on disk unless they say so. */
  static async start(...flags: string[]): Promise<RedisServer> {
    return new RedisServer(await RedisChild.start(['--appendonly', 'no', ...flags], binary));
  }

  private constructor(redis: RedisChild) {
    this.#redis = redis;
  }

  get port(): number {
    return this.#redis.port;
  }

  get url(): string {
    return this.#redis.url;
  }

  /** Starts it again, on the same port. */
  start(): Promise<void> {
    return this.#redis.start();
  }

  /** Sends one command as a line of text; resolves with the first line of the answer. */
  command(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, '127.0.0.1', () => socket.write(`${line}\r\n`));
      socket.setTimeout(30_000, () => socket.destroy(new Error(`no answer to ${line}`)));
      socket.once('error', reject);
      socket.once('data', (text) => {
        socket.destroy();
        resolve(String(text).split('\r\n', 1)[0]!);
      });
    });
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.#redis.pid, name);
  }

  /** Ends it as a power cut would. */
  kill(): Promise<void> {
    return this.#redis.kill();
  }

  /** Ends it and removes what it wrote. */
  close(): Promise<void> {
    return this.#redis.close();
  }
}
