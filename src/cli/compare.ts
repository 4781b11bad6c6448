import type { Command } from 'commander';
import { EXIT } from '../core/exit-codes.js';
import { checkOutputs } from './files.js';
import type { Finish } from './finish.js';
import { list } from './flag-values.js';

interface CompareFlags {
  readonly all?: boolean;
  readonly metric: readonly string[];
  readonly force?: boolean;
  readonly markdown?: string;
  readonly json?: string;
  readonly html?: string;
  readonly color: boolean;
}

const EXAMPLES = `
Examples:
  gwrk compare reports/before reports/after
  gwrk compare reports/ab-lobby/a- reports/ab-lobby/b- --html change.html
  gwrk compare old new --metric ws_msg_rtt --metric 'session_ready p(95)'

A path is a run, a directory of several runs of one thing, or what their directories begin with.
Repeat runs (gwrk run --repeat 5): only then can a change be told from chance.
`;

/** `gwrk compare <a> <b>...`: metric, before, after and change. Exits with 104 for runs that are not comparable. */
export function registerCompare(program: Command, finish: Finish): void {
  program
    .command('compare')
    .description('show runs beside one another: metric, before, after, change')
    .argument('<run>', 'what to compare with')
    .argument('<run...>', 'one or more to compare with it')
    .option('--all', 'every metric, not only those that matter most')
    .option('--metric <name>', 'only this metric, or one figure of it (repeatable)', list, [])
    .option('--force', 'compare what is not comparable, and say so in the table')
    .option('--markdown <file>', 'write the table as Markdown; - is stdout')
    .option('--json <file>', 'write the comparison as JSON')
    .option('--html <file>', 'write the comparison as one HTML page')
    .option('--no-color', 'no colours (also by NO_COLOR)')
    .addHelpText('after', EXAMPLES)
    .action(async (first: string, others: readonly string[], flags: CompareFlags) => {
      const outputs = { markdown: flags.markdown, json: flags.json, html: flags.html };
      await checkOutputs(outputs);
      const [{ loadRunSet }, { buildComparison }, { renderComparison }] = await Promise.all([
        import('../report/compare/run-set.js'),
        import('../report/compare/comparison.js'),
        import('./compare-output.js'),
      ]);
      const sets = await Promise.all([first, ...others].map(loadRunSet));
      const comparison = buildComparison(sets, {
        ...(flags.all && { all: true }),
        metrics: flags.metric,
        ...(flags.force && { force: true }),
      });
      await renderComparison(comparison, outputs, flags.color);
      finish(EXIT.passed);
    });
}
