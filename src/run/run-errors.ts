import { COUNTER } from '../measure/metric-names.js';
import type { Recorder } from '../measure/recorder.js';
import type { ErrorRecord, TargetRecord } from '../report/report.js';
import type { Interruption } from '../report/verdict.js';
import type { MonitorResult } from './run-monitor.js';
import type { ServeChild } from './serve-child.js';
import type { Workers } from './workers.js';

/** What ended the run early. A worker that died is a fault of gwrk, and weighs more than anything else. */
export function interruptionOf(workers: Workers, result: MonitorResult): Interruption | undefined {
  const { driverFault } = workers;
  if (driverFault !== undefined) return { by: 'driver', reason: driverFault };
  const [death] = workers.deaths;
  if (death === undefined) return result.interruption;
  return { by: 'internal', reason: `GWRK_WORKER_DIED ${death.split('\n', 1)[0]}` };
}

/** What only the control plane knows, in the form of the workers' errors (docs/errors.md). */
export function controlErrors(workers: Workers, result: MonitorResult, server: ServeChild | undefined): ErrorRecord[] {
  const errors: ErrorRecord[] = [];
  const [death] = workers.deaths;
  const { driverFault } = workers;
  if (driverFault !== undefined) errors.push({ code: 'GWRK_DRIVER_THREW', count: 1, first: driverFault });
  else if (death !== undefined) errors.push({ code: 'GWRK_WORKER_DIED', count: workers.deaths.length, first: death });
  if (result.targetGone !== undefined) errors.push({ code: 'target.gone', count: 1, first: result.targetGone });
  if (server?.hasEnded) errors.push({ code: 'target.ended', count: 1, first: 'the server of the scenario ended before the run did' });
  return errors;
}

/**
 * Compares our ledger with the operations that the server counted: at least those that were answered, at most those
 * that were sent. A difference becomes an error and a ledger mismatch, which makes the run invalid. The workers must be
 * done with their recorders.
 */
export function compareLedgers({ opsSeen }: TargetRecord, recorders: readonly Recorder[]): ErrorRecord[] {
  if (typeof opsSeen !== 'number') return [];
  const total = (id: number): number => recorders.reduce((sum, { counters }) => sum + counters[id]!, 0);
  const sent = total(COUNTER.ledger_sent);
  const answered = total(COUNTER.ledger_ok) + total(COUNTER.ledger_fail);
  if (opsSeen >= answered && opsSeen <= sent) return [];
  recorders[0]!.counters[COUNTER.ledger_mismatches]! += 1;
  const first = `the server counted ${opsSeen} operations, the clients sent ${sent} and had ${answered} answered`;
  return [{ code: 'ledger.target', count: 1, first }];
}
