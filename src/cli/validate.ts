import type { Command } from 'commander';
import { EXIT } from '../core/exit-codes.js';
import type { Finish } from './finish.js';
import { list, pair } from './flag-values.js';

interface ValidateFlags {
  readonly env: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly set: readonly string[];
}

/** `gwrk validate <file>`: every problem of a scenario file at once, with line and column. */
export function registerValidate(program: Command, finish: Finish): void {
  program
    .command('validate')
    .description('check a scenario file and say everything that is wrong with it')
    .argument('<scenario.yaml>', 'the file')
    .option('-e, --env <KEY=VALUE>', 'a variable of the scenario; may be repeated', pair, {})
    .option('--environment <name>', 'use this part of environments: in the scenario')
    .option('--set <path=value>', 'replace a value of the scenario; may be repeated', list, [])
    .action(async (path: string, { env, environment, set }: ValidateFlags) => {
      const [{ loadScenario }, { readText }] = await Promise.all([import('../scenario/load.js'), import('./files.js')]);
      const text = await readText(path, 'GWRK_SCENARIO_UNREADABLE');
      const { plan, warnings } = loadScenario(text, {
        file: path,
        env,
        set,
        ...(environment !== undefined && { environmentName: environment }),
      });
      for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
      const count = plan.scenarios.length === 1 ? '1 scenario' : `${plan.scenarios.length} scenarios`;
      process.stdout.write(`${path} is valid: ${plan.name}, ${count}, at most ${plan.maxClients.toLocaleString('en')} clients at once\n`);
      finish(EXIT.passed);
    });
}
