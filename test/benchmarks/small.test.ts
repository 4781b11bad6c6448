import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { probeUring } from '../../src/uring/probe.js';
import { repository } from '../integration/gwrk-process.js';
import { needsRedis } from '../reference-server/redis/redis-server.js';
import { noChromium } from '../report/html/chromium.js';

const run = promisify(execFile);
const uring = probeUring();
const needsUring = !uring.available && `needs io_uring: ${uring.reason}`;

/** At least four lines of nanoseconds a call. */
const SIDES = /(?: {2}\S.* \d+ ns\/op.*\n(?:[^ ].*\n)*){4}/u;

/** What each program must print in its small mode, whatever the figures are. */
const PROGRAMS: Readonly<Record<string, { readonly prints: readonly RegExp[]; readonly skip?: string | false }>> = {
  'ab-power.js': { prints: [/^P99 10 % longer 1 +\w+/mu, /^false alarms +0 of 0/mu, /^slower servers failed +\d of 1/mu] },
  'audit.js': { prints: [/auth\.ok into the ring +[\d.]+ us/u, /to its line on disk +[\d.]+ us/u, /events lost +0$/mu] },
  'breaker.js': { prints: [/slow-call ratio, closed +[\d.]+ ns +[\d.]+ B/u, /three breakers and a flow rule +[\d.]+ ns/u] },
  'broadcast.js': {
    prints: [/gateway thread: states delivered +[\d,]+ /u, /logic worker: delivery P99 +[\d.]+ ms/u, /refused +\d+, \d+, 0/u],
  },
  'cli-start.js': { prints: [/gwrk --help +[\d]+ ms/u, /gwrk validate, 500 lines +[\d]+ ms/u] },
  'echo.js': { prints: [/gwrk run, .* [\d,]+ \/s/u, /npm ws client.* [\d,]+ \/s/u, /gwrk : ws client +[\d.]+ x/u], skip: needsUring },
  'false-alarms.js': {
    prints: [/^seed 20261123, 40 series each/mu, /no change: noise 5 % +[\d.]+ % +[\d.]+ %/u, /\+10 %: noise 10 % +[\d.]+ % +[\d.]+ %/u],
  },
  'feeder.js': { prints: [/^rows, bytes each +20,000, \d+/mu, /resident memory added +-?[\d.]+ MB/u] },
  'flame-overhead.js': { prints: [/no profiler +\d+ us of CPU a request/u, /inspector, 1 ms +\d+ us of CPU a request \([+-]\d+ %\)/u] },
  'gateway-10k.js': { prints: [/^answers +\d+/mu, /ws_msg_rtt p99 +[\d.]+ ms/u, /^verdict +\w+/mu] },
  'heartbeats.js': { prints: [/planned 500 \/s: answered +[\d,]+ \/s/u, /most answered +[\d,]+ \/s/u], skip: needsUring },
  'json-flow.js': {
    prints: [
      /packets, matched by offset +[\d,]+ \/s +100 %/u,
      /JSON, matched and captured from +[\d,]+ \/s +\d+ %/u,
      /a driver +[\d,]+ \/s +\d+ %/u,
    ],
  },
  'html-open.js': { prints: [/size of the page +\d+ KB/u, /opened and drawn in +\d+ ms/u], skip: noChromium },
  'http.js': { prints: [/gwrk run, .* [\d,]+ \/s/u, /failed requests +0$/mu, /wrk/u] },
  'mac-timing.js': { prints: [/^stored midstates/mu, / {2}wrong in byte 15 +[\d.]+ ns\/op/u, /\|t\| [\d.]+ {2}\(4\.5/u] },
  'login-redis.js': {
    prints: [
      /logins through Redis.* \d+ \/s/u,
      /server CPU a login +\d+ us/u,
      /open model: P99 +[\d.]+ ms/u,
      /refused because Redis had no answer in time +\d+/u,
    ],
    skip: needsRedis,
  },
  'measuring-cost.js': {
    prints: [/^with measuring +[\d,]+ \/s/mu, /^without +[\d,]+ \/s/mu, /^measuring costs +-?[\d.]+ %/mu],
  },
  'memory.js': { prints: [/peak RSS with 500 clients +\d+ MB/u, /bytes a held client \(slope\) +-?\d+/u], skip: needsUring },
  'million.js': {
    prints: [/planned, connected, ready +500 500 500/u, /failed, lost, heartbeats missed +0 0 \d+/u, /session_ready P99 +[\d.]+ ms/u],
    skip: needsUring,
  },
  'recorder.js': { prints: [/recorder\.record +[\d.]+ ns/u, /hdr-histogram-js, 64-bit counts +[\d.]+ ns/u] },
  'ring.js': {
    prints: [/lock-free ring, batches of 256 +[\d,]+ \/s/u, /mutex queue +[\d,]+ \/s/u, /reader\/writer lock, 95 % reads +[\d,]+ \/s/u],
  },
  'session-ready.js': { prints: [/ready, failed +600 0/u, /session_ready P99 +[\d.]+ ms/u], skip: needsUring },
  'rules.js': {
    prints: [/file, atomic rename +P50 +[\d.]+ ms/u, /push, PUT \/admin\/rules +P50 +[\d.]+ ms/u, /Nacos .* P99 +[\d.]+ ms/u],
  },
  'sessions.js': { prints: [/sessions a second +\d+/u, /server CPU a session +[\d.]+ us/u] },
  'swarm.js': { prints: [/echo round trips, .*\/s/u, /signed heartbeats .*\/s/u, /resident memory: /u] },
  'timeline-memory.js': { prints: [/kept after 1200 steps +[\d.]+ MB/u, /kept after \d+ s +[\d.]+ MB/u] },
  'token.js': { prints: [/sign, ours +[\d.]+ us/u, /verify, jose +[\d.]+ us/u, /bulk issue, a session +[\d.]+ us/u] },
  'protocol/frames.js': { prints: [/FrameReader +\d+ ns\/op/u, /ws Receiver +\d+ ns\/op/u, SIDES] },
  'protocol/keys.js': { prints: [SIDES] },
  'protocol/mac.js': { prints: [SIDES] },
};

for (const [program, { prints, skip }] of Object.entries(PROGRAMS))
  test(`benchmarks/${program} --small runs to its end and prints its figures`, { skip }, async () => {
    const file = join(repository, 'dist/benchmarks', program);
    const { stdout } = await run(process.execPath, [file, '--small'], { timeout: 300_000, cwd: repository });
    for (const line of prints) assert.match(stdout, line);
    assert.doesNotMatch(stdout, /NaN|undefined/u);
  });

test('every benchmark that can be run is run above', () => {
  const files = readdirSync(join(repository, 'benchmarks'), { recursive: true, encoding: 'utf8' });
  const programs = files.filter((file) => {
    if (!file.endsWith('.ts')) return false;
    return /dist\/benchmarks\//u.test(readFileSync(join(repository, 'benchmarks', file), 'utf8').split('*/', 1)[0]!);
  });
  assert.deepEqual(programs.map((file) => file.replace(/\.ts$/u, '.js')).sort(), Object.keys(PROGRAMS).sort());
});

let hasCompiler = true;
try {
  execFileSync('cc', ['--version'], { stdio: 'ignore' });
} catch {
  hasCompiler = false;
}
test('the C pair that echo is compared with compiles without a warning', { skip: !hasCompiler && 'no C compiler (cc) here' }, () => {
  execFileSync('cc', ['-Wall', '-Wextra', '-Werror', '-O2', '-o', '/dev/null', join(repository, 'benchmarks/echo/epoll-pair.c')]);
});
