import type { Command } from 'commander';
import { EXIT } from '../core/exit-codes.js';
import type { Finish } from './finish.js';
import { countFrom, durationUs } from './flag-values.js';

interface WhyFlags {
  readonly slow?: number;
  readonly limit: number;
  readonly json?: boolean;
}

/** `gwrk why <run>`: says of each slow operation what held it up, as far as that was seen, or UNKNOWN. */
export function registerWhy(program: Command, finish: Finish): void {
  program
    .command('why')
    .description('say what made the slow operations of a run slow, or UNKNOWN')
    .argument('<run>', 'the directory of a run')
    .option('--slow <time>', "response time from which an operation is looked at (the run's own --slow-ops)", durationUs)
    .option('--limit <n>', 'chains to print, the slowest first', countFrom(0), 10)
    .option('--json', 'print everything as JSON')
    .action(async (path: string, flags: WhyFlags) => {
      const [{ readSlowRecord }, { Explainer }, { renderWhy }, { responseUs }, { loadReport }] = await Promise.all([
        import('../report/slow-files.js'),
        import('../report/why.js'),
        import('../report/why-text.js'),
        import('../measure/slow-operation.js'),
        import('../report/load.js'),
      ]);
      const { operations, targets, causes } = await readSlowRecord(path);
      const { kept, total, thresholdUs, stalls } = operations;
      const slowUs = flags.slow ?? thresholdUs;
      const explainer = new Explainer(targets, causes, stalls);
      const explanations = kept.filter((operation) => responseUs(operation) >= slowUs).map((operation) => explainer.explain(operation));
      // The record of slow operations is enough; only what is not in it stands in the report.
      const http = (await loadReport(path).catch(() => undefined))?.metrics.http_reqs;
      const facts = { slowUs, total, thresholdUs, httpRequests: http?.type === 'counter' ? http.count : 0 };
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ schema: 'gwrk/why/1', ...facts, operations: explanations })}\n`
          : renderWhy(explanations, { ...facts, limit: flags.limit }),
      );
      finish(EXIT.passed);
    });
}
