/**
 * What a feeder of a million rows of some 50 bytes adds to the memory of a run, and how long its file takes to be read.
 *
 *   node dist/benchmarks/feeder.js [rows, 1000000] [--small]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadFeeders, readFeederColumns } from '../src/run/feeder-files.js';
import type { FeederPlan } from '../src/scenario/feeder.js';
import { readProcess } from '../src/target/process-sample.js';

const small = process.argv.includes('--small');
const rows = small ? 20_000 : Number(process.argv[2] ?? 1_000_000);
const directory = mkdtempSync(join(tmpdir(), 'gwrk-feeder-'));
const path = join(directory, 'players.csv');
// Written by another process, so that this one has not grown by it.
const rest = '0123456789abcdef0123456789ab';
const write = `const fs = require('fs'); const f = fs.openSync(process.argv[1], 'w'); fs.writeSync(f, 'id,name,token\\n');
for (let row = 0; row < ${rows}; row += 1000) { let text = ''; for (let i = row; i < row + 1000; i++) text += i + ',player-' + i + ',${rest}\\n'; fs.writeSync(f, text); }`;
execFileSync(process.execPath, ['-e', write, path]);
const fileBytes = statSync(path).size;

const plan: FeederPlan = {
  ...{ name: 'players', file: 'players.csv', path, base: directory, format: 'csv', delimiter: ',', order: 'unique', loop: false },
  ...{ columns: ['id', 'name', 'token'], used: [0, 1, 2] },
};
readFeederColumns(plan);
const rss = (): number => readProcess('self')?.rssBytes ?? process.memoryUsage.rss();
const before = rss();
const from = performance.now();
const [data] = loadFeeders([plan]);
const ms = performance.now() - from;
const line = (name: string, value: string): void => console.log(`${name.padEnd(34)}${value}`);
line('rows, bytes each', `${data!.rows.toLocaleString('en')}, ${(fileBytes / rows).toFixed(0)}`);
line('read in', `${ms.toFixed(0)} ms`);
line('kept: values and index', `${((data!.bytes.byteLength + data!.starts.byteLength) / 1e6).toFixed(1)} MB`);
line('resident memory added', `${((rss() - before) / 1e6).toFixed(1)} MB  (must 100 at 1,000,000 rows)`);
rmSync(directory, { recursive: true, force: true });
