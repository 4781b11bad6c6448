import { GwrkError } from '../core/errors.js';
import { readFeederColumns } from '../run/feeder-files.js';
import { isModule } from '../run/scenario-module.js';
import { type LoadOptions, loadScenario } from '../scenario/load.js';
import type { Plan } from '../scenario/plan.js';
import { ScenarioProblems } from '../scenario/problems.js';
import { formatDurationUs } from '../scenario/units.js';
import { readText } from './files.js';
import { payloadsBeside } from './payload-files.js';

/** Says of each valid file what it amounts to; throws the problems of all the others together. */
export async function validateScenarios(paths: readonly string[], options: Omit<LoadOptions, 'file'>): Promise<void> {
  const problems: GwrkError[] = [];
  for (const path of paths) {
    try {
      if (isModule(path))
        throw new GwrkError('GWRK_SCENARIO_INVALID', 'a module is not validated, for that would run it', {
          where: path,
          hint: `gwrk run ${path} --dry-run`,
        });
      const { plan, warnings } = loadScenario(await readText(path, 'GWRK_SCENARIO_UNREADABLE'), {
        ...options,
        file: path,
        readColumns: readFeederColumns,
        readPayload: payloadsBeside(path),
      });
      for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
      process.stdout.write(`${path} is valid: ${summaryOf(plan)}\n`);
    } catch (error) {
      if (error instanceof ScenarioProblems) problems.push(...error.problems);
      else if (error instanceof GwrkError && paths.length > 1) problems.push(error);
      else throw error;
    }
  }
  if (problems.length > 0) throw new ScenarioProblems(problems);
}

/** "million, 1 scenario, at most 1,000,000 clients at once, 4m, 4 thresholds". */
function summaryOf({ name, scenarios, maxClients, durationUs, thresholds }: Plan): string {
  // toLocaleString would load all of Intl for three numbers.
  const many = (count: number, noun: string): string =>
    `${String(count).replace(/\B(?=(?:\d{3})+$)/gu, ',')} ${noun}${count === 1 ? '' : 's'}`;
  return [
    name,
    many(scenarios.length, 'scenario'),
    `at most ${many(maxClients, 'client')} at once`,
    formatDurationUs(durationUs),
    many(thresholds.length, 'threshold'),
  ].join(', ');
}
