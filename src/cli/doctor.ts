import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { EXIT } from '../core/exit-codes.js';
import type { DoctorLine, RunTrial } from '../run/doctor-line.js';
import { reasonLine } from './failure.js';
import type { Finish } from './finish.js';

const TRIAL_LIMIT_MS = 30_000;

/** `gwrk doctor`: what works on this machine, each line from a trial and not from a version. */
export function registerDoctor(program: Command, finish: Finish): void {
  program
    .command('doctor')
    .description('try out what this machine can do, and say how to get what it cannot')
    .option('--json', 'the lines as one array of JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const lines = await examine();
      process.stdout.write(json ? `${JSON.stringify(lines)}\n` : renderDoctor(lines));
      const failed = lines.filter(({ required, level }) => required && level === 'no');
      if (failed.length > 0) {
        process.stderr.write(reasonLine(EXIT.thresholdFailed, `required and not here: ${failed.map(({ id }) => id).join(', ')}`));
      }
      finish(failed.length > 0 ? EXIT.thresholdFailed : EXIT.passed);
    });
}

async function examine(): Promise<DoctorLine[]> {
  const machine = await import('../run/doctor-machine.js');
  const kernel = await import('../run/doctor-kernel.js');
  // The trial of the audit may mount tracefs: whether it was there is looked at before.
  const tracefs = kernel.tracefsLine();
  const check = fileURLToPath(new URL('../../reference-server/audit/kernel-check.js', import.meta.url));
  return [
    machine.nodeLine(),
    machine.wsLine(),
    machine.descriptorsLine(),
    machine.portsLine(),
    machine.uringLine(),
    kernel.kernelAuditLine(runTrial(process.execPath, [check])?.text),
    tracefs,
    kernel.kprobesLine(runTrial),
    kernel.countersLine(runTrial),
    kernel.netemLine(runTrial),
    kernel.redisLine(runTrial),
  ];
}

const runTrial: RunTrial = (command, args) => {
  const { error, status, stdout, stderr } = spawnSync(command, [...args], {
    encoding: 'utf8',
    timeout: TRIAL_LIMIT_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return undefined;
  return { exitCode: status ?? 1, text: `${stdout}\n${stderr}` };
};

/** " ok    text", and below what does not work what to do about it. */
export function renderDoctor(lines: readonly DoctorLine[]): string {
  return lines.map(({ level, text, fix }) => ` ${level.padEnd(5)} ${text}\n${fix === undefined ? '' : `       fix: ${fix}\n`}`).join('');
}
