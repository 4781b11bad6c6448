import type { Command } from 'commander';
import type { Finish } from './finish.js';

/** `gwrk serve`: the reference server, a program of its own. Its flags are its own too, so they are passed on unread. */
export function registerServe(program: Command, finish: Finish): void {
  program
    .command('serve')
    .description('start the reference game server (gwrk serve --help lists its flags)')
    .argument('[flags...]')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (_flags: string[], _options: unknown, command: Command) => {
      const { runProgram } = await import('./run-program.js');
      finish(await runProgram('reference-server/main.js', command.args));
    });
}
