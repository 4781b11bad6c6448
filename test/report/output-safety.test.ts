import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { renderStatsCsv } from '../../src/report/csv.js';
import { renderHistoryCsv } from '../../src/report/csv-history.js';
import { buildReport } from '../../src/report/report.js';
import { writeOutput, writeReport } from '../../src/report/write.js';
import { sampleRun } from './sample-run.js';

const out = realpathSync(mkdtempSync(join(tmpdir(), 'gwrk-safety-')));
after(() => rmSync(out, { recursive: true }));
const report = buildReport(sampleRun());

/** Names of scenarios that would lead out of the directory of results, hide in it, or break a shell, a log or a file system. */
const NAMES = [
  ...['..', '.', '', ' ', '/', '//', '../x', '../../etc/passwd', '/etc/passwd', 'a/../../b', 'a\\..\\b', 'C:\\x', '\\\\host\\share'],
  ...['~', '~root', '$HOME', '`id`', '$(id)', '; rm -rf x', '-rf', '--out', 'a\0b', 'a\nb', '\u001b[2J', '\u202egpj', '...hidden', '.git'],
  ...['%2e%2e%2f', '．．／', 'Ünïcode', '日本', 'CON', 'x'.repeat(5000), '-'.repeat(90)],
];

test(`${NAMES.length} names of scenarios all make a directory inside the one of the results, readable by its owner only`, async () => {
  assert.ok(NAMES.length >= 30);
  for (const scenario of NAMES) {
    const directory = await writeReport({ ...report, scenario }, out);
    assert.equal(dirname(realpathSync(directory)), out, JSON.stringify(scenario));
    assert.match(basename(directory), /^[a-z0-9][a-z0-9._-]{0,79}$/u);
    if (process.platform !== 'win32') assert.equal(statSync(directory).mode & 0o777, 0o700);
  }
  assert.equal(readdirSync(out).length, NAMES.length);
});

test('an output that a symbolic link stands for replaces the link, and what it points to stays as it was', async () => {
  const victim = join(out, 'victim');
  const link = join(out, 'report.json');
  writeFileSync(victim, 'precious', { mode: 0o644 });
  symlinkSync(victim, link);
  await writeOutput(link, 'report');
  assert.equal(readFileSync(victim, 'utf8'), 'precious');
  assert.equal(readFileSync(link, 'utf8'), 'report');
  if (process.platform !== 'win32') assert.equal(statSync(link).mode & 0o777, 0o600);
});

/** RFC 4180, as a spreadsheet reads it. */
function readCsv(text: string): string[][] {
  return [...text.matchAll(/((?:"(?:[^"]|"")*"|[^",\r\n]*)(?:,(?:"(?:[^"]|"")*"|[^",\r\n]*))*)\r\n/gu)].map(([, row]) =>
    [...`${row!},`.matchAll(/("(?:[^"]|"")*"|[^",]*),/gu)].map(([, cell]) =>
      cell!.startsWith('"') ? cell!.slice(1, -1).replaceAll('""', '"') : cell!,
    ),
  );
}

const FORMULAS = ['=1+1', '+1', '-1+2', '@SUM(A1)', '\t=1', '\r=1', '="a"', "=cmd|' /C calc'!A0", '-2,"3"', '@x\r\n=1'];

test('ten formulas in the cells of CSV files are texts for a spreadsheet', () => {
  const metrics = Object.fromEntries(FORMULAS.map((name) => [name, { type: 'gauge', value: 1 } as const]));
  const cells = readCsv(renderStatsCsv({ ...report, metrics })).map(([, name]) => name);
  assert.deepEqual(cells, ['Name', ...FORMULAS.map((name) => `'${name}`), 'Aggregated']);
  const columns = Object.fromEntries(FORMULAS.map((name) => [name, [1]]));
  const timeline = { ...report.timeline, ...columns };
  const [header] = readCsv(renderHistoryCsv({ ...report, timeline }));
  assert.deepEqual(
    header?.slice(-FORMULAS.length),
    FORMULAS.map((name) => `'${name}`),
  );
});
