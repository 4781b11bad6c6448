import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Whether a path is written into as it is: a device, a pipe, or whatever the system shows under /dev and /proc. */
export async function isStream(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.isDirectory()) return false;
  return !found.isFile() || /^\/(?:dev|proc)(?:\/|$)/u.test(await realpath(dirname(path)));
}
