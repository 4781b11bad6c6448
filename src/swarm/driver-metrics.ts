/** What drivers declare to measure beside the metrics of gwrk. */
import { OwnMetrics, type OwnMetricType, orderOwnMetrics, ownMetricProblem } from '../measure/own-metrics.js';
import type { Driver } from './driver.js';
import { DriverFault } from './driver-fault.js';
import type { LoadedDriver } from './driver-load.js';

/** The metrics of all drivers together; two that declare the same one share it. Throws a DriverFault. */
export function declaredMetrics(drivers: readonly (LoadedDriver | undefined)[]): OwnMetrics {
  const types = new Map<string, OwnMetricType>();
  for (const loaded of drivers) {
    const declared = loaded?.driver.metrics;
    if (declared === undefined) continue;
    const problem = ownMetricProblem(declared);
    if (problem !== undefined) throw new DriverFault(loaded!.path, `metrics: ${problem}`, '');
    for (const [name, type] of Object.entries(declared)) {
      if ((types.get(name) ?? type) !== type)
        throw new DriverFault(loaded!.path, `metrics: another driver says that ${name} is no ${type}`, '');
      types.set(name, type);
    }
  }
  return new OwnMetrics(orderOwnMetrics(types));
}

/** What setup() is given. */
export function idsOf({ metrics = {} }: Driver, own: OwnMetrics): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.keys(metrics).map((name) => [name, own.idOf(name)!]));
}
