import { readFeederColumns } from '../run/feeder-files.js';
import { loadScenario } from '../scenario/load.js';
import type { Plan } from '../scenario/plan.js';
import { readText } from './files.js';
import { payloadsBeside } from './payload-files.js';

export interface ScenarioSubject {
  readonly plan: Plan;
  readonly path: string;
  /** The file as it was read. */
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
  const text = await readText(path, 'GWRK_SCENARIO_UNREADABLE');
  const { plan, warnings } = loadScenario(text, {
    file: path,
    env: flags.env,
    set: flags.set,
    readColumns: readFeederColumns,
    readPayload: payloadsBeside(path),
    ...(flags.environment !== undefined && { environmentName: flags.environment }),
    ...(flags.seed !== undefined && { seed: flags.seed }),
  });
  return { plan, path, text, warnings };
}
