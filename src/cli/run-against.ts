import { join } from 'node:path';
import { loadBaseline } from '../gate/baseline-store.js';
import { buildGate } from '../gate/build-gate.js';
import { renderGateTerminal } from '../gate/gate-terminal.js';
import { qualityOf } from '../gate/run-quality.js';
import type { SeriesRun } from '../gate/series.js';
import type { RunSet } from '../report/compare/run-set.js';
import type { Report } from '../report/report.js';
import { writeOutput } from '../report/write.js';
import type { Plan } from '../scenario/plan.js';
import { refuseOtherThan, seriesOf } from './baseline-runs.js';
import { metricsOf, rulesOf } from './gate-rules.js';
import { usesStdout } from './renderings.js';
import type { RunFlags } from './run-flags.js';

/** What a run is compared with. */
export interface Against {
  readonly baseline: RunSet;
  /** Writes gate.json into the directory of the run and shows the comparison. */
  readonly show: (report: Report, directory: string) => Promise<void>;
}

/**
 * `gwrk run --baseline` without --repeat: reads the baseline before the run, and returns what shows the comparison after it. One
 * run proves nothing, so the exit code stays that of the run itself. Throws GWRK_BASELINE_INVALID, GWRK_NOT_COMPARABLE.
 */
export async function prepareAgainst(flags: RunFlags, plan: Plan): Promise<Against> {
  const baseline = await loadBaseline(flags.baseline!, flags.out);
  refuseOtherThan(baseline, plan);
  const show: Against['show'] = async (report, directory) => {
    const { reason, disturbances } = qualityOf(report);
    const refused = reason === undefined ? {} : { refused: reason };
    const run: SeriesRun = { side: 'b', number: 1, report, directory, isAborted: false, disturbances, ...refused };
    const gate = buildGate({
      kind: 'baseline',
      design: `1 run against ${baseline.runs.length} of another time`,
      beforeLabel: baseline.path,
      afterLabel: directory,
      runs: [...seriesOf(baseline), run],
      metrics: metricsOf(flags),
      rules: rulesOf(flags),
      inconclusive: 'warn',
      end: 'complete',
      startedAt: report.startedAt,
      durationMs: report.durationMs,
      seed: report.seed,
    });
    await writeOutput(join(directory, 'gate.json'), `${JSON.stringify(gate, null, 1)}\n`);
    if (flags.quiet) return;
    const stream = usesStdout(flags) ? process.stderr : process.stdout;
    stream.write(renderGateTerminal(gate, flags.color && stream.isTTY === true && !process.env.NO_COLOR));
  };
  return { baseline, show };
}
