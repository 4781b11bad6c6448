import { GwrkError } from '../../core/errors.js';
import { incomparabilities } from '../comparable.js';
import { printable } from '../printable.js';
import type { Report } from '../report.js';
import type { RunSet } from './run-set.js';

/** Why a run says nothing about its server, as a clause; undefined: it does. Never looks at latency. */
export function unfitness(report: Report): string | undefined {
  if (report.generator.saturated) return `limited by its generator: ${printable(report.reason)}`;
  if (report.verdict === 'invalid') return `not valid: ${printable(report.reason)}`;
  if (report.verdict === 'interrupted') return `interrupted: ${printable(report.reason)}`;
  if (report.endedEarly !== undefined) return `ended before its plan: ${printable(report.endedEarly)}`;
  if (report.findMax) return 'a search for a limit (--find-max), not one load';
  if (report.profiled !== undefined) return `profiled (${printable(report.profiled)}), which takes up to a third more CPU time`;
  return undefined;
}

/** Everything that speaks against comparing these runs, one a line; empty: nothing does. */
export function objections(sets: readonly RunSet[]): string[] {
  const reference = sets[0]!.runs[0]!;
  const lines = sets.flatMap((set) =>
    set.runs.flatMap((run) => {
      const name = printable(run.path);
      const unfit = unfitness(run.report);
      const differences = run === reference ? [] : incomparabilities(reference.report, run.report);
      return [
        ...(unfit === undefined ? [] : [`${name} is ${unfit}`]),
        ...differences.map((difference) => `${printable(reference.path)} and ${name} differ in ${difference}`),
      ];
    }),
  );
  return [...new Set(lines)];
}

const SHOWN = 12;

/** Throws GWRK_NOT_COMPARABLE with what speaks against it. */
export function refuse(lines: readonly string[]): never {
  const more = lines.length > SHOWN ? [`and ${lines.length - SHOWN} more`] : [];
  throw new GwrkError('GWRK_NOT_COMPARABLE', 'these runs cannot be compared', {
    given: [...lines.slice(0, SHOWN), ...more].join('\n           '),
    allowed: 'valid runs of one scenario, with as many clients, of one Node major version, on one kind of machine',
    hint: 'run both sides on one machine (gwrk ab does); --force compares all the same and says so in the table',
  });
}
