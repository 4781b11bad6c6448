import type { Command } from 'commander';
import { EXIT } from '../core/exit-codes.js';
import { checkOutputs } from './files.js';
import type { Finish } from './finish.js';
import { countFrom, list, seed, share } from './flag-values.js';
import type { TrendQuestion } from './show-trend.js';

const EXAMPLES = `
Examples:
  gwrk trend                                  what gwrk baseline save wrote: reports/history.jsonl
  gwrk trend history.jsonl
  gwrk trend history.jsonl --metric session_ready.p99 --magnitude 10%
  gwrk trend history.jsonl --scenario lobby --csv lobby.csv

Informs and exits with 0, whatever it finds; 104 for a file that is no history.
`;

/** `gwrk trend [history.jsonl]`: when the figures of a history changed for good. */
export function registerTrend(program: Command, finish: Finish): void {
  program
    .command('trend')
    .description('say when the figures of a history changed for good')
    .argument('[file]', 'the history', 'reports/history.jsonl')
    .option('--metric <name>', 'only this metric (repeatable)', list, [])
    .option('--scenario <name>', 'only this scenario')
    .option('--window <n>', 'values looked at together', countFrom(10), 50)
    .option('--p <p>', 'largest p of a change, above 0 and below 1', share, 0.001)
    .option('--magnitude <share>', 'smallest change that counts: 5% or 0.05', share, 0.05)
    .option('--seed <n>', 'seed of the shuffled orders', seed, 1)
    .option('--csv <file>', 'write the values as Apache Otava reads them; - is stdout')
    .option('--json <file>', 'write what was found as JSON')
    .option('--no-color', 'no colours (also by NO_COLOR)')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, flags: TrendQuestion) => {
      const { csv, json } = flags;
      await checkOutputs({ csv, json });
      const { showTrend } = await import('./show-trend.js');
      await showTrend(file, flags);
      finish(EXIT.passed);
    });
}
