import { constants, readFileSync } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { GwrkError } from '../core/errors.js';

/** The text of a file that a flag or argument names. Throws an error of that code when it cannot be read. */
export async function readText(path: string, code: 'GWRK_USAGE' | 'GWRK_SCENARIO_UNREADABLE', where?: string): Promise<string> {
  try {
    return readFileSync(path, 'utf8'); // at once: nothing else goes on yet, and node loads its promises of files for nothing
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^[A-Z]+: /u, '').replace(/, .*$/u, '') : String(error);
    throw new GwrkError(code, `${path} cannot be read: ${reason}`, { cause: error, ...(where !== undefined && { where }) });
  }
}

/** Makes a directory for results. Throws GWRK_OUTPUT_UNWRITABLE: better before a long run than after it. */
export async function makeWritable(directory: string): Promise<void> {
  await orUnwritable(directory, async () => {
    await mkdir(directory, { recursive: true });
    await access(directory, constants.W_OK);
  });
}

/** Throws GWRK_OUTPUT_UNWRITABLE when nothing can be written into an existing directory. */
export async function checkWritable(directory: string): Promise<void> {
  await orUnwritable(directory, () => access(directory, constants.W_OK));
}

async function orUnwritable(directory: string, attempt: () => Promise<void>): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new GwrkError('GWRK_OUTPUT_UNWRITABLE', 'the results could not be written', { given: reason, where: directory, cause: error });
  }
}
