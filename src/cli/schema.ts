import type { Command } from 'commander';
import { EXIT } from '../core/exit-codes.js';
import type { Finish } from './finish.js';

const EXAMPLES = `
Examples:
  gwrk schema > gwrk.schema.json

The first line of a scenario file tells an editor with the YAML language server where it is:
  # yaml-language-server: $schema=./gwrk.schema.json
`;

/** `gwrk schema`: the JSON Schema of scenario files, for editors. */
export function registerSchema(program: Command, finish: Finish): void {
  program
    .command('schema')
    .description('print the JSON Schema of scenario files')
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const { scenarioJsonSchema } = await import('../scenario/schema.js');
      process.stdout.write(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
      finish(EXIT.passed);
    });
}
