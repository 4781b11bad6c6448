import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { formatError, GwrkError } from '../../src/core/errors.js';
import { EXIT } from '../../src/core/exit-codes.js';
import { logFiles } from './log-files.js';
import { indexLog } from './log-index.js';
import { printable } from './printable.js';
import { type AuditReport, reportLog } from './report-log.js';
import { type LogQuery, searchLog, uidQuery } from './search-log.js';
import { type Verification, verifyLog } from './verify-log.js';

const count = (value: number): string => value.toLocaleString('en-US');
const files = (value: number): string => `${count(value)} ${value === 1 ? 'file' : 'files'}`;

/** One line on the chain. */
function chainLine({ files: fileCount, lines, head, beginsLater, fault }: Verification): string {
  if (fault !== undefined) return `${printable(fault.file)}:${fault.line}: ${fault.fault}`;
  const where = beginsLater ? ' (the chain begins in an older file, which is not here)' : '';
  return `chain holds: ${count(lines)} lines in ${files(fileCount)}${where}, head ${head ?? 'none'}`;
}

function table(rows: readonly (readonly [string, number])[]): string {
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${printable(name).padEnd(width)}  ${count(value).padStart(12)}`).join('\n');
}

function reportText(report: AuditReport): string {
  const kernel = Object.entries(report.kernel).flatMap(([source, kinds]) =>
    Object.entries(kinds).map(([kind, value]): [string, number] => [`${source} ${kind}`, value]),
  );
  return [
    chainLine(report),
    '',
    'events',
    table(Object.entries(report.events).sort(([a], [b]) => (a < b ? -1 : 1))),
    ...(report.lost > 0 ? [table([['lost', report.lost]])] : []),
    '',
    kernel.length === 0 ? 'kernel events: none' : `kernel events by source\n${table(kernel)}`,
    ...(kernel.length === 0 ? [] : ['', 'joins of kernel events with sessions', table(Object.entries(report.joins))]),
  ].join('\n');
}

async function run(argv: readonly string[], write: (text: string) => void): Promise<number> {
  let exitCode: number = EXIT.passed;
  const judge = (verified: Verification): void => {
    if (verified.fault === undefined) return;
    exitCode = EXIT.thresholdFailed;
    process.stderr.write(`exit ${exitCode}: ${chainLine(verified)}\n`);
  };
  const program = new Command('gwrk audit')
    .description('Checks, counts and searches audit logs that gwrk serve --audit wrote')
    .exitOverride()
    .configureOutput({ writeOut: write, outputError: () => {} });
  const configure = (command: Command): Command =>
    command
      .argument('<file...>', 'a log; what was rotated away from it is read too, oldest first')
      .option('--json', 'the answer as one object of JSON', false);
  configure(program.command('verify').description('follow the chain of hashes; exit 99 names the first line that breaks it')).action(
    async (named: string[], { json }: { json: boolean }) => {
      const verified = await verifyLog(logFiles(named));
      write(json ? `${JSON.stringify(verified)}\n` : verified.fault === undefined ? `${chainLine(verified)}\n` : '');
      judge(verified);
    },
  );
  configure(program.command('report').description('count events, kernel events by source, and their joins with sessions')).action(
    async (named: string[], { json }: { json: boolean }) => {
      const report = await reportLog(logFiles(named));
      write(json ? `${JSON.stringify(report)}\n` : `${reportText(report)}\n`);
      judge(report);
    },
  );
  program
    .command('index')
    .description('write FILE.index beside each file, by which search finds lines without reading the log')
    .argument('<file...>', 'a log; what was rotated away from it is indexed too')
    .action(async (named: string[]) => {
      for (const file of logFiles(named)) {
        const { entries, logBytes } = await indexLog(file);
        write(`${printable(file)}.index: ${count(entries)} entries for ${count(logBytes)} bytes\n`);
      }
    });
  program
    .command('search')
    .description('print the lines of a session or of a user, by the index where there is one; exit 99 when there are none')
    .argument('<file...>', 'a log; what was rotated away from it is searched too, oldest first')
    .option('--sid <id>', 'of this session, 22 letters as they stand in the log')
    .option('--uid <uid>', 'of this user')
    .action(async (named: string[], asked: { sid?: string; uid?: string }) => {
      const query = queryOf(asked);
      let found = 0;
      for (const file of logFiles(named)) {
        for await (const line of searchLog(file, query)) {
          found++;
          write(`${printable(line.toString('utf8'))}\n`);
        }
      }
      if (found > 0) return;
      exitCode = EXIT.thresholdFailed;
      process.stderr.write(`exit ${exitCode}: no line holds it\n`);
    });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    return complain(error);
  }
}

function queryOf({ sid, uid }: { readonly sid?: string; readonly uid?: string }): LogQuery {
  if (uid !== undefined && sid === undefined) return uidQuery(uid);
  if (uid === undefined && sid !== undefined && /^[A-Za-z0-9_-]{22}$/u.test(sid)) return { field: 'sid', value: sid };
  throw new GwrkError('GWRK_USAGE', 'nothing to search for', { allowed: 'either --sid with 22 letters of base64url, or --uid' });
}

/** Says what went wrong on stderr, the reason last. Help that was asked for is no fault. */
function complain(error: unknown): number {
  if (error instanceof CommanderError && error.code === 'commander.helpDisplayed') return EXIT.passed;
  const known = knownError(error);
  process.stderr.write(`${formatError(known)}\nexit ${known.exitCode}: ${known.code} ${known.message}\n`);
  return known.exitCode;
}

function knownError(error: unknown): GwrkError {
  if (error instanceof GwrkError) return error;
  if (error instanceof CommanderError) {
    const summary = error.code === 'commander.help' ? 'no command given' : error.message.replace(/^error: /u, '');
    return new GwrkError('GWRK_USAGE', summary, { allowed: 'gwrk audit verify, report, index or search FILE...' });
  }
  const { code, path, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return new GwrkError('GWRK_INTERNAL', message, { cause: error });
  return new GwrkError('GWRK_USAGE', 'the audit log cannot be read', {
    where: path ?? 'FILE',
    given: message,
    allowed: 'a file of gwrk serve --audit',
  });
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await run(process.argv.slice(2), (text) => void process.stdout.write(text));
}
