import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, resolve, sep } from 'node:path';
import { MAX_PAYLOAD_FILE_BYTES, type ReadPayload } from '../scenario/payloads.js';

/**
 * Reads what `file:` of a send names: plain files in the directory of the scenario or below it, wherever links lead. A
 * scenario of somebody else must not send what lies elsewhere on this machine to a server of its choice.
 */
export function payloadsBeside(scenarioPath: string): ReadPayload {
  return (path) => {
    if (isAbsolute(path)) throw new Error('it is not named relative to the scenario');
    const directory = realpathSync(dirname(resolve(scenarioPath)));
    const real = realPathOf(resolve(directory, path));
    if (!real.startsWith(directory.endsWith(sep) ? directory : directory + sep))
      throw new Error('it lies outside of the directory of the scenario');
    // Without O_NONBLOCK a named pipe would wait for a writer.
    const descriptor = openSync(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const stat = fstatSync(descriptor);
      if (!stat.isFile()) throw new Error('it is no plain file');
      if (stat.size > MAX_PAYLOAD_FILE_BYTES) throw new Error(`it has ${stat.size} bytes`);
      const bytes = Buffer.alloc(stat.size);
      let length = 0;
      for (let count = -1; count !== 0 && length < bytes.length; length += count)
        count = readSync(descriptor, bytes, length, bytes.length - length, length);
      return bytes.subarray(0, length);
    } finally {
      closeSync(descriptor);
    }
  };
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code ?? String(error)})`);
  }
}
