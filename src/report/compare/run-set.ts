import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GwrkError } from '../../core/errors.js';
import { loadReport } from '../load.js';
import type { Report } from '../report.js';

/** One run, and where its record stands. */
export interface LoadedRun {
  readonly path: string;
  readonly report: Report;
}

/** Runs of the same thing: one side of a comparison. At least one. */
export interface RunSet {
  /** As it was given. */
  readonly path: string;
  readonly runs: readonly LoadedRun[];
}

const MOST_RUNS = 1000;

/**
 * The runs behind a path: the one of a report.json or of a run's directory, all of a directory that holds runs, or all whose
 * directories begin with it (reports/ab-1/a for a-01, a-02, ...). Throws GWRK_REPORT_UNREADABLE.
 */
export async function loadRunSet(path: string): Promise<RunSet> {
  const kind = await kindOf(path);
  if (kind === 'file' || (kind === 'directory' && (await kindOf(join(path, 'report.json'))) === 'file'))
    return { path, runs: [{ path, report: await loadReport(path) }] };
  const [parent, prefix] = kind === 'directory' ? [path, ''] : [dirname(path), basename(path)];
  const directories = await runDirectories(parent, prefix);
  if (directories.length === 0)
    throw new GwrkError('GWRK_REPORT_UNREADABLE', kind === undefined ? 'there is no such run' : 'there is no run in this directory', {
      where: path,
      hint: 'give the directory of a run, its report.json, or a directory that holds several runs of one thing',
    });
  if (prefix === '') refuseBothSides(path, directories);
  const runs: LoadedRun[] = [];
  for (const directory of directories) runs.push({ path: directory, report: await loadReport(directory) });
  return { path, runs };
}

async function runDirectories(parent: string, prefix: string): Promise<string[]> {
  const names = await readdir(parent).catch(() => [] as string[]);
  const found: string[] = [];
  for (const name of names.filter((one) => one.startsWith(prefix)).sort(byNumber)) {
    const directory = join(parent, name);
    if ((await kindOf(join(directory, 'report.json'))) === 'file') found.push(directory);
    if (found.length > MOST_RUNS) throw new GwrkError('GWRK_REPORT_UNREADABLE', `there are more than ${MOST_RUNS} runs`, { where: parent });
  }
  return found;
}

/** The directory of `gwrk ab` holds both sides: together they would be one. */
function refuseBothSides(path: string, directories: readonly string[]): void {
  const names = directories.map((directory) => basename(directory));
  if (!['a', 'b'].every((side) => names.some((name) => new RegExp(`^${side}-\\d`, 'u').test(name)))) return;
  throw new GwrkError('GWRK_USAGE', 'this directory holds both sides of gwrk ab', {
    where: path,
    hint: `give each side by itself: ${join(path, 'a-')} ${join(path, 'b-')}`,
  });
}

async function kindOf(path: string): Promise<'file' | 'directory' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'directory' : 'file';
  } catch {
    return undefined;
  }
}

/** run-2 before run-10. */
const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });
