import type { Comparison } from '../report/compare/comparison.js';
import { renderComparisonMarkdown } from '../report/compare/markdown.js';
import { renderComparisonPage } from '../report/compare/page.js';
import { renderComparisonTerminal } from '../report/compare/terminal.js';
import { writeOutput } from '../report/write.js';

/** The files that flags name for each rendering; - is stdout. */
export interface ComparisonOutputs {
  readonly markdown: string | undefined;
  readonly json: string | undefined;
  readonly html: string | undefined;
}

const RENDERINGS: Readonly<Record<keyof ComparisonOutputs, (comparison: Comparison) => string>> = {
  markdown: renderComparisonMarkdown,
  json: (comparison) => `${JSON.stringify(comparison, null, 1)}\n`,
  html: renderComparisonPage,
};

/** The table on stdout (on stderr when stdout belongs to a rendering), and every file that was asked for. */
export async function renderComparison(comparison: Comparison, outputs: ComparisonOutputs, color: boolean): Promise<void> {
  const names = Object.keys(RENDERINGS) as (keyof ComparisonOutputs)[];
  const stream = names.some((name) => outputs[name] === '-') ? process.stderr : process.stdout;
  stream.write(
    renderComparisonTerminal(comparison, {
      color: color && stream.isTTY === true && !process.env.NO_COLOR,
      columns: stream.columns ?? 120,
    }),
  );
  for (const name of names) {
    const path = outputs[name];
    if (path === '-') process.stdout.write(RENDERINGS[name](comparison));
    else if (path !== undefined) await writeOutput(path, RENDERINGS[name](comparison));
  }
}
