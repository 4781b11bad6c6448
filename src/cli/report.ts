import type { Command } from 'commander';
import type { Finish } from './finish.js';
import type { RenderingFlags } from './renderings.js';

interface ReportFlags extends RenderingFlags {
  readonly baseline?: string;
  readonly color: boolean;
}

const EXAMPLES = `
Examples:
  gwrk report reports/echo-20261122-211141
  gwrk report reports/echo-20261122-211141 --html page.html --baseline reports/echo-20261121-180500
  gwrk report reports/echo-20261122-211141 --markdown - --csv stats.csv
`;

/** `gwrk report <run>`: shows a run again from its report.json and makes its files again. Exits as the run did. */
export function registerReport(program: Command, finish: Finish): void {
  program
    .command('report')
    .description('show a run again and make its files again from report.json; exit as the run did')
    .argument('<run>', 'the directory of a run, or its report.json')
    .option('--html <file>', 'write the page of the run; - is stdout')
    .option('--json <file>', 'write report.json')
    .option('--markdown <file>', 'write the summary as Markdown')
    .option('--junit <file>', 'write the thresholds as JUnit XML')
    .option('--csv <file>', 'write the metrics as CSV')
    .option('--hdr <file>', 'write the histograms as an HdrHistogram log')
    .option('--baseline <run>', 'an earlier run, for the page: before and after, and its lines behind in grey')
    .option('--no-color', 'no colours (also by NO_COLOR)')
    .addHelpText(
      'after',
      `\nWithout a flag that names a file, index.html, summary.md, junit.xml, stats.csv and stats_history.csv are written\nanew beside report.json. latency.hlog has what is not in report.json: it is left as it is, and only made where there is none.\n${EXAMPLES}`,
    )
    .action(async (path: string, flags: ReportFlags) => {
      const { remakeReport } = await import('./remake-report.js');
      finish(await remakeReport(path, flags));
    });
}
