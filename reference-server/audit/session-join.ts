import { type KernelEvent, plainEnd } from './kernel-event.js';

/**
 * How sure it is that a kernel event belongs to a session. exact: a TCP event on the session's 4-tuple. unique: our process, and
 * exactly one critical operation ran at that moment (on that thread, where the log knows the thread). ambiguous: several did.
 * none: no session. One process serves all players, so its pid alone is never a join.
 */
export type JoinGrade = 'exact' | 'unique' | 'ambiguous' | 'none';

export interface Join {
  readonly grade: JoinGrade;
  /** Of exact and unique. */
  readonly sid: string | undefined;
  /** Sessions that come into question: 1 for exact and unique. */
  readonly candidates: number;
}

/** A connection of a session, from auth.ok and close. */
export interface JoinConnection {
  readonly sid: string;
  /** "ip:port". */
  readonly peer: string;
  readonly fromNs: number;
  /** Infinity while it stands. */
  toNs: number;
}

/** A critical operation, from op.critical. */
export interface JoinInterval {
  readonly sid: string;
  readonly fromNs: number;
  readonly toNs: number;
  /** The thread that ran it; 0: unknown, any may have. */
  readonly tid: number;
}

export interface JoinFacts {
  /** The server's process and its WebSocket port. */
  readonly pid: number;
  readonly port: number;
  readonly connections: readonly JoinConnection[];
  readonly intervals: readonly JoinInterval[];
}

/** What was sent is sent again for a while after the connection was closed. */
const LINGER_NS = 60e9;
/** Sources with microseconds tell times up to this much too early; used only when nothing covers the event as it stands. */
const SLACK_NS = 1_000;

const NONE: Join = { grade: 'none', sid: undefined, candidates: 0 };

/** Intervals of one thread by their begin. Those of unknown threads may overlap. */
class Timeline {
  readonly #intervals: readonly JoinInterval[];
  readonly #longestNs: number;

  constructor(intervals: JoinInterval[]) {
    this.#intervals = intervals.sort((a, b) => a.fromNs - b.fromNs);
    this.#longestNs = intervals.reduce((longest, { fromNs, toNs }) => Math.max(longest, toNs - fromNs), 0);
  }

  collect(ns: number, slackNs: number, into: Set<JoinInterval>): void {
    let low = 0;
    let high = this.#intervals.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#intervals[middle]!.fromNs - slackNs <= ns) low = middle + 1;
      else high = middle;
    }
    for (let i = low - 1; i >= 0; i--) {
      const interval = this.#intervals[i]!;
      if (interval.fromNs + this.#longestNs + slackNs < ns) return;
      if (interval.toNs + slackNs >= ns) into.add(interval);
    }
  }
}

/** Joins kernel events with the sessions of one run of the server. */
export class SessionJoin {
  readonly #pid: number;
  readonly #port: number;
  readonly #byPeer = new Map<string, JoinConnection[]>();
  readonly #byThread = new Map<number, Timeline>();

  constructor({ pid, port, connections, intervals }: JoinFacts) {
    this.#pid = pid;
    this.#port = port;
    for (const connection of connections) {
      const peer = plainEnd(connection.peer);
      const others = this.#byPeer.get(peer);
      if (others === undefined) this.#byPeer.set(peer, [connection]);
      else others.push(connection);
    }
    const threads = new Map<number, JoinInterval[]>();
    for (const interval of intervals) {
      const others = threads.get(interval.tid);
      if (others === undefined) threads.set(interval.tid, [interval]);
      else others.push(interval);
    }
    for (const [tid, own] of threads) this.#byThread.set(tid, new Timeline(own));
  }

  join(event: KernelEvent): Join {
    const peer = this.#peerOf(event);
    if (peer !== undefined) return this.#joinTcp(peer, event.monoNs);
    if (event.kind === 'retransmit' || event.pid !== this.#pid) return NONE;
    return this.#joinInterval(event);
  }

  /** The end that is not ours, when one of the two has our port. */
  #peerOf({ local, remote }: KernelEvent): string | undefined {
    if (local === undefined || remote === undefined) return undefined;
    const ours = `:${this.#port}`;
    if (local.endsWith(ours) && this.#byPeer.has(plainEnd(remote))) return plainEnd(remote);
    return remote.endsWith(ours) && this.#byPeer.has(plainEnd(local)) ? plainEnd(local) : undefined;
  }

  /** The connection that had this peer then: a port serves another connection later. */
  #joinTcp(peer: string, ns: number): Join {
    let found: JoinConnection | undefined;
    for (const connection of this.#byPeer.get(peer)!) {
      const isThen = connection.fromNs <= ns && ns <= connection.toNs + LINGER_NS;
      if (isThen && (found === undefined || connection.fromNs > found.fromNs)) found = connection;
    }
    return found === undefined ? NONE : { grade: 'exact', sid: found.sid, candidates: 1 };
  }

  #joinInterval({ monoNs, tid }: KernelEvent): Join {
    const covering = new Set<JoinInterval>();
    for (const slackNs of [0, SLACK_NS]) {
      for (const [thread, timeline] of this.#byThread) {
        if (thread === tid || thread === 0 || tid === 0) timeline.collect(monoNs, slackNs, covering);
      }
      if (covering.size > 0) break;
    }
    if (covering.size === 0) return NONE;
    const [first] = covering;
    if (covering.size === 1) return { grade: 'unique', sid: first!.sid, candidates: 1 };
    return { grade: 'ambiguous', sid: undefined, candidates: covering.size };
  }
}
