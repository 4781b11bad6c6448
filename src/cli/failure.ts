import { CommanderError } from 'commander';
import { formatError, GwrkError } from '../core/errors.js';
import { EXIT } from '../core/exit-codes.js';
import { didYouMean } from '../scenario/nearest-name.js';
import { ScenarioProblems } from '../scenario/problems.js';

/** The last line on stderr of a command that did not pass. */
export function reasonLine(exitCode: number, reason: string): string {
  return `exit ${exitCode}: ${reason}\n`;
}

/** commander's "error: unknown option '--conections'\n(Did you mean --connections?)" as one of our errors. */
function usageError(error: CommanderError, command: string | undefined): GwrkError {
  const [told = '', ...rest] = error.message.replace(/^error: /u, '').split('\n');
  const first = told.replace(/^command-argument value ('.*') is invalid for argument '(.*?)'/u, '$2 $1 is invalid');
  const suggestion = rest.join(' ').replace(/^\((.*)\)$/u, '$1');
  const isOfCommand = command !== undefined && error.code !== 'commander.unknownCommand' && !command.startsWith('-');
  const help = isOfCommand ? `gwrk ${command} --help lists its arguments and flags` : undefined;
  const hint = suggestion === '' ? (nearestChoice(first) ?? help) : suggestion;
  return new GwrkError('GWRK_USAGE', first, hint === undefined ? {} : { hint });
}

/** "option '--transport <kind>' argument 'urnig' is invalid. Allowed choices are auto, uring, node." */
function nearestChoice(message: string): string | undefined {
  const [, given, choices] = /'([^']*)' is invalid.*Allowed choices are (.*)\.$/u.exec(message) ?? [];
  return given === undefined || choices === undefined ? undefined : didYouMean(given, choices.split(', '));
}

/**
 * Writes what went wrong: for a GwrkError its lines, for anything else the stack, and in both cases the reason as the
 * last line. Returns the exit code. Help and version that were asked for arrive here too (commander throws) and are 0.
 * `command`: the first word of the command line.
 */
export function tellFailure(error: unknown, write: (text: string) => void, command?: string): number {
  if (error instanceof CommanderError) {
    if (error.code === 'commander.helpDisplayed' || error.code === 'commander.version') return EXIT.passed;
    if (error.code === 'commander.help') {
      // No command, or an unknown argument of help: commander has just printed the help on stderr.
      if (error.exitCode === 0) return EXIT.passed;
      write(reasonLine(EXIT.badInput, 'GWRK_USAGE no command given'));
      return EXIT.badInput;
    }
    return tellFailure(usageError(error, command), write);
  }
  if (error instanceof ScenarioProblems) {
    const [first] = error.problems;
    const count = error.problems.length === 1 ? '1 problem' : `${error.problems.length} problems`;
    write(`${error.message}\n${reasonLine(error.exitCode, `${first!.code} ${count}, the first: ${firstLine(first!.message)}`)}`);
    return error.exitCode;
  }
  if (error instanceof GwrkError) {
    write(`${formatError(error)}\n${reasonLine(error.exitCode, `${error.code} ${firstLine(error.message)}`)}`);
    return error.exitCode;
  }
  write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return tellFailure(new GwrkError('GWRK_INTERNAL', firstLine(error instanceof Error ? error.message : String(error))), write);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}
