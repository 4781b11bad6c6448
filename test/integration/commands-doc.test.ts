import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { buildReport, type Report } from '../../src/report/report.js';
import { historyLine } from '../../src/report/trend/history.js';
import { renderJson } from '../../src/report/write.js';
import { sampleRun } from '../report/sample-run.js';
import { repository } from './gwrk-process.js';
import { referenceServer, type ServerProcess } from './reference-server-process.js';

/** Each line of a sh block of docs/commands.md. */
const commands = [...readFileSync(join(repository, 'docs/commands.md'), 'utf8').matchAll(/^```sh\n(.*?)^```/gmsu)].flatMap((block) =>
  block[1]!.trimEnd().split('\n'),
);
const directory = mkdtempSync(join(tmpdir(), 'gwrk-commands-'));
let echo: ServerProcess;
const web = createServer((request, response) => request.resume().on('end', () => response.end('well')));

before(async () => {
  writeFileSync(join(directory, 'gwrk'), `#!/bin/sh\nexec '${process.execPath}' '${repository}/bin/gwrk.js' "$@"\n`);
  chmodSync(join(directory, 'gwrk'), 0o755);
  symlinkSync(join(repository, 'scenarios'), join(directory, 'scenarios'));
  for (const run of ['before', 'after']) {
    mkdirSync(join(directory, 'reports', run), { recursive: true });
    writeFileSync(join(directory, 'reports', run, 'report.json'), renderJson(buildReport(sampleRun())));
  }
  const entry = {
    schema: 'gwrk/history/1',
    at: '2026-11-23T00:00:00Z',
    scenario: 'lobby',
    hash: 'a',
    metrics: { 'ws_msg_rtt.p99': 4.2 },
  } as const;
  writeFileSync(join(directory, 'history.jsonl'), historyLine(entry));
  echo = await referenceServer('--echo');
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
});
after(async () => {
  await echo.stop();
  web.close();
  rmSync(directory, { recursive: true });
});

/** Size and place are not of the matter: fewer clients, shorter, the server of this file, ports that are free. */
function small(command: string): string {
  const isRun = command.startsWith('gwrk run ') && !command.includes('--dry-run');
  const isSearch = command.includes('--find-max');
  const text = command
    .replace('ws://127.0.0.1:8080/', echo.ws)
    .replace('http://127.0.0.1:8080/', `http://127.0.0.1:${(web.address() as AddressInfo | null)?.port}/`)
    .replace(/ -d \w+/u, ' -d 2s')
    .replace(/--live(=\d+)?/u, '--live=0')
    .replace(/p\(99\)<20/gu, 'p(99)<2000')
    .replace(/ -c \d+/u, ' -c 5')
    .replace(/ --(from|to) \d+/gu, '')
    .replace(/ --step-time \w+/u, '');
  const own = text.includes('scenarios/') ? ` --set target=${echo.ws} --set serve=null${isSearch ? '' : ' -e CLIENTS=5 -e HOLD=1s'}` : '';
  const search = isSearch ? ' --from 10 --to 10 --step-time 2s' : '';
  return isRun ? `${text}${own}${search}` : text;
}

function bash(command: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: `${directory}:${process.env.PATH}`, HOME: directory };
  return new Promise((resolve) => {
    execFile('bash', ['-c', command], { cwd: directory, env, timeout: 300_000 }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr }),
    );
  });
}

const reports = (): string[] => (readdirSync(directory).includes('reports') ? readdirSync(join(directory, 'reports')) : []);

for (const command of commands)
  test(`a command of docs/commands.md works: ${command}`, async () => {
    const earlier = new Set(reports());
    const { code, stderr } = await bash(small(command));
    // 99 and 111 on a machine that is too busy for the plan.
    assert.ok(code === 0 || (command.startsWith('gwrk run') && (code === 99 || code === 111)), `${code}: ${stderr}`);
    if (!command.startsWith('gwrk run') || command.includes('--dry-run')) return;
    const [name] = reports().filter((one) => !earlier.has(one));
    const report = JSON.parse(readFileSync(join(directory, 'reports', name!, 'report.json'), 'utf8')) as Report;
    assert.deepEqual(report.errors, []);
    if (command.includes('--live')) assert.match(stderr, /^live: http:\/\/127\.0\.0\.1:\d+\/$/mu);
    if (!command.includes('--find-max')) return;
    const probe = report.findMax!.probes[0]!;
    assert.equal(probe.load, 10);
    // A machine that was too busy for ten messages a second says so itself.
    assert.ok(Math.abs(probe.achieved! - 10) < 2 || report.generator.saturated, stderr);
    assert.ok(probe.p99Ms! > 0);
  });
