import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { KernelEvent } from './kernel-event.js';
import type { AttachedSource, KernelEventSource, SourceOptions } from './kernel-source.js';
import { mountTracefs } from './tracefs-mount.js';

const ATTACH_LIMIT_MS = 15_000;
const STOP_LIMIT_MS = 1_000;
/** Addresses by family: AF_INET and AF_INET6. */
const V4 = 2;
const V6 = 10;
const CLOSE = 7;
const SYN_SENT = 2;

/** The program: filters run in the kernel, so that what concerns nobody here costs 0.4 us and is never copied. */
export function bpftraceProgram(pid: number, port: number): string {
  const retransmit = (family: number, saddr: string, daddr: string): string =>
    `tracepoint:tcp:tcp_retransmit_skb /args->family == ${family} && (args->sport == ${port} || args->dport == ${port})/ ` +
    `{ printf("r %llu 0 0 %s %d %s %d", nsecs, ntop(${saddr}), args->sport, ntop(${daddr}), args->dport); }`;
  const connect = (family: number, saddr: string, daddr: string): string =>
    `tracepoint:sock:inet_sock_set_state /pid == ${pid} && args->family == ${family} && args->oldstate == ${CLOSE} && args->newstate == ${SYN_SENT}/ ` +
    `{ printf("c %llu %d %d %s %d %s %d", nsecs, pid, tid, ntop(${saddr}), args->sport, ntop(${daddr}), args->dport); }`;
  return [
    `tracepoint:syscalls:sys_enter_openat /pid == ${pid}/ { printf("o %llu %d %d %d %s", nsecs, pid, tid, args->mode, str(args->filename)); }`,
    // A child is another process: whom this one forked is kept in a map until it ends.
    `tracepoint:sched:sched_process_fork /pid == ${pid}/ { @kin[args->child_pid] = 1; }`,
    `tracepoint:sched:sched_process_exec /pid == ${pid} || @kin[pid]/ { printf("x %llu %d %d 0 %s", nsecs, pid, tid, str(args->filename)); }`,
    'tracepoint:sched:sched_process_exit /@kin[tid]/ { delete(@kin[tid]); }',
    // However the server ends, its tracer ends with it; one that attached too late to see that, when nobody reads this.
    'interval:s:5 { printf("."); }',
    `tracepoint:sched:sched_process_exit /pid == ${pid} && tid == ${pid}/ { exit(); }`,
    connect(V4, 'args->saddr', 'args->daddr'),
    connect(V6, 'args->saddr_v6', 'args->daddr_v6'),
    retransmit(V4, 'args->saddr', 'args->daddr'),
    retransmit(V6, 'args->saddr_v6', 'args->daddr_v6'),
  ].join('\n');
}

/** A line that the program printed; undefined for one that is none of its own. */
export function parseBpftraceEvent(text: string): KernelEvent | undefined {
  const [, letter, ns, pid, tid, rest] = /^([oxcr]) (\d+) (\d+) (\d+) ([\s\S]*)$/u.exec(text) ?? [];
  if (rest === undefined) return undefined;
  const event = { monoNs: Number(ns), pid: Number(pid), tid: Number(tid) };
  if (letter === 'o' || letter === 'x') {
    const [, mode, path] = /^(\d+) ([\s\S]*)$/u.exec(rest) ?? [];
    if (path === undefined) return undefined;
    return letter === 'o' ? { kind: 'open', ...event, path, mode: Number(mode) } : { kind: 'exec', ...event, path };
  }
  const [, local, localPort, remote, remotePort] = /^(\S+) (\d+) (\S+) (\d+)$/u.exec(rest) ?? [];
  if (remotePort === undefined) return undefined;
  const ends = { local: end(local!, localPort!), remote: end(remote!, remotePort) };
  return { kind: letter === 'c' ? 'connect' : 'retransmit', ...event, ...ends };
}

const end = (address: string, port: string): string => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);

/** One line of bpftrace -f json. Version 0.17 writes a byte above 127 as a negative number: "\uffffffe2" is the byte e2. */
export function parseBpftraceLine(line: string): { readonly type: string; readonly data: unknown } | undefined {
  const escaped = line.replace(/\\uffffff([0-9a-f]{2})/gu, '\\u00$1');
  try {
    const { type, data } = JSON.parse(escaped) as { type: string; data: unknown };
    return { type, data: escaped !== line && typeof data === 'string' ? Buffer.from(data, 'latin1').toString('utf8') : data };
  } catch {
    return undefined;
  }
}

/** bpftrace on tracepoints: paths and addresses are read in the kernel. Kprobes are not needed. */
export const bpftraceSource: KernelEventSource = {
  name: 'bpftrace',
  attach: (options) => new Promise((resolve, reject) => attach(options, resolve, reject)),
};

function attach(options: SourceOptions, resolve: (source: AttachedSource) => void, reject: (error: Error) => void): void {
  try {
    mountTracefs(); // where the kernel lists its tracepoints
  } catch (error) {
    reject(error as Error);
    return;
  }
  const env = { ...process.env, BPFTRACE_STRLEN: '200' };
  const child = spawn('bpftrace', ['-f', 'json', '-B', 'line', '-e', bpftraceProgram(options.pid, options.port)], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let isAttached = false;
  let isStopping = false;
  let drops = 0;
  let complaint = '';
  const over = new Promise<void>((done) => child.once('close', () => done()));
  const stop = async (): Promise<void> => {
    isStopping = true;
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await over;
    clearTimeout(force);
  };
  const limit = setTimeout(() => {
    void stop();
    reject(new Error(`did not attach within ${ATTACH_LIMIT_MS / 1_000} s`));
  }, ATTACH_LIMIT_MS);
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (!line.includes('RLIMIT_MEMLOCK') && complaint === '') complaint = line.replace(/^.*ERROR: /u, '').slice(0, 200);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = parseBpftraceLine(line);
    if (said?.type === 'attached_probes') {
      isAttached = true;
      clearTimeout(limit);
      resolve({ drops: () => drops, stop });
    } else if (said?.type === 'lost_events') {
      drops += (said.data as { events?: number } | undefined)?.events ?? 1;
    } else if (said?.type === 'printf' && typeof said.data === 'string') {
      const event = parseBpftraceEvent(said.data);
      if (event !== undefined) options.onEvent(event);
    }
  });
  const ended = (reason: string): void => {
    clearTimeout(limit);
    if (!isAttached) reject(new Error(reason));
    else if (!isStopping) options.onEnd(reason);
  };
  child.once('error', (error: NodeJS.ErrnoException) => ended(error.code === 'ENOENT' ? 'not installed' : error.message));
  child.once('close', (code) => ended(complaint === '' ? `ended with exit code ${code}` : complaint));
}
