import { type Command, InvalidArgumentError, type Option } from 'commander';
import { nearestName } from '../scenario/nearest-name.js';

const PREFIX = 'GWRK_';

/** The environment variable of a flag: --source-ip is GWRK_SOURCE_IP. */
function variableOf(option: Option): string {
  return `${PREFIX}${(option.long ?? '').replace(/^--/u, '').replaceAll('-', '_').toUpperCase()}`;
}

/** A sentence for each GWRK_* variable that is none of a command's flags, but nearly: with the letters of one it would count. */
export function misspeltVariables(command: Command, environment: NodeJS.ProcessEnv): string[] {
  const known = command.options.map(variableOf);
  return Object.keys(environment).flatMap((name) => {
    if (!name.startsWith(PREFIX) || known.includes(name)) return [];
    const bare = nearestName(
      name.slice(PREFIX.length),
      known.map((each) => each.slice(PREFIX.length)),
    );
    return bare === undefined ? [] : [`${name} is not read; did you mean ${PREFIX}${bare}?`];
  });
}

const SWITCHES: Readonly<Record<string, boolean>> = {
  '1': true,
  true: true,
  yes: true,
  on: true,
  '0': false,
  false: false,
  no: false,
  off: false,
  '': false,
};

/**
 * Gives every flag that is not on the command line the value of its GWRK_* variable, if there is one. Values pass the
 * flag's own parser; a flag that may be repeated takes one value a line.
 */
export function applyEnvironment(command: Command, environment: NodeJS.ProcessEnv): void {
  for (const option of command.options) {
    const text = environment[variableOf(option)];
    const name = option.attributeName();
    if (text === undefined || command.getOptionValueSource(name) === 'cli') continue;
    try {
      const value = option.isBoolean() || option.negate ? switchValue(option, text) : parsedValue(option, text);
      if (value !== undefined) command.setOptionValueWithSource(name, value, 'env');
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      command.error(`error: the variable ${variableOf(option)}='${text}' is invalid. ${error.message}`, {
        code: 'commander.invalidArgument',
      });
    }
  }
}

function switchValue(option: Option, text: string): boolean | undefined {
  const on = SWITCHES[text.toLowerCase()];
  if (on === undefined) throw new InvalidArgumentError('Use 1 or 0.');
  return option.negate ? (on ? false : undefined) : on;
}

function parsedValue(option: Option, text: string): unknown {
  if (text === '') return undefined;
  const parse = option.parseArg;
  if (!parse) return text;
  const isRepeatable = typeof option.defaultValue === 'object';
  if (!isRepeatable) return parse(text, undefined as never);
  return text.split('\n').reduce<unknown>((previous, line) => parse(line, previous as never), option.defaultValue);
}
