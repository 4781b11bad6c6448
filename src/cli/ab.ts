import { type Command, InvalidArgumentError, Option } from 'commander';
import type { AbFlags } from './ab-flags.js';
import { applyEnvironment } from './environment.js';
import type { Finish } from './finish.js';
import { countFrom, list, pair, repetitions, seed } from './flag-values.js';
import { gateOptions } from './gate-flags.js';
import { pipelineOptions } from './pipeline-flags.js';

const FOOTER = `
Runs the two commands in turn as the scenario's server, each run with a fresh one: AB BA AB ..., a coin decides who begins.
10 pairs see a change of 10 % where runs differ by 5 %; 8 are the fewest that can decide over two metrics.

Exit codes: 0 no change that matters, or not sure (see --inconclusive) · 99 slower, or a threshold failed · 105 interrupted
111 no valid measurement. Results are in <out>/ab-<scenario>-<time>/.

Examples:
  gwrk ab --a 'node base/dist/server.js' --b 'node head/dist/server.js' gate.yaml
  gwrk ab --pairs 8 --a 'gwrk serve --echo --port 9000 --http-port 9001' --b './gateway --port 9000' scenarios/echo.yaml
  gwrk ab --a ./gateway --b ./gateway --b-env POOL=64 --metric 'ws_msg_rtt p(99)' gate.yaml
`;

/** `gwrk ab`: two servers, side by side. */
export function registerAb(program: Command, finish: Finish): void {
  const command = program
    .command('ab')
    .description('compare two servers by interleaved runs of a scenario, and fail when the second is slower')
    .argument('<scenario.yaml>', 'what to run against both; its serve: says when a server is ready')
    .requiredOption('--a <command>', 'starts the server as it was')
    .requiredOption('--b <command>', 'starts the server as it is now')
    .addOption(new Option('--pairs <n>', 'runs of each').argParser(repetitions).default(10))
    .addOption(new Option('--a-env <KEY=VALUE>', "a variable of a's environment; may be repeated").argParser(variable).default({}))
    .addOption(new Option('--b-env <KEY=VALUE>', "a variable of b's environment; may be repeated").argParser(variable).default({}));
  for (const option of gateOptions()) command.addOption(option);
  command
    .addOption(new Option('-e, --env <KEY=VALUE>', 'a variable of the scenario; may be repeated').argParser(pair).default({}))
    .option('--environment <name>', 'use this part of environments: in the scenario')
    .addOption(new Option('--set <path=value>', 'replace a value of the scenario; may be repeated').argParser(list).default([]))
    .addOption(new Option('--seed <n>', 'of everything that is random, the coin too').argParser(seed))
    .addOption(new Option('-t, --threads <n>', 'workers; without it, by the number of cores').argParser(countFrom(1)))
    .addOption(new Option('--transport <kind>', 'how sockets are driven').choices(['auto', 'uring', 'node']))
    .addOption(new Option('--source-ip <addresses>', 'local addresses; may be repeated').argParser(list).default([]))
    .addOption(new Option('--allow-target <host[:port]>', 'consent to load a public target').argParser(list).default([]))
    .option('--dry-run', 'print what would be run in which order, and start nothing')
    .option('-o, --out <dir>', 'directory for the directory of this comparison', 'reports')
    .option('--json <file>', 'write gate.json there too; - is stdout')
    .option('--markdown <file>', 'write the summary as Markdown')
    .option('--junit <file>', 'write the verdicts as JUnit XML');
  for (const option of pipelineOptions()) command.addOption(option);
  command
    .option('-q, --quiet', 'no progress and no summary, only what went wrong')
    .option('--no-color', 'no colours (also by NO_COLOR)')
    .addHelpText('after', FOOTER)
    .action(async (scenario: string) => {
      applyEnvironment(command, process.env);
      const { compareServers } = await import('./ab-action.js');
      finish(await compareServers(scenario, command.opts<AbFlags>()));
    });
}

function variable(text: string, previous: Readonly<Record<string, string>>): Record<string, string> {
  if (!/^[A-Za-z_]\w*=/u.test(text)) throw new InvalidArgumentError('Allowed: KEY=VALUE, KEY of letters, digits and _.');
  return pair(text, previous);
}
