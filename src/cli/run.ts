import type { Command } from 'commander';
import { applyEnvironment, misspeltVariables } from './environment.js';
import type { Finish } from './finish.js';
import { addRunFlags, type RunFlags } from './run-flags.js';

const FOOTER = `
Every flag can also be given as an environment variable: --source-ip is GWRK_SOURCE_IP.
Long flags may have a single dash: -timeout 30s.

Examples:
  gwrk run scenarios/quickstart.yaml
  gwrk run scenarios/million.yaml -e CLIENTS=100k
  gwrk run scenarios/echo.yaml --dry-run
  gwrk run scenarios/echo.yaml --live
  gwrk run scenarios/echo.yaml --repeat 10 --baseline main
  gwrk run ws://127.0.0.1:9000/ -c 1000 -n 100k -b hello
  gwrk run ws://127.0.0.1:9000/ -b hello --find-max connections --until 'ws_msg_rtt p(99)<20'
  gwrk run tcp://127.0.0.1:7777 -c 100 -b 'hello\\n'
  gwrk run my-game.ts -c 100 -d 10s ws://127.0.0.1:9000/
`;

/** `gwrk run <scenario.yaml | driver.ts | url>`. */
export function registerRun(program: Command, finish: Finish): void {
  const command = program
    .command('run')
    .description('run a scenario file, or clients against a ws, wss, tcp, tls, http or https URL')
    .argument('<scenario.yaml | driver.ts | url>', 'what to run')
    .argument('[url]', 'the target of a driver file')
    .addHelpText('after', FOOTER)
    .action(async (subject: string, target?: string) => {
      applyEnvironment(command, process.env);
      if (!command.opts<RunFlags>().quiet)
        for (const sentence of misspeltVariables(command, process.env)) process.stderr.write(`warning: ${sentence}\n`);
      const { runSubject } = await import('./run-action.js');
      const { rawArgs } = program as Command & { readonly rawArgs: readonly string[] };
      const flags = { ...command.opts<RunFlags>(), ...(target !== undefined && { target }) };
      finish(await runSubject(subject, flags, rawArgs.slice(1)));
    });
  addRunFlags(command);
}
