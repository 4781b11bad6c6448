import type { KernelEvent } from './kernel-event.js';
import { type Join, type JoinConnection, type JoinInterval, SessionJoin } from './session-join.js';
import { type Verification, verifyLog } from './verify-log.js';

/** What a log holds, counted. */
export interface AuditReport extends Verification {
  readonly schema: 'gwrk/audit-report/1';
  readonly events: Readonly<Record<string, number>>;
  /** By source, then by kind. */
  readonly kernel: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Kernel events by the grade of their join with a session; `ambiguous(n)` had n sessions in question. */
  readonly joins: Readonly<Record<string, number>>;
  /** Events that the server could not log, as it said itself. */
  readonly lost: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** Called with each kernel event of a log and what it was joined with, once the run of the server that it is from has been read. */
export type OnJoin = (event: KernelEvent, join: Join) => void;

/** Reads, verifies and counts. Stops at the first line that breaks the chain: what is behind it proves nothing. */
export async function reportLog(paths: readonly string[], onJoin: OnJoin = () => {}): Promise<AuditReport> {
  const events: Record<string, number> = {};
  const kernel: Record<string, Record<string, number>> = {};
  const joins: Record<string, number> = { exact: 0, unique: 0, none: 0 };
  const count = (event: KernelEvent, join: Join): void => {
    const grade = join.grade === 'ambiguous' ? `ambiguous(${join.candidates})` : join.grade;
    joins[grade] = (joins[grade] ?? 0) + 1;
    onJoin(event, join);
  };
  let run = new LogRun();
  let lost = 0;
  const verified = await verifyLog(paths, (fields) => {
    const ev = fields.ev as string;
    if (ev === 'audit.start') {
      lost += run.lost;
      run.join(count);
      run = new LogRun();
    }
    events[ev] = (events[ev] ?? 0) + 1;
    if (ev.startsWith('kernel.') && ev !== 'kernel.source') {
      const kinds = (kernel[String(fields.source)] ??= {});
      const kind = ev.slice('kernel.'.length);
      kinds[kind] = (kinds[kind] ?? 0) + 1;
    }
    run.take(ev, fields);
  });
  run.join(count);
  return { schema: 'gwrk/audit-report/1', ...verified, events, kernel, joins, lost: lost + run.lost };
}

/** What one run of the server logged that joins need: monotonic times and pids of two runs have nothing to do with one another. */
class LogRun {
  readonly #connections: JoinConnection[] = [];
  readonly #open = new Map<string, JoinConnection[]>();
  readonly #intervals: JoinInterval[] = [];
  readonly #kernel: KernelEvent[] = [];
  #pid = 0;
  #port = 0;
  /** The last sum that the run told. */
  lost = 0;

  take(ev: string, fields: Fields): void {
    const { mono, sid, peer, took, tid } = fields as Record<string, never>;
    if (ev === 'kernel.source') {
      this.#pid = (fields.pid as number | undefined) ?? this.#pid;
      this.#port = (fields.port as number | undefined) ?? this.#port;
    } else if (ev === 'auth.ok') {
      const connection: JoinConnection = { sid, peer, fromNs: mono, toNs: Number.POSITIVE_INFINITY };
      this.#connections.push(connection);
      const older = this.#open.get(sid);
      if (older === undefined) this.#open.set(sid, [connection]);
      else older.push(connection);
    } else if (ev === 'close') {
      // A session's newer connection closes its older one: the first that came goes first.
      const open = this.#open.get(sid);
      const [first] = open?.splice(0, 1) ?? [];
      if (first !== undefined) first.toNs = mono;
      if (open?.length === 0) this.#open.delete(sid);
    } else if (ev === 'op.critical' && took !== undefined) {
      this.#intervals.push({ sid, fromNs: mono, toNs: mono + took, tid: tid ?? 0 });
    } else if (ev === 'audit.lost') {
      this.lost = Number(fields.lost);
    } else if (ev.startsWith('kernel.')) {
      this.#kernel.push(kernelEventOf(ev, fields));
    }
  }

  join(onJoin: OnJoin): void {
    const join = new SessionJoin({ pid: this.#pid, port: this.#port, connections: this.#connections, intervals: this.#intervals });
    for (const event of this.#kernel) onJoin(event, join.join(event));
  }
}

function kernelEventOf(ev: string, fields: Fields): KernelEvent {
  const { mono, pid = 0, tid = 0, path, local, remote } = fields as Record<string, never>;
  return {
    kind: ev.slice('kernel.'.length) as KernelEvent['kind'],
    monoNs: mono,
    pid,
    tid,
    ...(path === undefined ? {} : { path }),
    ...(local === undefined ? {} : { local }),
    ...(remote === undefined ? {} : { remote }),
  };
}
