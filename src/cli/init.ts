import { Argument, type Command } from 'commander';
import { EXIT } from '../core/exit-codes.js';
import type { Finish } from './finish.js';
import { TEMPLATES, type TemplateName } from './templates.js';

interface InitFlags {
  readonly list: boolean;
  readonly force: boolean;
}

const EXAMPLES = `
Examples:
  gwrk init --list
  gwrk init json-game
  gwrk init ci-gate load/gate.yaml
`;

/** `gwrk init [template] [file]`: writes a scenario to begin with, and says what to do next. */
export function registerInit(program: Command, finish: Finish): void {
  program
    .command('init')
    .description('write a commented scenario file to begin with')
    .addArgument(new Argument('[template]', 'what to begin with').default('ws-echo').choices(Object.keys(TEMPLATES)))
    .argument('[file]', 'where to; <template>.yaml without it')
    .option('--list', 'print the templates and what each is for', false)
    .option('--force', 'replace the file if there is one', false)
    .addHelpText('after', EXAMPLES)
    .action(async (template: TemplateName, file: string | undefined, { list, force }: InitFlags) => {
      const { listTemplates, writeTemplate } = await import('./templates.js');
      process.stdout.write(list ? listTemplates() : await writeTemplate(template, file ?? `${template}.yaml`, force));
      finish(EXIT.passed);
    });
}
