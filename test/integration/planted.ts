import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import type { FlameRecord } from '../../src/profile/flame-record.js';
import { repository } from './gwrk-process.js';

export const plantedFile = join(repository, 'test/fixtures/planted-server.cjs');

export interface Planted {
  readonly child: ChildProcess;
  readonly port: number;
}

/** Starts the server with the planted hot function and keeps it busy until the test is over. */
export async function startPlanted(t: TestContext, version: 1 | 2, nodeFlags: readonly string[] = []): Promise<Planted> {
  const child = spawn(process.execPath, [...nodeFlags, plantedFile], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH ?? '', PLANTED: String(version) },
  });
  t.after(() => child.kill('SIGKILL'));
  const line = await new Promise<string>((resolve) => createInterface({ input: child.stdout! }).once('line', resolve));
  const { port } = JSON.parse(line) as { port: number };
  keepBusy(t, port);
  return { child, port };
}

/** Asks the server at this port again and again, also while it is not there yet. */
export function keepBusy(t: TestContext, port: number): void {
  let isOver = false;
  t.after(() => {
    isOver = true;
  });
  const ask = (): void => {
    if (isOver) return;
    const again = (): NodeJS.Timeout => setTimeout(ask, 1);
    get({ host: '127.0.0.1', port, agent: false }, (response) => response.resume().once('end', again)).once('error', () =>
      setTimeout(ask, 50),
    );
  };
  ask();
}

/** A directory that is gone after the test. */
export function freshFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gwrk-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function recordIn(folder: string): FlameRecord {
  return JSON.parse(readFileSync(join(folder, 'flame.json'), 'utf8')) as FlameRecord;
}
