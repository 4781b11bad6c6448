/** The completion scripts: each is made whole from the tree, so a shell runs nothing of gwrk when it completes. */
import type { CommandNode, FlagNode, ValueKind } from './command-tree.js';

export const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

const names = (flags: readonly FlagNode[]): string[] => flags.flatMap(({ short, long }) => (short ? [short, long] : [long]));
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function bashScript(commands: readonly CommandNode[]): string {
  const cases = commands.map(({ name, flags, values }) => {
    const takes = flags.filter(({ value }) => value.kind !== 'none');
    const arms = takes.map((flag) => `          ${names([flag]).join('|')}) ${bashValues(flag.value)}; return ;;`);
    const last = values.length > 0 ? values : [{ kind: 'file' } as const];
    const places = last.map((value, index) => `          ${index === last.length - 1 ? '*' : index + 2}) ${bashValues(value)} ;;`);
    return `      ${name})
        case $previous in
${arms.join('\n')}
          *) ;;
        esac
        if [[ $word == -* ]]; then _gwrk_words ${quoted(names(flags).join(' '))}; return; fi
        case $COMP_CWORD in
${places.join('\n')}
        esac ;;`;
  });
  return `# gwrk completion bash: source <(gwrk completion bash)
_gwrk_words() { COMPREPLY=($(compgen -W "$1" -- "$word")); }
_gwrk_files() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -f -- "$word"))
  compopt -o filenames 2> /dev/null
}
_gwrk() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _gwrk_words ${quoted([...commands.map(({ name }) => name), '--help', '--version'].join(' '))}
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
      *) ;;
  esac
}
complete -F _gwrk gwrk
`;
}

function bashValues(value: ValueKind): string {
  if (value.kind === 'choice') return `_gwrk_words ${quoted(value.choices.join(' '))}`;
  return value.kind === 'file' ? '_gwrk_files' : ':';
}

function zshScript(commands: readonly CommandNode[]): string {
  const about = (text: string): string => text.replace(/[\\[\]:]/gu, '\\$&');
  const flagSpec = ({ short, long, about: text, value }: FlagNode): string[] => {
    const tail = `[${about(text)}]${zshValue(value)}`;
    return short ? [quoted(`(${short} ${long})${short}${tail}`), quoted(`(${short} ${long})${long}${tail}`)] : [quoted(`*${long}${tail}`)];
  };
  const cases = commands.map(({ name, flags, values }) => {
    const places = (values.length > 0 ? values : [{ kind: 'file' } as const]).map((value, index, all) =>
      quoted(`${index === all.length - 1 ? '*' : index + 1}:${zshValue(value).slice(1) || 'value:'}`),
    );
    return `    ${name}) _arguments -s ${[...flags.flatMap(flagSpec), ...places].join(' \\\n      ')} ;;`;
  });
  return `#compdef gwrk
# gwrk completion zsh: source <(gwrk completion zsh), behind compinit
_gwrk() {
  local -a commands
  commands=(
${commands.map(({ name, about: text }) => `    ${quoted(`${name}:${about(text)}`)}`).join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == _gwrk ]]; then _gwrk "$@"; else compdef _gwrk gwrk; fi
`;
}

function zshValue(value: ValueKind): string {
  if (value.kind === 'none') return '';
  if (value.kind === 'choice') return `:value:(${value.choices.join(' ')})`;
  return value.kind === 'file' ? ':file:_files' : ':value: ';
}

function fishScript(commands: readonly CommandNode[]): string {
  const lines = ['# gwrk completion fish > ~/.config/fish/completions/gwrk.fish', 'complete -c gwrk -f'];
  for (const { name, about } of commands) lines.push(`complete -c gwrk -n __fish_use_subcommand -a ${name} -d ${fishText(about)}`);
  for (const { name, flags, values } of commands) {
    const within = `complete -c gwrk -n ${fishText(`__fish_seen_subcommand_from ${name}`)}`;
    for (const { short, long, about, value } of flags)
      lines.push(`${within}${short ? ` -s ${short.slice(1)}` : ''} -l ${long.slice(2)}${fishValue(value)} -d ${fishText(about)}`);
    if (values.length === 0 || values.some(({ kind }) => kind === 'file')) lines.push(`${within} -F`);
    for (const value of values) if (value.kind === 'choice') lines.push(`${within} -a ${fishText(value.choices.join(' '))}`);
  }
  return `${lines.join('\n')}\n`;
}

const fishText = (text: string): string => `'${text.replace(/[\\']/gu, '\\$&')}'`;

function fishValue(value: ValueKind): string {
  if (value.kind === 'none') return '';
  if (value.kind === 'choice') return ` -x -a ${fishText(value.choices.join(' '))}`;
  return value.kind === 'file' ? ' -r -F' : ' -x';
}
