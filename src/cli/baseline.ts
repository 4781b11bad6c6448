import type { Command } from 'commander';
import type { Finish } from './finish.js';

const EXAMPLES = `
Examples:
  gwrk run gate.yaml --repeat 10 && gwrk baseline save main reports/repeat-gate-20261123-101500
  gwrk run gate.yaml --repeat 10 --baseline main
  gwrk baseline show

What was saved stands in <out>/baselines/<name>/. Saving also adds a line to <out>/history.jsonl, for gwrk trend.
`;

const SAVE_EXAMPLES = `
Examples:
  gwrk baseline save main reports/repeat-gate-20261123-101500
  gwrk baseline save before reports/echo-20261123-101500 reports/echo-20261123-101700
`;

const SHOW_EXAMPLES = `
Examples:
  gwrk baseline show
  gwrk baseline show main
`;

/** `gwrk baseline save <name> <run...>` and `gwrk baseline show [name]`. */
export function registerBaseline(program: Command, finish: Finish): void {
  const command = program.command('baseline').description('keep runs that later ones are compared with').addHelpText('after', EXAMPLES);
  command
    .command('save')
    .description('keep runs under a name')
    .argument('<name>', 'letters, digits, . _ -; a baseline of that name is replaced')
    .argument('<run...>', 'runs, or directories that hold several')
    .option('-o, --out <dir>', 'where reports are kept', 'reports')
    .option('--commit <hash>', 'of what was measured; without it, what the runs (--tag commit=...), the pipeline or git say')
    .addHelpText('after', SAVE_EXAMPLES)
    .action(async (name: string, runs: readonly string[], flags: { out: string; commit?: string }) => {
      finish(await (await import('./baseline-action.js')).saveRuns(name, runs, flags));
    });
  command
    .command('show')
    .description('list what was saved, or the figures of one of them')
    .argument('[name]', 'of a baseline')
    .option('-o, --out <dir>', 'where reports are kept', 'reports')
    .addHelpText('after', SHOW_EXAMPLES)
    .action(async (name: string | undefined, flags: { out: string }) => {
      finish(await (await import('./baseline-action.js')).showBaselines(name, flags.out));
    });
}
