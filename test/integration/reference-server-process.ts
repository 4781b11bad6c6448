import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repository } from './gwrk-process.js';

export interface ServerProcess {
  /** ws://127.0.0.1:port/v1/ws */
  readonly ws: string;
  readonly http: string;
  readonly admin: string;
  readonly pid: number;
  readonly child: ChildProcess;
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
}

/** `gwrk serve` on free ports. */
export async function referenceServer(...flags: string[]): Promise<ServerProcess> {
  const ports = ['--port', '0', '--http-port', '0', '--admin-port', '0'];
  const child = spawn(process.execPath, [join(repository, 'bin/gwrk.js'), 'serve', ...ports, ...flags], {
    // Whoever opens its inspector by signal finds no other test's on 9229.
    env: { PATH: process.env.PATH ?? '', GWRK_ADMIN_TOKEN: 'token-of-the-test', NODE_OPTIONS: '--inspect-port=0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const [line] = (await Promise.race([once(createInterface({ input: child.stdout }), 'line'), exit.then(() => ['{}'])])) as [string];
  const ready = JSON.parse(line) as Pick<ServerProcess, 'ws' | 'http' | 'admin' | 'pid'>;
  if (ready.ws === undefined) throw new Error(`gwrk serve did not become ready: ${line}`);
  return {
    ...ready,
    child,
    async stop() {
      child.kill('SIGTERM');
      await exit;
    },
  };
}
