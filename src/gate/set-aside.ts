import { mkdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { SeriesRun } from './series.js';

/** Moves the runs that do not count to `directory/not-counted`, so that what stands beside one another can be compared. */
export async function setAside(runs: readonly SeriesRun[], directory: string): Promise<SeriesRun[]> {
  const kept: SeriesRun[] = [];
  for (const run of runs) {
    if (run.refused === undefined) {
      kept.push(run);
      continue;
    }
    const aside = join(directory, 'not-counted');
    await mkdir(aside, { recursive: true });
    const target = join(aside, basename(run.directory));
    await rename(run.directory, target);
    kept.push({ ...run, directory: target });
  }
  return kept;
}
