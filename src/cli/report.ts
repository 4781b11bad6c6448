import type { Command } from 'commander';
import type { Finish } from './finish.js';
import type { RenderingFlags } from './renderings.js';

interface ReportFlags extends RenderingFlags {
  readonly color: boolean;
}

const EXAMPLES = `
Examples:
  gwrk report reports/echo-20261122-211141
  gwrk report reports/echo-20261122-211141 --markdown - --csv stats.csv
`;

/** `gwrk report <run>`: shows a run again from its report.json. Exits as the run did. */
export function registerReport(program: Command, finish: Finish): void {
  program
    .command('report')
    .description('show the report of a run again, and exit as the run did')
    .argument('<run>', 'the directory of a run, or its report.json')
    .option('--json <file>', 'write report.json there; - is stdout')
    .option('--markdown <file>', 'write the summary as Markdown')
    .option('--junit <file>', 'write the thresholds as JUnit XML')
    .option('--csv <file>', 'write the metrics as CSV')
    .option('--hdr <file>', 'write the histograms as an HdrHistogram log')
    .option('--no-color', 'no colours (also by NO_COLOR)')
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, flags: ReportFlags) => {
      const [{ loadReport }, { showReport }] = await Promise.all([import('../report/load.js'), import('./show-report.js')]);
      const report = await loadReport(path);
      finish(await showReport(report, flags));
    });
}
