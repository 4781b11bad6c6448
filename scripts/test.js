// npm test [substring ...]: builds, then runs every test file whose path holds one of the substrings (all without any).
// Files under SERIAL start whole programs: they run one after another, so that two of them never share the cores.
// A few files that failed run once more, alone: machines that are shared stand still now and then. What passes only then is
// told at the end. Ends with the sums of node's own summary lines, and one line for each reason why something could not be tested here.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { setUpTests } from './test-setup.js';

const SERIAL = ['bench/', 'integration/', 'faults/', 'cli/', 'benchmarks/', 'foreign/', 'report/html/'];
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sums = new Map();
const skipReasons = new Map();
const failedFiles = new Set();
/** More files than this do not fail by accident. */
const MOST_SECOND_TRIES = 3;

function testFiles(filters) {
  return readdirSync(join(root, 'dist/test'), { recursive: true })
    .map((file) => file.split(sep).join('/'))
    .filter((file) => file.endsWith('.test.js'))
    .filter((file) => existsSync(join(root, 'test', file.replace(/\.js$/, '.ts')))) // dist may hold the output of a deleted test
    .filter((file) => filters.length === 0 || filters.some((filter) => `test/${file}`.includes(filter)))
    .sort();
}

/** Runs the files and resolves with the exit code; all lines but node's summary are passed on. Only a first try is counted. */
function runPass(files, concurrency, isCounted = true) {
  if (files.length === 0) return Promise.resolve(0);
  const args = ['--enable-source-maps', '--test', '--test-reporter=spec', `--test-concurrency=${concurrency}`];
  const paths = files.map((file) => join('dist/test', file));
  const child = spawn(process.execPath, [...args, ...paths], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const summary = /^ℹ ([a-z_]+) ([\d.]+)$/u.exec(line);
    if (summary) {
      if (isCounted) sums.set(summary[1], (sums.get(summary[1]) ?? 0) + Number(summary[2]));
      return;
    }
    const failed = /^test at (dist\/test\/\S+?):\d+:\d+$/u.exec(line);
    if (failed) failedFiles.add(failed[1].slice('dist/test/'.length));
    const skipped = /^\s*﹣ .* # (.+)$/u.exec(line);
    if (skipped && isCounted) skipReasons.set(skipped[1], (skipReasons.get(skipped[1]) ?? 0) + 1);
    process.stdout.write(`${line}\n`);
  });
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
}

const build = spawnSync('npm', ['run', 'build', '--silent'], { stdio: 'inherit', cwd: root, shell: process.platform === 'win32' });
if (build.status !== 0) process.exit(build.status ?? 1);

const files = testFiles(process.argv.slice(2));
if (files.length === 0) {
  process.stderr.write(`no test file's path holds ${process.argv.slice(2).join(' or ')}\n`);
  process.exit(1);
}
const setUp = await setUpTests(files);
if (setUp !== undefined) process.stdout.write(`${setUp}\n`);
const isSerial = (file) => SERIAL.some((room) => file.startsWith(room));
const parallel = await runPass(
  files.filter((file) => !isSerial(file)),
  availableParallelism(),
);
const serial = await runPass(files.filter(isSerial), 1);
const hasPassed = (parallel === 0 && serial === 0) || (await passesAtSecondTry());

for (const [reason, count] of skipReasons) process.stdout.write(`not tested here (${count} tests): ${reason}\n`);
for (const [name, sum] of sums) process.stdout.write(`ℹ ${name} ${Math.round(sum)}\n`);
process.exitCode = hasPassed ? 0 : 1;

/** Runs what failed once more. A failure inside a suite that several files share does not tell whose it was: that gets no second try. */
async function passesAtSecondTry() {
  const again = [...failedFiles];
  if (again.length === 0 || again.length > MOST_SECOND_TRIES || !again.every((file) => files.includes(file))) return false;
  process.stdout.write(`\nonce more, alone: ${again.join(', ')}\n`);
  const code = await runPass(again, 1, false);
  if (code === 0) process.stdout.write(`passed only at the second try: ${again.join(', ')}\n`);
  return code === 0;
}
