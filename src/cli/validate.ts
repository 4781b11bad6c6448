import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import { EXIT } from '../core/exit-codes.js';
import type { Finish } from './finish.js';
import { list, pair } from './flag-values.js';

interface ValidateFlags {
  readonly env: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly set: readonly string[];
}

const EXAMPLES = `
Examples:
  gwrk validate scenarios/million.yaml
  gwrk validate scenarios/*.yaml
  gwrk validate scenarios/echo.yaml -e CLIENTS=500
`;

/** `gwrk validate <files>`: every problem of the scenario files at once, with line and column. */
export function registerValidate(program: Command, finish: Finish): void {
  program
    .command('validate')
    .description('check scenario files and say everything that is wrong with them')
    .argument('<scenario.yaml...>', 'the files')
    .option('-e, --env <KEY=VALUE>', 'a variable of the scenario; may be repeated', pair, {})
    .option('--environment <name>', 'use this part of environments: in the scenario')
    .option('--set <path=value>', 'replace a value of the scenario; may be repeated', list, [])
    .addHelpText('after', EXAMPLES)
    .action(async (paths: readonly string[], { env, environment, set }: ValidateFlags) => {
      const { validateScenarios } = await import('./validate-scenarios.js');
      // It is over before code that V8 optimises pays: reading a long file takes half the time without (benchmarks/cli-start.ts).
      // Behind the import, because V8 takes no code cache that was made with other flags.
      setFlagsFromString('--no-opt');
      await validateScenarios(paths, { env, set, ...(environment !== undefined && { environmentName: environment }) });
      finish(EXIT.passed);
    });
}
