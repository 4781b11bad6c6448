import { join } from 'node:path';
import type { Command } from 'commander';
import type { BenchContext } from '../bench/bench.js';
import { GwrkError } from '../core/errors.js';
import { EXIT } from '../core/exit-codes.js';
import type { BenchResult } from '../report/bench-result.js';
import { reasonLine } from './failure.js';
import type { Finish } from './finish.js';
import { countFrom, seed } from './flag-values.js';
import { gwrkVersion } from './version.js';

interface BenchFlags {
  readonly out?: string;
  readonly json?: string;
  readonly markdown?: string;
  readonly html?: string;
  readonly repetitions: number;
  readonly seed: number;
  readonly postgres?: string;
  readonly clients?: number;
  readonly small: boolean;
}

const EXAMPLES = `
Examples:
  gwrk bench                                  lists the tables
  gwrk bench protocol
  gwrk bench sync io --markdown -
  gwrk bench all --out reports/published
`;

/** `gwrk bench [table...]`: the comparison tables of the article, measured on this machine. */
export function registerBench(program: Command, finish: Finish): void {
  program
    .command('bench')
    .description('measure the comparison tables of the article on this machine, beside the published figures')
    .argument('[table...]', 'names of tables, or all; without any they are listed')
    .option('-o, --out <dir>', 'write each table there, as JSON, Markdown and HTML, with an index')
    .option('--json <file>', 'write the tables as one array of JSON; - is stdout')
    .option('--markdown <file>', 'write the tables as Markdown')
    .option('--html <file>', 'write the tables as one page')
    .option('--repetitions <n>', 'measure each figure so often; medians are shown', countFrom(1), 3)
    .option('--seed <n>', 'seed of everything that is random', seed, 1)
    .option('--postgres <url>', 'a PostgreSQL server for the table auth, instead of the embedded one')
    .option('--clients <n>', 'clients of the largest row of the table million (200k, less where the machine allows less)', countFrom(1))
    .option('--small', 'a size that takes seconds and only shows that a table works', false)
    .addHelpText('after', EXAMPLES)
    .action(async (names: string[], flags: BenchFlags) => finish(await bench(names, flags)));
}

async function bench(names: readonly string[], flags: BenchFlags): Promise<number> {
  const { TABLES } = await import('../bench/tables.js');
  if (names.length === 0) {
    process.stdout.write(TABLES.map(({ name, title }) => `  ${name.padEnd(12)} ${title}\n`).join(''));
    return EXIT.passed;
  }
  const wanted = names.includes('all') ? TABLES.map(({ name }) => name) : names;
  const unknown = wanted.find((name) => TABLES.every((table) => table.name !== name));
  if (unknown !== undefined) {
    throw new GwrkError('GWRK_USAGE', 'there is no such table', {
      given: unknown,
      allowed: [...TABLES.map(({ name }) => name), 'all'].join(', '),
    });
  }
  const [{ StopRequest }, { runBench }, output] = await Promise.all([
    import('../run/stop-request.js'),
    import('../bench/run-bench.js'),
    import('./bench-output.js'),
  ]);
  await output.checkBenchOutput(flags);
  const stop = new StopRequest();
  const abort = new AbortController();
  stop.onChange((level) => (level === 'now' ? process.exit(EXIT.interrupted) : abort.abort()));
  const results: BenchResult[] = [];
  const failures: string[] = [];
  for (const { name, load } of TABLES.filter((table) => wanted.includes(table.name))) {
    if (abort.signal.aborted) break;
    const context: BenchContext = {
      repetitions: flags.repetitions,
      seed: flags.seed,
      small: flags.small,
      signal: abort.signal,
      ...(flags.out !== undefined && { directory: join(flags.out, name) }),
      ...(flags.postgres !== undefined && { postgres: flags.postgres }),
      ...(flags.clients !== undefined && { clients: flags.clients }),
      progress: (text) => process.stderr.write(`gwrk bench ${name}: ${text}\n`),
    };
    try {
      const result = await runBench(await load(), context, gwrkVersion());
      results.push(result);
      await output.showBench(result, flags);
    } catch (error) {
      if (abort.signal.aborted) break;
      // A table that fails takes nothing from the others.
      const reason = error instanceof Error ? error.message : String(error);
      failures.push(name);
      process.stderr.write(`gwrk bench ${name}: failed: ${reason}\n`);
    }
  }
  stop.close();
  await output.writeBench(results, flags);
  if (flags.out !== undefined && results.length > 0) await (await import('./bench-index.js')).writeBenchIndex(flags.out);
  if (abort.signal.aborted) {
    process.stderr.write(reasonLine(EXIT.interrupted, `interrupted after ${results.length} of ${wanted.length} tables; those are written`));
    return EXIT.interrupted;
  }
  if (failures.length === 0) return EXIT.passed;
  process.stderr.write(reasonLine(EXIT.failed, `not measured: ${failures.join(', ')}`));
  return EXIT.failed;
}
