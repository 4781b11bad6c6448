import { clientValuesIn } from '../scenario/client-value.js';
import type { ClientContext } from './client-context.js';
import type { ClientTable } from './client-table.js';
import { ClientValues } from './client-values.js';
import type { ErrorCounts } from './error-counts.js';
import { clientNumbers, FeederRows } from './feeder-rows.js';
import type { WorkerStart } from './messages.js';
import { ValueSlabs } from './value-slabs.js';

/** The values of feeders and captures of a worker; undefined when no scenario has any, so that it costs nothing. */
export function createValues(
  start: WorkerStart,
  table: ClientTable,
  context: ClientContext,
  errors: ErrorCounts,
): ClientValues | undefined {
  const { feeders = [], captures = 0, scenarios, seed, count } = start;
  if (feeders.length === 0 && captures === 0) return undefined;
  const given = feeders.map(() => 0);
  const firstClient = scenarios.map((scenario) => {
    const used = clientValuesIn(scenario.program);
    const first = [...given];
    for (const index of given.keys())
      if (used.some((value) => value.kind === 'field' && value.feeder === index)) given[index]! += clientNumbers(scenario, count);
    return first;
  });
  return new ClientValues({
    table,
    errors,
    context,
    feeders: feeders.map((data, index) => new FeederRows(data, seed + index * 0x9e3779b9)),
    firstClient,
    slabs: new ValueSlabs(table.rows, captures),
  });
}
