import { constants, readFileSync, statSync } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GwrkError } from '../core/errors.js';
import { isStream } from '../report/is-stream.js';
import { orUnwritable } from '../report/unwritable.js';

/** Larger files that a flag or argument names are not read: a scenario may have 1 MiB, a certificate has a few KiB. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;

/** The text of a file that a flag or argument names. Throws an error of that code when it cannot be read. */
export async function readText(path: string, code: 'GWRK_USAGE' | 'GWRK_SCENARIO_UNREADABLE', where?: string): Promise<string> {
  try {
    // At once: nothing else goes on yet, and node would load its promises of files for nothing.
    const found = statSync(path);
    if (found.isDirectory()) throw new Error('it is a directory');
    if (found.isCharacterDevice()) throw new Error('it is a device');
    if (found.size > MAX_TEXT_BYTES) throw new Error('it is larger than 16 MiB');
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^[A-Z]+: /u, '').replace(/, .*$/u, '') : String(error);
    throw new GwrkError(code, `${path} cannot be read: ${reason}`, { cause: error, ...(where !== undefined && { where }) });
  }
}

/** Makes a directory for results. Throws GWRK_OUTPUT_UNWRITABLE: better before a long run than after it. */
export async function makeWritable(directory: string): Promise<void> {
  const make = async (): Promise<void> => {
    await makeDirectory(directory);
    await access(directory, constants.W_OK);
  };
  await orUnwritable(directory, make, 'choose another directory with --out');
}

/** Throws GWRK_OUTPUT_UNWRITABLE when a file that a flag names could not be written. By the flag's name; - is stdout. */
export async function checkOutputs(files: Readonly<Record<string, string | undefined>>): Promise<void> {
  for (const [flag, path] of Object.entries(files))
    if (path !== undefined && path !== '-') await orUnwritable(path, () => checkOutput(path), `choose another file for --${flag}`);
}

async function checkOutput(path: string): Promise<void> {
  if (await isStream(path)) return access(path, constants.W_OK);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) throw new Error(`${path} is a directory`);
  await access(dirname(path), constants.W_OK);
}

/** With the directories above it. Not mkdir's own `recursive`, which never ends below /proc (Node 20). */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const parent = dirname(path);
    const found = await stat(code === 'ENOENT' ? parent : path).catch(() => undefined);
    if (code === 'ENOENT' && found === undefined && parent !== path) {
      await makeDirectory(parent);
      await makeDirectory(path);
    } else if (code === 'ENOENT' || !found?.isDirectory()) throw error;
  }
}
