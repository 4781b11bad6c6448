import { join } from 'node:path';
import type { Profile } from '../profile/flame-record.js';
import { renderHotFunctions } from '../profile/hot-functions.js';
import { busyStacks, writeFlame } from '../profile/write-flame.js';
import { picturesOf } from '../report/html/pictures.js';
import type { Report } from '../report/report.js';
import { rewriteRun } from '../report/write.js';
import { type RenderingFlags, usesStdout } from './renderings.js';

/** Writes the profile of a run into its directory, shows it on the terminal, and puts its picture into the page of the run. */
export async function keepProfile(
  profile: Profile,
  report: Report,
  directory: string,
  flags: RenderingFlags & { readonly quiet?: boolean },
): Promise<void> {
  const folder = join(directory, 'flame');
  await writeFlame(folder, profile);
  await rewriteRun(report, directory, { pictures: await picturesOf(directory) });
  if (flags.quiet) return;
  const { record, threads } = profile;
  for (const note of record.notes) process.stderr.write(`note: ${note}\n`);
  if (threads.length > 0) {
    const stream = usesStdout(flags) ? process.stderr : process.stdout;
    stream.write(`\n  FLAME GRAPH of ${record.subject}\n\n${renderHotFunctions(busyStacks(profile))}`);
  }
  process.stderr.write(`flame graph: ${join(folder, threads.length > 0 ? 'index.html' : `${record.tool}.html`)}\n`);
}
