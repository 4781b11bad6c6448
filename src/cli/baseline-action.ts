import { EXIT } from '../core/exit-codes.js';
import { listBaselines, loadBaseline, saveBaseline } from '../gate/baseline-store.js';
import { appendHistory, historyLine } from '../gate/history.js';
import { figureText } from '../gate/wording.js';
import { loadRunSet } from '../report/compare/run-set.js';
import { printable } from '../report/printable.js';
import type { Report } from '../report/report.js';
import { currentCommit } from './commit.js';
import { makeWritable } from './files.js';

/** `gwrk baseline save`. */
export async function saveRuns(
  name: string,
  paths: readonly string[],
  { out, commit }: { readonly out: string; readonly commit?: string },
): Promise<number> {
  const sets = await Promise.all(paths.map(loadRunSet));
  await makeWritable(out);
  const savedAt = new Date().toISOString();
  const reports = sets.flatMap((set) => set.runs.map(({ report }) => report));
  const of = commit ?? taggedCommit(reports) ?? (await currentCommit());
  const { record, directory } = await saveBaseline(name, sets, { out, savedAt, commit: of });
  const history = await appendHistory(out, historyLine(reports, savedAt, of));
  process.stdout.write(
    `${name}: ${many(record.runs.length, 'run')} of ${printable(record.scenario)} in ${directory}\nadded to ${history}\n`,
  );
  if (record.runs.length < FEWEST) process.stderr.write(`warning: ${TOO_FEW}\n`);
  return EXIT.passed;
}

/** What the runs themselves say (`gwrk run --tag commit=...`), where they agree: the directory may be at another commit by now. */
function taggedCommit(reports: readonly Report[]): string | undefined {
  const said = reports[0]?.tags?.commit;
  return reports.every(({ tags }) => tags?.commit === said) ? said : undefined;
}

/** `gwrk baseline show`. */
export async function showBaselines(name: string | undefined, out: string): Promise<number> {
  if (name === undefined) {
    const records = await listBaselines(out);
    for (const { name: saved, runs, scenario, commit, savedAt } of records)
      process.stdout.write(
        `${saved}  ${many(runs.length, 'run')} of ${printable(scenario)}, ${savedAt}, ${printable(commit ?? 'no commit', 12)}\n`,
      );
    if (records.length === 0) process.stdout.write(`nothing is saved in ${out}; gwrk baseline save <name> <run>... does\n`);
    return EXIT.passed;
  }
  const { runs } = await loadBaseline(name, out);
  const line = historyLine(
    runs.map(({ report }) => report),
    runs[0]!.report.startedAt,
    undefined,
  );
  const width = Math.max(...Object.keys(line.metrics).map(({ length }) => length));
  process.stdout.write(`${name}: ${many(runs.length, 'run')} of ${printable(line.scenario)} ${line.hash.slice(0, 12)}, medians\n`);
  for (const [metric, value] of Object.entries(line.metrics)) process.stdout.write(`  ${metric.padEnd(width)}  ${figureText(value)} ms\n`);
  if (runs.length < FEWEST) process.stderr.write(`warning: ${TOO_FEW}\n`);
  return EXIT.passed;
}

/** On each side, of the U test at 0.01 over two metrics. */
const FEWEST = 5;
const TOO_FEW = `fewer than ${FEWEST} runs prove no change: gwrk run --repeat 10 makes enough`;

const many = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
