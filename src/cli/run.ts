import type { Command } from 'commander';
import type { Finish } from './finish.js';

export function registerRun(program: Command, _finish: Finish): void {
  program.command('run').description('run a scenario file, or clients against a URL');
}
