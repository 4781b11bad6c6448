import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDifference } from '../profile/difference-output.js';
import { differenceOf } from '../profile/flame-difference.js';
import { readSide } from '../profile/read-flame.js';
import { measurePlayers, type PlayerLoad } from './million-load.js';

/** The inspector needs a moment to attach. */
const LEAST_HOLD_S = 6;

/**
 * Profiles both gateways under the same load, in runs of their own, and compares them: flame-ws, flame-uring and flame-difference
 * in `directory`, each with an index.html. Resolves with what a reader of the table has to know.
 */
export async function flameBoth(
  load: PlayerLoad,
  directory: string,
  signal: AbortSignal,
  progress: (text: string) => void,
): Promise<string> {
  const [before, after, difference] = ['flame-ws', 'flame-uring', 'flame-difference'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  await Promise.all([before, after, difference].map((path) => rm(path, { recursive: true, force: true })));
  try {
    for (const [gateway, path] of [['ws', before] as const, ['uring', after] as const]) {
      progress(`flame graph of the gateway ${gateway}`);
      await measurePlayers(gateway, { ...load, holdS: Math.max(load.holdS, LEAST_HOLD_S) }, signal, path);
      if (!existsSync(join(path, 'stacks.folded')))
        throw new Error(`the run against the gateway ${gateway} was over before a profile was taken`);
    }
    const [first, second] = await Promise.all([readSide(before), readSide(after)]);
    await writeDifference(difference, differenceOf(first, second, undefined), first, second);
  } catch (error) {
    signal.throwIfAborted();
    return `Flame graphs are missing or incomplete: ${(error as Error).message}`;
  }
  return 'Flame graphs of both gateways at that size, and their difference, stand in million/flame-ws, flame-uring and flame-difference; they were taken in further runs, because the inspector slows a server. It sees the kernel in a write of Node but not in the one call of the ring, so the difference flatters the ring: cores in use do not.';
}
