import { join } from 'node:path';
import { renderBenchHtml } from '../report/bench-html.js';
import { renderBenchMarkdown, renderBenchTerminal } from '../report/bench-renderings.js';
import type { BenchResult } from '../report/bench-result.js';
import { writeOutput } from '../report/write.js';
import { checkOutputs, makeWritable } from './files.js';

/** Where the tables go. */
export interface BenchOutput {
  readonly out?: string;
  readonly json?: string;
  readonly markdown?: string;
  readonly html?: string;
}

const FORMS: Readonly<Record<'json' | 'markdown' | 'html', (results: readonly BenchResult[]) => string>> = {
  json: (results) => `${JSON.stringify(results, null, 1)}\n`,
  markdown: (results) => results.map(renderBenchMarkdown).join('\n'),
  html: renderBenchHtml,
};
const NAMES = Object.keys(FORMS) as (keyof typeof FORMS)[];

const usesStdout = (output: BenchOutput): boolean => NAMES.some((name) => output[name] === '-');

/** Throws GWRK_OUTPUT_UNWRITABLE when the tables could not be written, before anything is measured. */
export async function checkBenchOutput(output: BenchOutput): Promise<void> {
  const { json, markdown, html } = output;
  await checkOutputs({ json, markdown, html });
  if (output.out !== undefined) await makeWritable(output.out);
}

/** Shows one table as soon as it is measured, and keeps it in the directory of --out. */
export async function showBench(result: BenchResult, output: BenchOutput): Promise<void> {
  const stream = usesStdout(output) ? process.stderr : process.stdout;
  stream.write(renderBenchTerminal(result, stream.columns ?? 100));
  if (output.out === undefined) return;
  await writeOutput(join(output.out, `${result.name}.json`), `${JSON.stringify(result, null, 1)}\n`);
  await writeOutput(join(output.out, `${result.name}.md`), renderBenchMarkdown(result));
  await writeOutput(join(output.out, `${result.name}.html`), renderBenchHtml([result]));
}

/** Writes what --json, --markdown and --html ask for: all tables that were measured. */
export async function writeBench(results: readonly BenchResult[], output: BenchOutput): Promise<void> {
  for (const name of NAMES) {
    const path = output[name];
    if (path === undefined) continue;
    const text = FORMS[name](results);
    if (path === '-') process.stdout.write(text);
    else await writeOutput(path, text);
  }
}
