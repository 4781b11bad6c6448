import type { Command } from 'commander';
import type { Finish } from './finish.js';

/** `gwrk audit verify`, `report`, `index` and `search`: the server's own program, since it alone knows the form of its log. */
export function registerAudit(program: Command, finish: Finish): void {
  program
    .command('audit')
    .description('verify, count or search audit logs of gwrk serve (gwrk audit --help lists the commands)')
    .argument('[arguments...]')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (_arguments: string[], _options: unknown, command: Command) => {
      const { runProgram } = await import('./run-program.js');
      finish(await runProgram('reference-server/audit/audit-command.js', command.args));
    });
}
