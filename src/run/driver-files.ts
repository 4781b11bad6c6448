/** The files of drivers: code that a scenario names. Only what lies beside the scenario or below the working directory is run. */
import { realpathSync, statSync } from 'node:fs';
import { sep } from 'node:path';
import { GwrkError } from '../core/errors.js';
import type { ScenarioPlan } from '../scenario/plan.js';

/** Throws GWRK_DRIVER_INVALID when a scenario names a driver that it may not run. */
export function checkDrivers(scenarios: readonly ScenarioPlan[]): void {
  for (const { driver } of scenarios) {
    if (driver === undefined) continue;
    const { path, base } = driver;
    const invalid = (summary: string, allowed?: string): GwrkError =>
      new GwrkError('GWRK_DRIVER_INVALID', summary, { given: path, ...(allowed !== undefined && { allowed }) });
    if (!/\.m?[jt]s$/.test(path)) throw invalid('this file is no module', '.js, .mjs, .ts or .mts');
    let real: string;
    try {
      real = realpathSync(path);
    } catch {
      throw invalid('there is no such file');
    }
    const isInside = [base, process.cwd()].some((directory) => real.startsWith(realpathSync(directory) + sep));
    if (!isInside) throw invalid('a scenario may not run this file', 'a file in its directory, or below the working directory');
    if (!statSync(real).isFile()) throw invalid('this is not a file');
  }
}
