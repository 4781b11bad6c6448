import { constants } from 'node:fs';
import { mkdir, open, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { HLOG_FILE, renderHlog } from './hlog.js';
import { hasHlog, hlogOfRun } from './hlog-file.js';
import type { PageOptions } from './html/page.js';
import type { IntervalLog } from './interval-log.js';
import { isStream } from './is-stream.js';
import type { Report } from './report.js';
import { runFiles } from './run-files.js';
import { orUnwritable } from './unwritable.js';

/** What is too large for one text comes in pieces. */
type Content = string | AsyncIterable<string | Uint8Array>;

/** Runs of one scenario that may start in one second. */
const MAX_TWINS = 1000;

/**
 * Writes a run into a directory of its own below `out`: report.json first, since nearly everything else can be made again
 * from it, and the seconds of the run last, which take the most room: on a full disk they make way. Returns the path of the
 * directory. Throws GWRK_OUTPUT_UNWRITABLE when the disk is full, read-only or forbidden.
 */
export async function writeReport(report: Report, out: string, seconds?: IntervalLog): Promise<string> {
  const write = async (path: string, content: () => Content): Promise<void> => {
    try {
      await writeFileAtomically(path, content());
    } catch (error) {
      if (seconds === undefined || seconds.isGivenUp || !isFull(error)) throw error;
      await seconds.giveUp();
      await writeFileAtomically(path, content());
    }
  };
  const directory = await orUnwritable(out, async () => {
    const made = await createDirectory(runName(report.scenario, report.startedAt), out);
    await write(join(made, 'report.json'), () => renderJson(report));
    return made;
  });
  const writeOthers = async (): Promise<void> => {
    for (const [path, text] of runFiles(report, directory)) await write(path, () => text);
    await write(join(directory, HLOG_FILE), () => (seconds && !seconds.isGivenUp ? hlogOfRun(report, seconds) : renderHlog(report)));
  };
  await orUnwritable(directory, writeOthers, `report.json is there: free space, then gwrk report ${directory} makes the rest`);
  return directory;
}

const isFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');

/**
 * One rendering to a path that the user named. A file that stood there is replaced, whole or not at all; a device or a pipe
 * (/dev/null, `--json >(jq .verdict)`) is written into, and stays what it is.
 */
export async function writeOutput(path: string, text: Content): Promise<void> {
  await orUnwritable(path, async () => ((await isStream(path)) ? writeFile(path, text, { flag: 'a' }) : writeFileAtomically(path, text)));
}

/** Makes everything but report.json again, in the directory of a run; a log with its seconds is left alone. Throws GWRK_OUTPUT_UNWRITABLE. */
export async function rewriteRun(report: Report, directory: string, page: PageOptions = {}): Promise<void> {
  await orUnwritable(directory, async () => {
    for (const [path, text] of runFiles(report, directory, page)) await writeFileAtomically(path, text);
    if (!(await hasHlog(report, directory))) await writeFileAtomically(join(directory, HLOG_FILE), renderHlog(report));
  });
}

/** report.json as text. */
export function renderJson(report: Report): string {
  return `${JSON.stringify(report, null, 1)}\n`;
}

/**
 * "lobby-20261122-211141" (UTC): at most 80 of a-z 0-9 . _ -, beginning with a letter or digit, whatever the scenario is
 * called.
 */
export function runName(scenario: string, startedAt: string): string {
  const slug = scenario
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 56)
    .replace(/[^a-z0-9]+$/, '');
  const [date = '', time = ''] = startedAt.slice(0, 19).replace(/[-:]/g, '').split('T');
  return `${slug || 'run'}-${date}-${time}`;
}

/** Makes a directory below `out` that was not there before: `name`, or name-2, name-3, ... Returns its path. */
export async function createDirectory(name: string, out: string): Promise<string> {
  await mkdir(out, { recursive: true });
  const parent = await realpath(out);
  for (let twin = 1; twin <= MAX_TWINS; twin++) {
    const directory = join(parent, twin === 1 ? name : `${name}-${twin}`);
    try {
      // Not recursive: it fails on anything that stands there, a symbolic link too, so the directory is ours alone.
      await mkdir(directory, { mode: 0o700 });
      return directory;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  throw new Error(`${name} exists ${MAX_TWINS} times`);
}

async function writeFileAtomically(path: string, text: Content): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.${process.hrtime.bigint()}`);
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
    const file = await open(temporary, flags, 0o600);
    try {
      await writeFile(file, text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}
