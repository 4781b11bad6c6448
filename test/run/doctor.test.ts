import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { renderDoctor } from '../../src/cli/doctor.js';
import { countersLine, kernelAuditLine, kprobesLine, netemLine, redisLine, tracefsLine } from '../../src/run/doctor-kernel.js';
import type { DoctorLine, TrialResult } from '../../src/run/doctor-line.js';
import { descriptorsLine, nodeLine, portsLine, wsLine } from '../../src/run/doctor-machine.js';
import { readMachine } from '../../src/run/limits-machine.js';

const printed =
  (text: string, exitCode = 0): (() => TrialResult) =>
  () => ({ exitCode, text });
const missing = (): undefined => undefined;

// Texts as bpftrace 0.17, perf 6.1, tc and redis-server 7 print them.
const KPROBE_MISSING = `Attaching 1 probe...
ERROR: Unknown error -1: couldn't set RLIMIT_MEMLOCK for bpftrace.
stdin:1:1-16: WARNING: vfs_read is not traceable; attaching to it will likely fail
kprobe:vfs_read { printf("fired\\n"); exit(); }
~~~~~~~~~~~~~~~
create_probe_event: open(/sys/kernel/tracing/kprobe_events): No such file or directory
ERROR: Error attaching probe: 'kprobe:vfs_read'`;
const PERF_NONE = ` Performance counter stats for 'true':\n\n   <not supported>      cycles\n\n       0.001 seconds time elapsed`;
const PERF_SOME = ` Performance counter stats for 'true':\n\n         1,234,567      cycles\n`;

const CASES: [what: string, line: DoctorLine, level: string, text: RegExp][] = [
  ['a new node', nodeLine('20.20.2'), 'ok', /20\.20\.2/u],
  ['an old node', nodeLine('18.20.0'), 'no', /18\.20\.0/u],
  ['the floor of ws', wsLine('8.21.0'), 'ok', /8\.21\.0/u],
  ['the ws before it', wsLine('8.20.9'), 'no', /8\.20\.9/u],
  ['the next ws', wsLine('9.0.0'), 'ok', /9\.0\.0/u],
  ['the ws that is installed', wsLine(), 'ok', /^ws 8\./u],
  ['many descriptors', descriptorsLine({ ...readMachine(), descriptorsSoft: Number.POSITIVE_INFINITY }), 'ok', /unlimited/u],
  ['few descriptors', descriptorsLine({ ...readMachine(), descriptorsSoft: 1024, descriptorsHard: 4096 }), 'warn', /1024 of 4096/u],
  ['few ports', portsLine({ ...readMachine(), portFirst: 60_000, portLast: 61_000 }), 'warn', /60000-61000/u],
  ['a source that works', kernelAuditLine('{"source":"bpftrace","works":true,"reason":"bpftrace: attached, fired"}\n'), 'ok', /fired/u],
  [
    'the second source',
    kernelAuditLine(
      '{"source":"bpftrace","works":false,"reason":"bpftrace: no"}\n{"source":"tracefs","works":true,"reason":"tracefs: yes"}',
    ),
    'ok',
    /tracefs: yes/u,
  ],
  ['no source', kernelAuditLine('{"source":"bpftrace","works":false,"reason":"bpftrace: not installed"}'), 'no', /not installed/u],
  ['no trial', kernelAuditLine(undefined), 'no', /did not run/u],
  ['tracefs', tracefsLine((path) => path === '/sys/kernel/tracing/events'), 'ok', /\/sys\/kernel\/tracing/u],
  ['tracefs not mounted', tracefsLine(() => false), 'warn', /not mounted/u],
  ['a kprobe that fired', kprobesLine(printed('Attaching 1 probe...\nfired\n')), 'ok', /fired/u],
  ['a kernel without kprobes', kprobesLine(printed(KPROBE_MISSING, 255)), 'no', /CONFIG_KPROBES is not set/u],
  ['no bpftrace', kprobesLine(missing), 'info', /not installed/u],
  ['no PMU', countersLine(printed(PERF_NONE)), 'no', /no PMU/u],
  ['a PMU', countersLine(printed(PERF_SOME)), 'ok', /cycles/u],
  ['netem', netemLine(printed('')), 'ok', /netem/u],
  ['no netem', netemLine(printed('Error: Specified qdisc kind is unknown.', 2)), 'no', /qdisc kind is unknown/u],
  ['redis', redisLine(printed('Redis server v=7.0.15 sha=0')), 'info', /7\.0\.15/u],
  ['no redis', redisLine(missing), 'info', /not on PATH/u],
];

for (const [what, line, level, text] of CASES)
  test(`doctor on ${what}: ${level}${level === 'ok' ? '' : ', with what to do'}`, () => {
    assert.equal(line.level, level);
    assert.match(line.text, text);
    assert.ok(level === 'ok' || level === 'info' || line.fix !== undefined);
  });

test('a line is its level, its text, and what to do below it', () => {
  const lines: DoctorLine[] = [
    { id: 'a', level: 'ok', text: 'first' },
    { id: 'b', level: 'no', text: 'second', fix: 'do it' },
  ];
  assert.equal(renderDoctor(lines), ' ok    first\n no    second\n       fix: do it\n');
});

test('gwrk doctor tries everything on this machine and ends with 0 where node and ws are new enough', () => {
  const gwrk = fileURLToPath(new URL('../../../bin/gwrk.js', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [gwrk, 'doctor', '--json'], { encoding: 'utf8', timeout: 60_000 });
  assert.equal(status, 0, stderr);
  const lines = JSON.parse(stdout) as DoctorLine[];
  const ids = [
    'node',
    'ws',
    'descriptors',
    'ports',
    'io-uring',
    'kernel-audit',
    'tracefs',
    'kprobes',
    'hardware-counters',
    'netem',
    'redis',
  ];
  assert.deepEqual(
    lines.map(({ id }) => id),
    ids,
  );
  for (const { id, level, text, fix } of lines) {
    assert.ok(text.length > 0 && !/undefined|NaN/u.test(text), `${id}: ${text}`);
    assert.ok(level === 'ok' || level === 'info' || fix !== undefined, id);
  }
});
