import { GwrkError } from '../core/errors.js';
import { readFeederColumns } from '../run/feeder-files.js';
import { isModule, readScenarioModule } from '../run/scenario-module.js';
import { loadScenario } from '../scenario/load.js';
import type { Plan } from '../scenario/plan.js';
import { readText } from './files.js';
import { payloadsBeside } from './payload-files.js';

export interface ScenarioSubject {
  readonly plan: Plan;
  readonly path: string;
  /** The file as it was read; of a module, the scenario that it exports, as JSON. */
  readonly text: string;
  readonly warnings: readonly string[];
}

/** The plan of a scenario file with the flags that change it. Throws ScenarioProblems. */
export async function scenarioPlan(
  path: string,
  flags: {
    readonly env: Readonly<Record<string, string>>;
    readonly environment?: string;
    readonly set: readonly string[];
    readonly seed?: number;
  },
): Promise<ScenarioSubject> {
  const file = await readText(path, 'GWRK_SCENARIO_UNREADABLE');
  const made = isModule(path);
  const text = made ? (await readScenarioModule(path)).text : file;
  if (text === undefined)
    throw new GwrkError('GWRK_SCENARIO_INVALID', 'the module exports no scenario', {
      where: path,
      allowed: 'export const scenario = { name, target, scenarios }',
    });
  const { plan, warnings } = loadScenario(text, {
    file: path,
    isMade: made,
    env: flags.env,
    set: flags.set,
    readColumns: readFeederColumns,
    readPayload: payloadsBeside(path),
    ...(flags.environment !== undefined && { environmentName: flags.environment }),
    ...(flags.seed !== undefined && { seed: flags.seed }),
  });
  return { plan, path, text, warnings };
}
