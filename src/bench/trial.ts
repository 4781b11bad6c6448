import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Longest time that a trial may take. */
const LIMIT_MS = 120_000;

/**
 * Runs one of this room's programs in a process of its own and resolves with the JSON of the last line it prints. Rejects with what
 * it said on stderr when it fails, and when `signal` is aborted.
 */
export async function runTrial(file: string, args: readonly string[], nodeFlags: readonly string[], signal: AbortSignal): Promise<unknown> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const limited = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
  const child = spawn(process.execPath, [...nodeFlags, path, ...args], { stdio: ['ignore', 'pipe', 'pipe'], signal: limited });
  let [out, said] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`${file} ended with ${code}: ${said.trim().split('\n').slice(-3).join(' ')}`);
  return JSON.parse(out.trim().split('\n').at(-1)!);
}
