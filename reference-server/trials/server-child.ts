import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
/** The bearer of admin ports of trials, which stand on loopback and live for seconds. */
export const ADMIN_TOKEN = 'token-of-a-trial';
const END_MS = 10_000;

/** A reference server that a trial has started. */
export class ServerChild {
  readonly ws: string;
  readonly http: string;
  readonly admin: string;
  readonly #child: ChildProcess;

  /** On free ports where `flags` name none. Rejects when it ends before it is ready. `prefix` may run it elsewhere, as nsenter does. */
  static async start(flags: readonly string[], prefix: readonly string[] = []): Promise<ServerChild> {
    const ports = ['--port', '--http-port', '--admin-port'].flatMap((flag) => (flags.includes(flag) ? [] : [flag, '0']));
    const words = [...prefix, process.execPath, MAIN, ...ports, '--proof', 'none', ...flags];
    const env = { ...process.env, GWRK_ADMIN_TOKEN: ADMIN_TOKEN };
    const child = spawn(words[0]!, words.slice(1), { env, stdio: ['ignore', 'pipe', 'ignore'] });
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    const line = once(createInterface({ input: child.stdout! }), 'line') as Promise<[string]>;
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the server ended with ${code} before it was ready`);
    });
    ended.catch(() => {});
    const [ready] = await Promise.race([line, ended]);
    return new ServerChild(child, JSON.parse(ready) as { ws: string; http: string; admin: string });
  }

  private constructor(child: ChildProcess, { ws, http, admin }: { ws: string; http: string; admin: string }) {
    this.#child = child;
    this.ws = ws;
    this.http = http;
    this.admin = admin;
  }

  /** Ends it as it wants to end. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_MS);
    await this.#end('SIGTERM');
    clearTimeout(timer);
  }

  /** Ends it as a crash would. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    await ended;
  }
}
