// Installs what the tests to be run use and this machine lacks, where root and apt are there. Never fails: a test whose program is
// missing is skipped with its reason. GWRK_TEST_NO_INSTALL=1 forbids it; GWRK_TEST_REDIS names another redis-server.
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs, the Debian package of each, and the test files that use it. */
const TOOLS = [
  { program: 'redis-server', package: 'redis-server', usedBy: /^(reference-server\/redis|benchmarks)\//u },
  { program: 'bpftrace', package: 'bpftrace', usedBy: /^(reference-server\/audit|faults)\//u },
  { program: 'chromium', package: 'chromium', usedBy: /^(report\/html\/(browser|hostile)\.|profile\/flame-page\.)/u },
  { program: 'perf', package: 'linux-perf', usedBy: /^integration\/flame/u },
  { program: 'nft', package: 'nftables', usedBy: /^faults\//u },
];
const DOWNLOAD_LIMIT_MS = 75_000;
const INSTALL_LIMIT_MS = 45_000;
/** Packages of servers start them when they are installed, unless this file says no. */
const POLICY_FILE = '/usr/sbin/policy-rc.d';
const APT_FLAGS = ['-q', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=20', '-o', 'Acquire::Retries=1'];

function has(program) {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Runs apt-get; resolves with undefined, or the last thing it said before it failed or its time was over. */
function apt(words, limitMs) {
  return new Promise((resolve) => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
    const child = spawn('apt-get', words, { stdio: ['ignore', 'ignore', 'pipe'], env, timeout: limitMs });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said = (said + chunk).slice(-2_000);
    });
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(undefined);
      const last = said.trim().split('\n').at(-1);
      resolve(signal === null ? last || `apt-get ended with ${code}` : `apt-get took longer than ${limitMs / 1000} s`);
    });
  });
}

async function install(packages, policyFile) {
  const download = ['install', ...APT_FLAGS, '--download-only', ...packages];
  const untilMs = Date.now() + DOWNLOAD_LIMIT_MS;
  if ((await apt(download, DOWNLOAD_LIMIT_MS / 3)) !== undefined) {
    const left = () => Math.max(1_000, untilMs - Date.now());
    const fault = (await apt(['update', '-q'], left())) ?? (await apt(download, left()));
    if (fault !== undefined) return fault;
  }
  const forbidsStart = !existsSync(policyFile);
  try {
    if (forbidsStart) writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    return await apt(['install', ...APT_FLAGS, ...packages], INSTALL_LIMIT_MS);
  } catch (error) {
    return error.message;
  } finally {
    if (forbidsStart) rmSync(policyFile, { force: true });
  }
}

/** Installs what these test files (paths below test/) lack; resolves with the line that says so, or undefined when nothing lacked. */
export async function setUpTests(files, { policyFile = POLICY_FILE } = {}) {
  const missing = TOOLS.filter(({ program, usedBy }) => {
    if (program === 'redis-server' && process.env.GWRK_TEST_REDIS) return false;
    return files.some((file) => usedBy.test(file)) && !has(program);
  }).map((tool) => tool.package);
  if (missing.length === 0 || process.env.GWRK_TEST_NO_INSTALL === '1') return undefined;
  if (process.getuid?.() !== 0 || !has('apt-get')) return undefined;
  const startMs = Date.now();
  const fault = await install(missing, policyFile);
  const took = `${Math.round((Date.now() - startMs) / 1000)} s`;
  return fault === undefined
    ? `test set-up: installed ${missing.join(', ')} in ${took}`
    : `test set-up: could not install ${missing.join(', ')} (${took}): ${fault}`;
}
