import { existsSync } from 'node:fs';
import type { DoctorLine, RunTrial } from './doctor-line.js';

interface SourceFound {
  readonly source: string;
  readonly works: boolean;
  readonly reason: string;
}

/** What the server's own trial of its sources printed, one object of JSON a line (reference-server/audit/kernel-check.ts). */
export function kernelAuditLine(printed: string | undefined): DoctorLine {
  const found = (printed ?? '')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as SourceFound);
  const first = found.find(({ works }) => works);
  if (first !== undefined) return { id: 'kernel-audit', level: 'ok', text: `kernel audit: ${first.reason}` };
  const reasons = found.map(({ reason }) => reason).join('; ');
  return {
    id: 'kernel-audit',
    level: 'no',
    text: `kernel audit: ${reasons === '' ? 'the trial did not run' : reasons}`,
    fix: 'install bpftrace and run gwrk serve as root; without it the audit log holds no kernel events',
  };
}

export function tracefsLine(exists: (path: string) => boolean = existsSync): DoctorLine {
  const path = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'].find((place) => exists(`${place}/events`));
  if (path !== undefined) return { id: 'tracefs', level: 'ok', text: `tracefs on ${path}` };
  return { id: 'tracefs', level: 'warn', text: 'tracefs not mounted', fix: 'sudo mount -t tracefs tracefs /sys/kernel/tracing' };
}

/** bpftrace --info may say yes where the kernel has none: one is attached and must fire. */
export function kprobesLine(run: RunTrial): DoctorLine {
  const id = 'kprobes';
  const tried = run('bpftrace', ['-e', 'kprobe:vfs_read { printf("fired\\n"); exit(); }', '-c', '/bin/true']);
  if (tried === undefined) return { id, level: 'info', text: 'kprobes: not tried, bpftrace is not installed', fix: 'install bpftrace' };
  // With its errors bpftrace prints the program, and so the word.
  if (/^fired$/mu.test(tried.text)) return { id, level: 'ok', text: 'kprobes (attached vfs_read, fired)' };
  const isLacking = /kprobe_events\): No such file/u.test(tried.text);
  const reason = isLacking ? 'this kernel has none (CONFIG_KPROBES is not set)' : lastError(tried.text);
  return { id, level: 'no', text: `kprobes: ${reason}`, fix: 'none needed: gwrk uses tracepoints instead' };
}

export function countersLine(run: RunTrial): DoctorLine {
  const id = 'hardware-counters';
  const tried = run('perf', ['stat', '-e', 'cycles', '--', 'true']);
  if (tried === undefined) return { id, level: 'info', text: 'hardware counters: not tried, perf is not installed', fix: 'install perf' };
  const isCounted = /^\s*[\d,.]+\s+(?:\S+\/)?cycles/mu.test(tried.text);
  if (isCounted) return { id, level: 'ok', text: 'hardware counters (cycles counted)' };
  const reason = tried.text.includes('<not supported>') ? 'no PMU here' : lastError(tried.text);
  return { id, level: 'no', text: `hardware counters: ${reason}`, fix: 'none needed: cpu-clock sampling is used instead' };
}

/** Tried in a network namespace of its own, where it slows nobody. */
export function netemLine(run: RunTrial): DoctorLine {
  const id = 'netem';
  const tried = run('unshare', ['-n', 'tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'delay', '1ms']);
  if (tried?.exitCode === 0) return { id, level: 'ok', text: 'tc netem (delayed a loopback of its own)' };
  const reason = tried === undefined ? 'unshare is not installed' : lastError(tried.text);
  return { id, level: 'no', text: `tc netem: ${reason}`, fix: 'faults are made by nft drop and a relay instead' };
}

export function redisLine(run: RunTrial): DoctorLine {
  const version = /v=(\S+)/u.exec(run('redis-server', ['--version'])?.text ?? '')?.[1];
  const text = version === undefined ? 'redis-server is not on PATH: tests of --redis are skipped' : `redis-server ${version} on PATH`;
  return { id: 'redis', level: 'info', text, ...(version === undefined ? { fix: 'install redis-server' } : {}) };
}

/** The last line that says something; bpftrace warns of its memory limit on the way. */
function lastError(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.includes('RLIMIT_MEMLOCK'));
  const said = lines.findLast((line) => /error/iu.test(line)) ?? lines.at(-1) ?? 'failed without a word';
  return said
    .replace(/^.*?error:\s*/iu, '')
    .trim()
    .slice(0, 160);
}
