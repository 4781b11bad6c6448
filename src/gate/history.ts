import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GwrkError } from '../core/errors.js';
import { samplesNeeded } from '../measure/histogram.js';
import type { Report } from '../report/report.js';
import { median } from '../statistics/median.js';

const FIGURES = { med: 50, p95: 95, p99: 99 } as const;

/** One line of history.jsonl: what `gwrk trend` looks for changes in. */
export interface HistoryLine {
  readonly schema: 'gwrk/history/1';
  /** ISO. */
  readonly at: string;
  readonly scenario: string;
  readonly hash: string;
  readonly commit: string | null;
  /** Over how many runs `metrics` are medians. */
  readonly runs: number;
  /** "session_ready.p99", milliseconds; only figures that have enough samples to say something. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly environment: Readonly<Record<string, string | number>>;
}

/** The line of runs of one thing. Needs at least one. */
export function historyLine(reports: readonly Report[], at: string, commit: string | undefined): HistoryLine {
  const first = reports[0]!;
  const metrics: Record<string, number> = {};
  for (const [name, metric] of Object.entries(first.metrics)) {
    if (metric.type !== 'trend') continue;
    for (const figure of Object.keys(FIGURES) as (keyof typeof FIGURES)[]) {
      const values = reports.flatMap((report) => {
        const same = report.metrics[name];
        return same?.type === 'trend' && same.count >= samplesNeeded(FIGURES[figure]) ? [same[figure]] : [];
      });
      if (values.length > 0) metrics[`${name}.${figure}`] = median(values);
    }
  }
  const { scenario, hash, environment } = first;
  return { schema: 'gwrk/history/1', at, scenario, hash, commit: commit ?? null, runs: reports.length, metrics, environment };
}

/** Adds it to history.jsonl below `out`. Returns the path. Throws GWRK_OUTPUT_UNWRITABLE. */
export async function appendHistory(out: string, line: HistoryLine): Promise<string> {
  const path = join(out, 'history.jsonl');
  try {
    await appendFile(path, `${JSON.stringify(line)}\n`);
  } catch (error) {
    const given = error instanceof Error ? error.message : String(error);
    throw new GwrkError('GWRK_OUTPUT_UNWRITABLE', 'the history could not be written', { given, where: path, cause: error });
  }
  return path;
}
