import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { GwrkError } from '../core/errors.js';

/** A terminal sends ctrl-C to the child by itself; passing it on as well would count as a second one. */
const PASSED_ON: readonly NodeJS.Signals[] = process.stdin.isTTY ? ['SIGTERM', 'SIGHUP'] : ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a built program of this package (its path under dist/) as a process of its own that shares our input and
 * output; signals are passed on, and a channel tells it of our death (process.on('disconnect')). Resolves with its exit code, or 128 + the signal's number as shells have it.
 */
export function runProgram(path: string, args: readonly string[]): Promise<number> {
  const file = fileURLToPath(new URL(`../../${path}`, import.meta.url));
  if (!existsSync(file)) throw new GwrkError('GWRK_INTERNAL', `${file} is missing`, { hint: 'npm run build makes it' });
  const child = spawn(process.execPath, [file, ...args], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  child.channel?.unref();
  const passOn = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  const stay = (): void => {};
  process.on('SIGINT', stay); // we end when the child has ended
  for (const signal of PASSED_ON) process.on(signal, passOn);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      process.off('SIGINT', stay);
      for (const name of PASSED_ON) process.off(name, passOn);
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
