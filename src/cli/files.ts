import { readFile } from 'node:fs/promises';
import { GwrkError } from '../core/errors.js';

/** The text of a file that a flag or argument names. Throws an error of that code when it cannot be read. */
export async function readText(path: string, code: 'GWRK_USAGE' | 'GWRK_SCENARIO_UNREADABLE', where?: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^[A-Z]+: /u, '').replace(/, .*$/u, '') : String(error);
    throw new GwrkError(code, `${path} cannot be read: ${reason}`, { cause: error, ...(where !== undefined && { where }) });
  }
}
