import type { Argument, Command, Option } from 'commander';

/** What stands behind a flag or in the place of an argument. */
export type ValueKind = { readonly kind: 'none' | 'text' | 'file' } | { readonly kind: 'choice'; readonly choices: readonly string[] };

export interface FlagNode {
  /** With dashes: "--connections". */
  readonly long: string;
  /** "-c". */
  readonly short?: string;
  readonly about: string;
  readonly value: ValueKind;
}

export interface CommandNode {
  readonly name: string;
  readonly about: string;
  readonly flags: readonly FlagNode[];
  /** Of each argument in order; the last one may be repeated. */
  readonly values: readonly ValueKind[];
}

/** What completion knows of the commands: commander's own tree. `programHelp` gives the help of commands that are programs of their own. */
export function commandTree(program: Command, programHelp: (command: string) => string): CommandNode[] {
  return program.commands.map((command) => {
    const isProgram = command.options.length === 0 && command.registeredArguments.some(({ variadic, required }) => variadic && !required);
    return {
      name: command.name(),
      about: command.description().replace(/ \(gwrk .* --help .*\)$/u, ''),
      flags: isProgram ? flagsOfHelp(programHelp(command.name())) : [...command.options.map(flagNode), HELP],
      values: isProgram ? [] : command.registeredArguments.map(valueOfArgument),
    };
  });
}

const HELP: FlagNode = { long: '--help', short: '-h', about: 'print help', value: { kind: 'none' } };

function flagNode(option: Option): FlagNode {
  const value: ValueKind = option.argChoices
    ? { kind: 'choice', choices: option.argChoices }
    : option.required
      ? kindOf(/<(.*)>/u.exec(option.flags)?.[1] ?? '')
      : { kind: 'none' };
  return { long: option.long ?? '', ...(option.short && { short: option.short }), about: option.description, value };
}

function valueOfArgument(argument: Argument): ValueKind {
  return argument.argChoices ? { kind: 'choice', choices: argument.argChoices } : kindOf(argument.name());
}

/** The word between the brackets says what it is. */
function kindOf(word: string): ValueKind {
  return { kind: /^(file|dir|run)$|\.yaml/u.test(word) ? 'file' : 'text' };
}

/** "  -p, --port <n>   about": the flags as a help text lists them. */
function flagsOfHelp(help: string): FlagNode[] {
  return [...help.matchAll(/^ {2}(?:(-\w), )?(--[a-z][a-z-]*)(?: <(.*?)>)? {2,}(.*)$/gmu)].map(([, short, long, word, about = '']) => {
    const choices = /\(choices: (.*?)\)/u.exec(about)?.[1]?.match(/[\w-]+/gu);
    const value: ValueKind = choices ? { kind: 'choice', choices } : word === undefined ? { kind: 'none' } : kindOf(word.toLowerCase());
    return { long: long!, ...(short && { short }), about, value };
  });
}
