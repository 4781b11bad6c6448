import { Command, CommanderError } from 'commander';
import { EXIT } from '../core/exit-codes.js';
import { registerAb } from './ab.js';
import { registerAudit } from './audit.js';
import { registerBaseline } from './baseline.js';
import { registerBench } from './bench.js';
import { registerCompare } from './compare.js';
import { registerCompletion } from './completion.js';
import { registerDoctor } from './doctor.js';
import { tellFailure } from './failure.js';
import type { Finish } from './finish.js';
import { describeFlag } from './flag-description.js';
import { registerFlame } from './flame.js';
import { meantFlag, rewriteGoFlags } from './go-flags.js';
import { registerInit } from './init.js';
import { registerReport } from './report.js';
import { registerRun } from './run.js';
import { runFlagShapes } from './run-flags.js';
import { registerSchema } from './schema.js';
import { registerServe } from './serve.js';
import { registerTrend } from './trend.js';
import { registerValidate } from './validate.js';
import { gwrkVersion } from './version.js';
import { watchOutput } from './watch-output.js';
import { registerWhy } from './why.js';

/** One line a command; what a command needs is only imported when it is run, so that `gwrk --help` is quick. */
const COMMANDS: Readonly<Record<string, (program: Command, finish: Finish) => void>> = {
  run: registerRun,
  ab: registerAb,
  baseline: registerBaseline,
  init: registerInit,
  serve: registerServe,
  audit: registerAudit,
  doctor: registerDoctor,
  validate: registerValidate,
  report: registerReport,
  compare: registerCompare,
  trend: registerTrend,
  why: registerWhy,
  flame: registerFlame,
  bench: registerBench,
  schema: registerSchema,
  completion: registerCompletion,
};

const EXAMPLES = `
Examples:
  gwrk init                                   a scenario to begin with
  gwrk run ws-echo.yaml
  gwrk run ws://127.0.0.1:9000/ -c 1000 -d 30s -b hello
  gwrk <command> --help
`;

/**
 * Runs one command line (without node and the program's name). Resolves with the exit code of docs/errors.md and never
 * rejects: whatever goes wrong is told on stderr, the reason last.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const output = watchOutput();
  let exitCode: number = EXIT.passed;
  const program = new Command('gwrk')
    .description('Load testing and benchmarking for real-time game gateways')
    .version(gwrkVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .enablePositionalOptions()
    .configureHelp({ optionDescription: describeFlag })
    .showSuggestionAfterError()
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({ outputError: () => {} }); // tellFailure says it, in the form of every other error
  const finish: Finish = (code) => {
    exitCode = code;
  };
  for (const register of registersFor(argv[0])) register(program, finish);
  try {
    await program.parseAsync(argv[0] === 'run' ? ['run', ...rewriteGoFlags(argv.slice(1), runFlagShapes())] : [...argv], { from: 'user' });
    await output.check(exitCode);
    return exitCode;
  } catch (error) {
    const told = argv[0] === 'run' ? withMeantFlag(error, argv.slice(1)) : error;
    return tellFailure(told, (text) => process.stderr.write(text), argv[0]);
  }
}

/** The command that is meant and no other, where one is: the flags of all take as long to put up as most commands to run. */
function registersFor(command: string | undefined): readonly (typeof COMMANDS)[string][] {
  const needsAll = command === undefined || command === 'completion' || !Object.hasOwn(COMMANDS, command);
  return needsAll ? Object.values(COMMANDS) : [COMMANDS[command]!];
}

/** A wrong flag of `run` with the one that was probably meant, where commander does not see it. */
function withMeantFlag(error: unknown, argv: readonly string[]): unknown {
  if (!(error instanceof CommanderError) || error.exitCode === 0 || error.message.includes('Did you mean')) return error;
  const hint = meantFlag(argv, runFlagShapes());
  return hint === undefined ? error : new CommanderError(error.exitCode, error.code, `${error.message}\n(${hint})`);
}
