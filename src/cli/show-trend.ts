import { loadHistory } from '../report/trend/history.js';
import { renderOtavaCsv } from '../report/trend/otava-csv.js';
import { renderTrendTerminal } from '../report/trend/terminal.js';
import { findTrend } from '../report/trend/trend.js';
import { writeOutput } from '../report/write.js';

export interface TrendQuestion {
  readonly metric: readonly string[];
  readonly scenario?: string;
  readonly window: number;
  readonly p: number;
  readonly magnitude: number;
  readonly seed: number;
  readonly csv?: string;
  readonly json?: string;
  readonly color: boolean;
}

/** Finds and shows the changes of a history, and writes the files that were asked for. */
export async function showTrend(file: string, question: TrendQuestion): Promise<void> {
  const { metric, scenario, window, p, magnitude, seed } = question;
  const entries = await loadHistory(file);
  const part = scenario === undefined ? {} : { scenario };
  const trend = findTrend(entries, { ...part, metrics: metric, window, maxP: p, minMagnitude: magnitude, seed });
  const otava = question.csv === undefined ? undefined : renderOtavaCsv(entries, { ...part, metrics: metric });
  const stream = question.csv === '-' || question.json === '-' ? process.stderr : process.stdout;
  stream.write(renderTrendTerminal(trend, { color: question.color && stream.isTTY === true && !process.env.NO_COLOR }));
  if (question.json !== undefined) await write(question.json, `${JSON.stringify(trend, null, 1)}\n`);
  if (otava === undefined) return;
  await write(question.csv!, otava.text);
  if (otava.leftOut > 0)
    process.stderr.write(`${otava.leftOut} entries are not in the CSV: of another form of the scenario, or without one of its metrics\n`);
}

async function write(path: string, text: string): Promise<void> {
  if (path === '-') process.stdout.write(text);
  else await writeOutput(path, text);
}
