import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Argument, type Command } from 'commander';
import { EXIT } from '../core/exit-codes.js';
import type { Finish } from './finish.js';

const EXAMPLES = `
Examples:
  source <(gwrk completion bash)                                    in ~/.bashrc
  source <(gwrk completion zsh)                                     in ~/.zshrc, behind compinit
  gwrk completion fish > ~/.config/fish/completions/gwrk.fish
`;

export type Shell = 'bash' | 'zsh' | 'fish';

/** `gwrk completion <shell>`: a script by which the shell completes commands, flags and their values. */
export function registerCompletion(program: Command, finish: Finish): void {
  program
    .command('completion')
    .description('print a completion script for your shell')
    .addArgument(new Argument('<shell>', 'yours').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', EXAMPLES)
    .action(async (shell: Shell) => {
      const [{ commandTree }, { SCRIPTS }] = await Promise.all([import('./command-tree.js'), import('./completion-scripts.js')]);
      process.stdout.write(SCRIPTS[shell](commandTree(program, programHelp)));
      finish(EXIT.passed);
    });
}

/** What a command that is a program of its own says of its flags; nothing when it cannot be asked. */
function programHelp(command: string): string {
  const bin = fileURLToPath(new URL('../../../bin/gwrk.js', import.meta.url));
  const { stdout } = spawnSync(process.execPath, [bin, command, '--help'], { encoding: 'utf8', timeout: 20_000 });
  return stdout ?? '';
}
