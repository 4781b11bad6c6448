import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import type { KernelEvent } from './kernel-event.js';
import type { AttachedSource, KernelEventSource, SourceOptions } from './kernel-source.js';
import { mountTracefs } from './tracefs-mount.js';

const POLL_MS = 50;
const BUFFER_KB = 1_024;
const PREFIX = 'gwrk-';

/** A line of trace_pipe as an event; undefined for any other line. Times are microseconds with trace_clock mono. */
export function parseTraceLine(line: string, pid: number): KernelEvent | undefined {
  // "  comm-TID   [000] ..... 123.456789: name: key=value ..." and, for system calls, "sys_openat(dfd: ..., mode: ...)"
  const [, tid, seconds, micros, name, rest] =
    /^\s*.*?-(\d+)\s+(?:\(\s*[\d-]+\)\s+)?\[\d+\]\s+\S+\s+(\d+)\.(\d{6}): (\w+)[:(] ?(.*)$/u.exec(line) ?? [];
  if (rest === undefined) return undefined;
  const event = { monoNs: Number(seconds) * 1e9 + Number(micros) * 1e3, pid, tid: Number(tid) };
  const field = (key: string): string => new RegExp(`\\b${key}=(\\S+)`, 'u').exec(rest)?.[1] ?? '';
  switch (name) {
    case 'sys_openat':
      return { kind: 'open', ...event, mode: Number.parseInt(/mode: (?:0x)?([0-9a-f]+)/u.exec(rest)?.[1] ?? '0', 16) };
    case 'sched_process_exec': {
      const [, path, own] = /^filename=(.*) pid=(\d+) old_pid=\d+$/u.exec(rest) ?? [];
      return path === undefined ? undefined : { kind: 'exec', ...event, pid: Number(own), path };
    }
    case 'inet_sock_set_state':
    case 'tcp_retransmit_skb': {
      const isV6 = field('family') === 'AF_INET6';
      const end = (side: 's' | 'd'): string =>
        isV6 ? `[${field(`${side}addrv6`)}]:${field(`${side}port`)}` : `${field(`${side}addr`)}:${field(`${side}port`)}`;
      const ends = { local: end('s'), remote: end('d') };
      return name === 'tcp_retransmit_skb'
        ? { kind: 'retransmit', ...event, pid: 0, tid: 0, ...ends }
        : { kind: 'connect', ...event, ...ends };
    }
    default:
      return undefined;
  }
}

/** One instance of the kernel's ring buffer: its own events, filters and reader, out of the way of other tracers. */
class TraceInstance {
  readonly #path: string;
  readonly #pipe: number;
  readonly #bytes = Buffer.alloc(65_536);
  #rest = '';

  constructor(path: string, options: Readonly<Record<string, string>>) {
    this.#path = path;
    mkdirSync(path);
    try {
      for (const [file, text] of Object.entries(options)) writeFileSync(`${path}/${file}`, text);
      this.#pipe = openSync(`${path}/trace_pipe`, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      rmdirSync(path);
      throw error;
    }
  }

  /** Gives every line that is there now. */
  read(onLine: (line: string) => void): void {
    for (let round = 0; round < 64; round++) {
      let count = 0;
      try {
        count = readSync(this.#pipe, this.#bytes, 0, this.#bytes.length, null);
      } catch {
        // EAGAIN: nothing more for now
      }
      if (count === 0) return;
      const lines = (this.#rest + this.#bytes.toString('utf8', 0, count)).split('\n');
      this.#rest = lines.pop()!;
      for (const line of lines) onLine(line);
    }
  }

  /** Events that were overwritten or dropped, over all processors. */
  drops(): number {
    let sum = 0;
    for (const cpu of readdirSync(`${this.#path}/per_cpu`)) {
      const stats = readFileSync(`${this.#path}/per_cpu/${cpu}/stats`, 'latin1');
      for (const match of stats.matchAll(/^(?:overrun|dropped events): (\d+)$/gmu)) sum += Number(match[1]);
    }
    return sum;
  }

  remove(): void {
    try {
      writeFileSync(`${this.#path}/events/enable`, '0');
      closeSync(this.#pipe);
      rmdirSync(this.#path);
    } catch {
      // the kernel keeps an instance in use; the next start removes those of dead processes
    }
  }
}

/** tracefs in pure Node: no package is needed, but paths of opens and most addresses stay pointers. */
export const tracefsSource: KernelEventSource = {
  name: 'tracefs',
  attach: async (options) => attach(options),
};

let made = 0;

function attach(options: SourceOptions): AttachedSource {
  const root = `${mountTracefs()}/instances`;
  removeStale(root);
  const name = `${root}/${PREFIX}${process.pid}-${made++}`;
  const instances: TraceInstance[] = [];
  const common = { trace_clock: 'mono', buffer_size_kb: String(BUFFER_KB) };
  try {
    instances.push(
      new TraceInstance(`${name}-task`, {
        ...common,
        'options/event-fork': '1',
        set_event_pid: readdirSync(`/proc/${options.pid}/task`).join(' '),
        'events/sock/inet_sock_set_state/filter': 'oldstate == 7 && newstate == 2',
        'events/sock/inet_sock_set_state/enable': '1',
        'events/sched/sched_process_exec/enable': '1',
        'events/syscalls/sys_enter_openat/enable': '1',
      }),
    );
    // Retransmits come from timers, whoever happens to run: they are filtered by port and not by process.
    instances.push(
      new TraceInstance(`${name}-tcp`, {
        ...common,
        'events/tcp/tcp_retransmit_skb/filter': `sport == ${options.port} || dport == ${options.port}`,
        'events/tcp/tcp_retransmit_skb/enable': '1',
      }),
    );
  } catch (error) {
    for (const instance of instances) instance.remove();
    throw new Error((error as Error).message.replace(/^([A-Z]+): /u, ''));
  }
  // A child is followed for its exec; its opens are not this process's.
  const own = new Set<number>();
  const isOwn = (tid: number): boolean => {
    if (own.has(tid)) return true;
    if (!existsSync(`/proc/${options.pid}/task/${tid}`)) return false;
    own.add(tid);
    return true;
  };
  for (const tid of readdirSync(`/proc/${options.pid}/task`)) own.add(Number(tid));
  const read = (): void => {
    for (const instance of instances)
      instance.read((line) => {
        const event = parseTraceLine(line, options.pid);
        if (event === undefined) return;
        if ((event.kind === 'open' || event.kind === 'connect') && !isOwn(event.tid)) return;
        options.onEvent(event);
      });
  };
  const polling = setInterval(read, POLL_MS);
  return {
    drops: () => instances.reduce((sum, instance) => sum + instance.drops(), 0),
    stop: async () => {
      clearInterval(polling);
      read();
      for (const instance of instances) instance.remove();
    },
  };
}

/** A server that was killed left its instances behind. */
function removeStale(root: string): void {
  for (const name of readdirSync(root)) {
    const pid = /^gwrk-(\d+)-\d+-(?:task|tcp)$/u.exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    try {
      writeFileSync(`${root}/${name}/events/enable`, '0');
      rmdirSync(`${root}/${name}`);
    } catch {
      // another server does the same at this moment
    }
  }
}
