import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';

const directory = mkdtempSync(join(tmpdir(), 'gwrk-full-disk-'));
after(() => rmSync(directory, { recursive: true }));

/** The disk is one in memory that nobody else sees. */
const ON_A_SMALL_DISK = ['--mount', '--map-root-user', '/bin/sh', '-c', `mount -t tmpfs -o size=400k tmpfs "$0" && exec "$@"`, directory];
const obstacle = spawnSync('unshare', [...ON_A_SMALL_DISK, 'true']).status === 0 ? false : 'a mount of its own is not allowed here';

test('where the seconds of a run have filled the disk, they make way for its report', { skip: obstacle }, async () => {
  const modules = ['src/report/interval-log.js', 'src/report/write.js', 'src/report/report.js', 'test/report/sample-run.js'].map(
    (path) => new URL(`../../${path}`, import.meta.url).href,
  );
  const code = `
    const [{ IntervalLog }, { writeReport }, { buildReport }, { sampleRun }] =
      await Promise.all(${JSON.stringify(modules)}.map((path) => import(path)));
    const { readdirSync, readFileSync } = await import('node:fs');
    const said = [];
    const log = new IntervalLog('${directory}', (line) => said.push(line));
    let run;
    while (said.length === 0) {
      run = sampleRun((growth) => log.add(growth));
      for await (const _ of log.lines());
    }
    const written = await writeReport(buildReport(run), '${directory}', log);
    console.log(JSON.stringify({ said, files: readdirSync(written).sort(), log: readFileSync(written + '/latency.hlog', 'latin1') }));`;
  const { stdout } = await promisify(execFile)('unshare', [...ON_A_SMALL_DISK, process.execPath, '--input-type=module', '-e', code]);
  const { said, files, log } = JSON.parse(stdout) as { said: string[]; files: string[]; log: string };
  assert.equal(said.length, 2);
  assert.match(said[0]!, /^latency\.hlog: ENOSPC.*the run goes on/u);
  assert.match(said[1]!, /made room for the other files$/u);
  assert.deepEqual(files, ['index.html', 'junit.xml', 'latency.hlog', 'report.json', 'stats.csv', 'stats_history.csv', 'summary.md']);
  assert.match(log, /^Tag=ws_msg_rtt,0\.000,20\.000,/mu);
});
