/** A module of JavaScript or TypeScript in place of a scenario file. It is code: only one that the command line names is ever loaded. */
import { basename, resolve } from 'node:path';
import { GwrkError } from '../core/errors.js';

export interface ScenarioModule {
  /** What it exports as `scenario`, as the text of a scenario file; undefined when it exports none. */
  readonly text?: string;
  /** What it exports as `target`. */
  readonly target?: string;
  /** Itself as `driver:` of a scenario; undefined when it has no default export. */
  readonly driver?: string;
}

/** Whether a scenario is a module and not YAML, by its name. */
export const isModule = (path: string): boolean => /\.m?[jt]s$/.test(path);

/** Loads it. Throws GWRK_DRIVER_INVALID when that cannot be done, GWRK_SCENARIO_INVALID when what it exports is no scenario. */
export async function readScenarioModule(path: string): Promise<ScenarioModule> {
  let exported: Readonly<Record<string, unknown>>;
  try {
    const { loadModule } = await import('../swarm/driver-load.js');
    exported = await loadModule(resolve(path));
  } catch (error) {
    const { told, hint } = error as { told: string; hint: string };
    throw new GwrkError('GWRK_DRIVER_INVALID', told, { cause: error, ...(hint !== '' && { hint }) });
  }
  const { scenario, target } = exported;
  const driver = exported.default === undefined ? undefined : `./${basename(path)}`;
  if (target !== undefined && typeof target !== 'string') throw invalid(path, 'the exported target is not text', 'ws://host:port/path');
  return {
    ...(scenario !== undefined && { text: textOf(path, scenario, driver) }),
    ...(target !== undefined && { target }),
    ...(driver !== undefined && { driver }),
  };
}

/** The default export drives every scenario of the module that names no driver. */
function textOf(path: string, scenario: unknown, driver: string | undefined): string {
  if (!isMap(scenario))
    throw invalid(path, 'the exported scenario is not an object', 'what a scenario file says: name, target, scenarios, ...');
  const scenarios =
    driver !== undefined && isMap(scenario.scenarios)
      ? Object.fromEntries(Object.entries(scenario.scenarios).map(([name, each]) => [name, isMap(each) ? { driver, ...each } : each]))
      : scenario.scenarios;
  try {
    return JSON.stringify({ ...scenario, scenarios });
  } catch (error) {
    throw invalid(path, `the exported scenario is more than plain values: ${String(error)}`, 'text, numbers, true, false, lists and maps');
  }
}

const isMap = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object' && !Array.isArray(value);

const invalid = (where: string, summary: string, allowed: string): GwrkError =>
  new GwrkError('GWRK_SCENARIO_INVALID', summary, { where, allowed });
