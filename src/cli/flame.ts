import { type Command, Option } from 'commander';
import type { Finish } from './finish.js';
import { durationUs } from './flag-values.js';
import type { FlameFlags } from './flame-action.js';
import { FLAME_TOOL_NAMES, flameTool } from './flame-flags.js';

const EXAMPLES = `
What is profiled:
  <pid>                 a running process: any Node server as it is, or with --tool perf a program of any language
  <url>                 the inspector of a Node process: ws://127.0.0.1:9229/<id> or http://127.0.0.1:9229
  -- node server.js     a server that is started for it, with --tool 0x, clinic-doctor, clinic-flame or clinic-heap
  --diff <A> <B>        nothing: two profiles are compared (directories of runs, .cpuprofile, folded stacks)

Examples:
  gwrk flame 4711
  gwrk flame 4711 --tool perf --duration 30s
  gwrk flame --tool 0x --duration 20s -- node server.js
  gwrk run scenarios/echo.yaml --flame
  gwrk flame --diff reports/echo-20261122-211141 reports/echo-20261123-090000
`;

/** `gwrk flame`: where a server spends its time, as a page, a picture, folded stacks and a table. */
export function registerFlame(program: Command, finish: Finish): void {
  program
    .command('flame')
    .description('profile a process and draw a flame graph, or compare two profiles')
    .argument('<pid | url | command...>', 'what to profile')
    .addOption(new Option('--tool <name>', `how (${FLAME_TOOL_NAMES.join(', ')})`).argParser(flameTool).default('inspector', 'inspector'))
    .option('-d, --duration <time>', 'how long (10s; a server started below a tool: until ctrl-C)', durationUs)
    .addOption(new Option('--interval <time>', 'between two samples of the inspector').argParser(durationUs).default(1000, '1ms'))
    .option('-o, --out <dir>', 'directory for the files; without it a new one below reports')
    .option('--diff', 'compare two profiles: red has become more, blue less')
    .addOption(new Option('--per <what>', 'compare time per message, or per second of CPU').choices(['message', 'cpu-second']))
    .option('-q, --quiet', 'no table, only what went wrong')
    .addHelpText('after', EXAMPLES)
    .action(async (subjects: string[], flags: FlameFlags) => {
      const { flame } = await import('./flame-action.js');
      finish(await flame(subjects, flags));
    });
}
