import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { HistogramLogReader } from 'hdr-histogram-js';
import { GwrkError } from '../../src/core/errors.js';
import { loadReport } from '../../src/report/load.js';
import { buildReport, type Report } from '../../src/report/report.js';
import { renderTerminal } from '../../src/report/terminal.js';
import { runName, writeOutput, writeReport } from '../../src/report/write.js';
import { sampleRun, threshold } from './sample-run.js';

let out = '';
before(async () => {
  out = await mkdtemp(join(tmpdir(), 'gwrk-report-'));
});
after(() => rm(out, { recursive: true }));

const report = buildReport(sampleRun());

function withCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof GwrkError && error.code === code;
}

describe('writeReport', () => {
  it('makes one directory a run, named after scenario and time, with every file readable by its owner only', async () => {
    const directory = await writeReport(report, out);
    assert.equal(basename(directory), 'sample-20261122-211141');
    assert.deepEqual((await readdir(directory)).sort(), [
      ...['index.html', 'junit.xml', 'latency.hlog', 'report.json', 'stats.csv', 'stats_history.csv', 'summary.md'],
    ]);
    for (const file of await readdir(directory)) assert.equal((await stat(join(directory, file))).mode & 0o777, 0o600, file);
  });

  it('gives two runs that start in one second a directory each', async () => {
    const directories = await Promise.all(Array.from({ length: 5 }, () => writeReport(report, join(out, 'twins'))));
    assert.equal(new Set(directories).size, 5);
    for (const directory of directories) assert.equal((await loadReport(directory)).seed, 7);
  });

  it('keeps inside of its directory whatever the scenario is called', () => {
    for (const name of [
      '../../etc/passwd',
      '..',
      '.',
      '',
      '/',
      'a/b',
      'C:\\x',
      '-rf',
      'Ünïcode',
      'a\0b',
      'x'.repeat(500),
      '...hidden',
      '日本',
    ]) {
      assert.match(runName(name, report.startedAt), /^[a-z0-9][a-z0-9._-]{0,79}$/, name);
      assert.equal(basename(runName(name, report.startedAt)), runName(name, report.startedAt));
    }
  });

  it('does not follow a symbolic link that waits under the name of the run', async () => {
    const parent = join(out, 'trap');
    const elsewhere = join(out, 'elsewhere');
    await mkdir(parent);
    await mkdir(elsewhere);
    await symlink(elsewhere, join(parent, runName('sample', report.startedAt)));
    const directory = await writeReport(report, parent);
    assert.equal(basename(directory), 'sample-20261122-211141-2');
    assert.deepEqual(await readdir(elsewhere), []);
  });

  it('says GWRK_OUTPUT_UNWRITABLE where nothing can be written', async () => {
    const file = join(out, 'a-file');
    await writeFile(file, '');
    await assert.rejects(writeReport(report, join(file, 'reports')), withCode('GWRK_OUTPUT_UNWRITABLE'));
    await assert.rejects(writeOutput(join(out, 'missing', 'x.json'), ''), withCode('GWRK_OUTPUT_UNWRITABLE'));
  });

  it('says GWRK_OUTPUT_UNWRITABLE when a write fails half way, and leaves nothing half written', {
    skip: process.platform === 'win32',
  }, async () => {
    const parent = join(out, 'full');
    await mkdir(parent);
    // A limit on the size of files ends a write as a full disk does: some bytes are taken, the next are refused.
    const module = new URL('../../src/report/write.js', import.meta.url).href;
    const code = `import(${JSON.stringify(module)}).then(({ writeOutput }) =>
      writeOutput(${JSON.stringify(join(parent, 'report.json'))}, 'x'.repeat(1e6))).then(
        () => console.log('written'), (error) => console.log(error.code, error.details.given))`;
    const shell = `trap '' XFSZ; ulimit -f 8; exec "$0" -e "$1"`;
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', shell, process.execPath, code]);
    assert.match(stdout, /^GWRK_OUTPUT_UNWRITABLE EFBIG/);
    assert.deepEqual(await readdir(parent), []);
  });

  it('replaces a file whole and leaves no temporary file, also when it fails', async () => {
    const path = join(out, 'single', 'report.json');
    await mkdir(dirname(path));
    await writeOutput(path, 'old');
    await writeOutput(path, 'new');
    assert.equal(await readFile(path, 'utf8'), 'new');
    await mkdir(join(out, 'single', 'directory', 'full'), { recursive: true });
    await assert.rejects(writeOutput(join(out, 'single', 'directory'), 'text'), withCode('GWRK_OUTPUT_UNWRITABLE'));
    assert.deepEqual((await readdir(join(out, 'single'))).sort(), ['directory', 'report.json']);
  });
});

describe('loadReport', () => {
  it('reads a run back from its directory and from its file, and renders it as it was', async () => {
    const directory = await writeReport(report, out);
    for (const path of [directory, join(directory, 'report.json')]) {
      const loaded = await loadReport(path);
      assert.deepEqual(loaded, JSON.parse(JSON.stringify(report)));
      assert.equal(renderTerminal(loaded, { color: false }), renderTerminal(report, { color: false }));
    }
  });

  it('refuses what is not a report and says where it differs', async () => {
    const broken: [string, string][] = [
      ['not JSON', '{'],
      ['report is not an object', '[]'],
      ['report.schema', '{"schema":"gwrk/report/9"}'],
    ];
    const change = (at: string, value: Partial<Record<keyof Report, unknown>>): void => {
      broken.push([at, JSON.stringify({ ...report, ...value })]);
    };
    change('report.verdict', { verdict: 'ok' });
    change('report.clients.ready', { clients: { ...report.clients, ready: '7' } });
    change('report.metrics.x', { metrics: { x: { type: 'constructor' } } });
    change('report.metrics.x.p99 is not a number', { metrics: { x: { ...report.metrics.ws_msg_rtt, p99: null } } });
    change('report.thresholds[0].actual', { thresholds: [{ ...report.thresholds[0], actual: 'x' }] });
    change('report.errors is not a list', { errors: {} });
    for (const [at, text] of broken) {
      const path = join(out, 'broken.json');
      await writeFile(path, text);
      await assert.rejects(
        loadReport(path),
        (error) => withCode('GWRK_REPORT_UNREADABLE')(error) && (error as Error).message.includes(at),
        at,
      );
    }
    await assert.rejects(loadReport(join(out, 'nowhere')), withCode('GWRK_REPORT_UNREADABLE'));
  });
});

describe('the files of a run', () => {
  it('latency.hlog is read by an HdrHistogram log reader, tag by tag', async () => {
    const directory = await writeReport(report, out);
    const reader = new HistogramLogReader(await readFile(join(directory, 'latency.hlog'), 'utf8'), 64);
    const counts: Record<string, number> = {};
    for (let histogram = reader.nextIntervalHistogram(); histogram; histogram = reader.nextIntervalHistogram()) {
      counts[histogram.tag] = histogram.totalCount;
      assert.equal(histogram.startTimeStampMsec, Date.parse(report.startedAt), histogram.tag);
      assert.equal(histogram.endTimeStampMsec - histogram.startTimeStampMsec, 20_000);
    }
    assert.equal(counts.ws_msg_rtt, 20_000);
    assert.equal(counts.session_ready, 10_000);
    assert.equal(Object.keys(counts).length, 8);
  });

  it('junit.xml has a case for the run and one for each threshold, with every text escaped', async () => {
    const run = sampleRun();
    const thresholds = [
      threshold('session_ready', 'p(99)<5'),
      threshold('login_duration', 'p(99)<5'),
      threshold('checks', 'rate>0.99'),
      threshold('ws_msg_rtt', 'max<1', 'warn'),
    ];
    const plan = { ...run.plan, name: 'a"<&>\u0000b', thresholds };
    const directory = await writeReport(buildReport({ ...run, plan }), out);
    const xml = await readFile(join(directory, 'junit.xml'), 'utf8');
    assert.match(xml, /<testsuites name="gwrk" tests="5" failures="1" errors="2" skipped="1" time="20.000">/);
    assert.match(xml, /<testsuite name="gwrk a&quot;&lt;&amp;&gt; b" /);
    assert.match(
      xml,
      /<testcase classname="gwrk.session_ready" name="p\(99\)&lt;5" time="0"><failure type="threshold" message="p\(99\)=10.2 ms"\/>/,
    );
    assert.equal(xml.match(/<testcase /g)!.length, 5);
    assert.equal(xml.match(/<failure /g)!.length, 1);
    assert.equal(xml.match(/<error /g)!.length, 2);
    assert.equal(xml.match(/<skipped /g)!.length, 1);
  });

  it('stats.csv has one row a metric and one of all requests, stats_history.csv one row a step, all rows as long as the head', async () => {
    const directory = await writeReport(report, out);
    for (const [file, rows] of [
      ['stats.csv', Object.keys(report.metrics).length + 1],
      ['stats_history.csv', 20],
    ] as const) {
      const lines = (await readFile(join(directory, file), 'utf8')).trimEnd().split('\r\n');
      assert.equal(lines.length, rows + 1, file);
      for (const line of lines) assert.equal(line.split(',').length, lines[0]!.split(',').length, line);
    }
  });

  it('no cell of a CSV file begins a formula', async () => {
    const metrics = { '=cmd|x': { type: 'gauge', value: 1 }, '@a,"b"': { type: 'gauge', value: -1 } } as const;
    const directory = await writeReport({ ...report, metrics }, out);
    const lines = (await readFile(join(directory, 'stats.csv'), 'utf8')).split('\r\n');
    assert.equal(lines[1], `gauge,'=cmd|x,1${','.repeat(19)}`);
    assert.equal(lines[2], `gauge,"'@a,""b""",-1${','.repeat(19)}`);
  });
});
