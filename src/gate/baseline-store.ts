import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GwrkError } from '../core/errors.js';
import { refuseIncomparable } from '../report/comparable.js';
import { unfitness } from '../report/compare/fitness.js';
import { type LoadedRun, loadRunSet, type RunSet } from '../report/compare/run-set.js';
import { renderJson, writeOutput } from '../report/write.js';

/** baseline.json: what was saved under a name, and when. */
export interface BaselineRecord {
  readonly schema: 'gwrk/baseline/1';
  readonly name: string;
  readonly savedAt: string;
  readonly commit: string | null;
  readonly scenario: string;
  readonly hash: string;
  readonly clients: number;
  readonly environment: Readonly<Record<string, string | number>>;
  /** Where each run came from, and when it started. */
  readonly runs: readonly { readonly from: string; readonly startedAt: string }[];
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u;

/** reports/baselines. */
const storeIn = (out: string): string => join(out, 'baselines');

/**
 * Keeps the runs as the baseline `name` below `out`: their report.json and what they are. A baseline of that name is replaced,
 * whole or not at all. Throws GWRK_BASELINE_INVALID for a run that shows nothing of its server, GWRK_NOT_COMPARABLE when the
 * runs are of different kinds.
 */
export async function saveBaseline(
  name: string,
  sets: readonly RunSet[],
  { out, savedAt, commit }: { readonly out: string; readonly savedAt: string; readonly commit: string | undefined },
): Promise<{ readonly record: BaselineRecord; readonly directory: string }> {
  if (!NAME.test(name))
    throw new GwrkError('GWRK_BASELINE_INVALID', 'this is no name for a baseline', {
      given: name,
      allowed: 'letters, digits, . _ -, at most 64',
    });
  const runs = sets.flatMap((set) => set.runs);
  refuseUnfit(runs);
  for (const run of runs.slice(1)) refuseIncomparable(runs[0]!.report, run.report, [runs[0]!.path, run.path]);
  const first = runs[0]!.report;
  const record: BaselineRecord = {
    schema: 'gwrk/baseline/1',
    name,
    savedAt,
    commit: commit ?? null,
    scenario: first.scenario,
    hash: first.hash,
    clients: first.clients.planned,
    environment: first.environment,
    runs: runs.map(({ path, report }) => ({ from: path, startedAt: report.startedAt })),
  };
  const directory = join(storeIn(out), name);
  const fresh = join(storeIn(out), `.${name}.${process.pid}`);
  await orUnwritable(directory, async () => {
    for (const [index, { report }] of runs.entries()) {
      const place = join(fresh, `run-${String(index + 1).padStart(2, '0')}`);
      await mkdir(place, { recursive: true });
      await writeOutput(join(place, 'report.json'), renderJson(report));
    }
    await writeOutput(join(fresh, 'baseline.json'), `${JSON.stringify(record, null, 1)}\n`);
    await rm(directory, { recursive: true, force: true });
    await rename(fresh, directory);
  });
  return { record, directory };
}

/** What was saved below `out`, by name; a directory that is no baseline is left out. */
export async function listBaselines(out: string): Promise<BaselineRecord[]> {
  const names = (await readdir(storeIn(out)).catch(() => [] as string[])).filter((name) => NAME.test(name)).sort();
  const records = await Promise.all(names.map((name) => readRecord(join(storeIn(out), name))));
  return records.filter((record) => record !== undefined);
}

/** The runs of a saved baseline, or of a run or directory of runs at that path. Throws GWRK_BASELINE_INVALID where there is neither. */
export async function loadBaseline(nameOrPath: string, out: string): Promise<RunSet> {
  const saved = NAME.test(nameOrPath) ? join(storeIn(out), nameOrPath) : undefined;
  const set =
    saved !== undefined && (await readRecord(saved)) ? { ...(await loadRunSet(saved)), path: nameOrPath } : await runsAt(nameOrPath, out);
  refuseUnfit(set.runs);
  return set;
}

async function runsAt(path: string, out: string): Promise<RunSet> {
  try {
    return await loadRunSet(path);
  } catch (error) {
    if (!(error instanceof GwrkError) || error.code !== 'GWRK_REPORT_UNREADABLE') throw error;
    const names = (await listBaselines(out)).map(({ name }) => name);
    throw new GwrkError('GWRK_BASELINE_INVALID', `there is no baseline ${path}: ${error.message}`, {
      where: path,
      allowed: `a run, a directory of runs${names.length > 0 ? `, or one of ${names.join(', ')}` : ''}`,
      cause: error,
    });
  }
}

function refuseUnfit(runs: readonly LoadedRun[]): void {
  for (const { path, report } of runs) {
    const reason = unfitness(report);
    if (reason !== undefined)
      throw new GwrkError('GWRK_BASELINE_INVALID', 'this run can be no baseline', { where: path, given: `a run that is ${reason}` });
  }
}

async function readRecord(directory: string): Promise<BaselineRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(join(directory, 'baseline.json'), 'utf8')) as BaselineRecord;
    return record.schema === 'gwrk/baseline/1' && Array.isArray(record.runs) ? record : undefined;
  } catch {
    return undefined;
  }
}

async function orUnwritable(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (error instanceof GwrkError) throw error;
    const given = error instanceof Error ? error.message : String(error);
    throw new GwrkError('GWRK_OUTPUT_UNWRITABLE', 'the baseline could not be written', { given, where: path, cause: error });
  }
}
