/**
 * What the specification says of connections, sessions and users, in plain words and with plain maps: the other side of
 * lifecycle.test.ts. Nothing of the product is used here. Times are milliseconds.
 */
export const SLOTS = 3;
export const ROOMS = 2;
const AUTH_MS = 5_000;
const SILENCE_MS = 31_000;
const ANSWER_MS = 5_000;
const DRAIN_MS = 30_000;
const WINDOW_MS = 10_000;

export type State = 'greeted' | 'ready' | 'asked' | 'draining' | 'leaving' | 'parted' | 'closed';

export interface Connection {
  readonly thread: number;
  state: State;
  lastSeq: number;
  heartbeat: number;
  ops: number;
  room: number;
  session: number;
  claim: number;
  deadlineMs: number;
  expiresMs: number;
  closeCode: number;
  /** A newer connection of the session came to the same thread. */
  isSuperseded: boolean;
  /** What was sent to it since it was last looked at. */
  sent: string[];
}

/** Word to a thread that a session was claimed elsewhere. */
interface Word {
  readonly thread: number;
  readonly session: number;
  readonly claim: number;
}

const MAY: Readonly<Record<string, readonly State[]>> = {
  auth: ['greeted'],
  ping: ['ready', 'asked', 'draining'],
  op: ['ready', 'asked'],
  signed: ['ready', 'asked'],
  join: ['ready', 'asked'],
  leave: ['ready', 'asked'],
  disconnect: ['ready', 'asked'],
  ack: ['asked', 'draining', 'leaving'],
  pong: [],
};

export class World {
  nowMs = 0;
  /** By thread and slot; undefined is free. */
  readonly connections: (Connection | undefined)[];
  /** Nonces with the codes of their answers, by session. */
  readonly nonces: Map<number, number>[];
  /** When critical operations passed, by user. */
  readonly passes: number[][];
  readonly words: Word[] = [];
  readonly counts: Record<string, number> = {};
  readonly userOf: readonly number[];
  /** Per session: who claimed it last, and how often it was claimed. */
  readonly #owners: (Connection | undefined)[];
  readonly #claims: number[];

  constructor(threads: number, userOf: readonly number[]) {
    this.connections = new Array(threads * SLOTS).fill(undefined);
    this.userOf = userOf;
    this.nonces = userOf.map(() => new Map());
    this.passes = userOf.map(() => []);
    this.#owners = userOf.map(() => undefined);
    this.#claims = userOf.map(() => 0);
  }

  count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }

  open(at: number): void {
    this.count('handshakes');
    this.connections[at] = {
      thread: Math.floor(at / SLOTS),
      state: 'greeted',
      lastSeq: 0,
      heartbeat: 0,
      ops: 0,
      room: -1,
      session: -1,
      claim: 0,
      deadlineMs: this.nowMs + AUTH_MS,
      expiresMs: Infinity,
      closeCode: 0,
      isSuperseded: false,
      sent: ['HELLO'],
    };
  }

  /** The socket is gone: everything is given back. */
  end(at: number): void {
    const c = this.connections[at]!;
    this.count('connections_closed');
    if (c.session >= 0 && this.#owners[c.session] === c) this.#owners[c.session] = undefined;
    this.connections[at] = undefined;
  }

  /** The next packet of a connection: false when it may not come now, and then the connection is closed 0104. */
  arrives(c: Connection, kind: string): boolean {
    if (!MAY[kind]!.includes(c.state)) {
      this.fault(c, 0x0104);
      return false;
    }
    c.lastSeq++;
    return true;
  }

  fault(c: Connection, code: number): void {
    if (c.state === 'closed') return;
    c.sent.push(`ERROR ${code}`);
    this.close(c, 4_000 + 100 * (code >>> 8) + (code & 255));
  }

  close(c: Connection, closeCode: number): void {
    c.state = 'closed';
    c.closeCode = closeCode;
  }

  refuseAuth(c: Connection, code: number): void {
    this.count('auth_failed');
    c.sent.push(`AUTH_ERR ${code}`);
    this.close(c, 4_000 + 100 * (code >>> 8) + (code & 255));
  }

  auth(c: Connection, session: number, expiresMs: number, wantsSeat: boolean, lastAckNonce: number): void {
    const older = this.connections.find((o) => o?.thread === c.thread && o.session === session && !o.isSuperseded);
    const owner = this.#owners[session];
    c.session = session;
    c.claim = ++this.#claims[session]!;
    this.#owners[session] = c;
    if (owner !== undefined && owner.thread !== c.thread) this.words.push({ thread: owner.thread, session, claim: c.claim });
    const nonces = this.nonces[session]!;
    if (nonces.has(lastAckNonce)) {
      for (const nonce of [...nonces.keys()]) {
        if (nonce === lastAckNonce) break;
        nonces.delete(nonce);
      }
    }
    const keepsSeat = older !== undefined && wantsSeat && older.room >= 0;
    if (keepsSeat) {
      c.room = older.room;
      older.room = -1;
    }
    c.state = 'ready';
    c.deadlineMs = this.nowMs + SILENCE_MS;
    c.expiresMs = expiresMs;
    c.sent.push(`AUTH_OK ${keepsSeat ? 1 : 0}`);
    this.count('auth_ok');
    if (older === undefined) return;
    older.isSuperseded = true;
    this.#replace(older);
  }

  #replace(c: Connection): void {
    if (c.state === 'closed') return;
    this.count('sessions_replaced');
    this.fault(c, 0x0205);
  }

  /** The oldest word that is on its way arrives. */
  deliver(): void {
    const { thread, session, claim } = this.words.shift()!;
    for (const c of this.connections) {
      if (c?.thread === thread && c.session === session && !c.isSuperseded && c.claim < claim) this.#replace(c);
    }
  }

  ping(c: Connection, fault: 'tag' | 'number' | 'ledger' | undefined): void {
    if (fault === 'tag') this.count('mac_failures');
    if (fault === 'number') this.count('replays');
    if (fault === 'ledger') this.count('ledger_faults');
    if (fault !== undefined) return this.fault(c, fault === 'tag' ? 0x0206 : 0x0207);
    c.heartbeat++;
    if (c.state === 'ready') c.deadlineMs = this.nowMs + SILENCE_MS;
    this.count('heartbeats');
    c.sent.push(`PONG ${c.heartbeat} ${c.ops}`);
  }

  acknowledge(c: Connection, code: number, flags = 0): void {
    c.ops++;
    this.count('ops_seen');
    this.count('ops_acked');
    if (flags === 1) this.count('ops_duplicate');
    if (code === 0x0502 || code === 0x0302) this.count('ops_refused');
    c.sent.push(`OP_ACK ${code} ${flags}`);
  }

  signed(c: Connection, nonce: number, isTagBad: boolean): void {
    if (isTagBad) {
      this.count('mac_failures');
      return this.fault(c, 0x0206);
    }
    if (c.state === 'asked') return this.acknowledge(c, 0x0502);
    const nonces = this.nonces[c.session]!;
    const known = nonces.get(nonce);
    if (known !== undefined) return this.acknowledge(c, known, 1);
    const passes = this.passesOf(this.userOf[c.session]!);
    if (passes.length === 5) return this.acknowledge(c, 0x0302);
    passes.push(this.nowMs);
    nonces.set(nonce, 0);
    this.acknowledge(c, 0);
  }

  /** What counts in a user's window now. */
  passesOf(user: number): number[] {
    const passes = this.passes[user]!.filter((atMs) => atMs > this.nowMs - WINDOW_MS);
    this.passes[user] = passes;
    return passes;
  }

  disconnect(c: Connection): void {
    c.state = 'leaving';
    c.deadlineMs = this.nowMs + ANSWER_MS;
    c.sent.push('ACK_CLOSE 1 0 0 0', `ACK_CLOSE 2 ${c.ops} ${c.ops} ${c.lastSeq}`);
  }

  ackClose(c: Connection, phase: number, isLedgerRight: boolean): void {
    if (phase === 1 && c.state === 'leaving') return;
    if (phase === 1 && c.state === 'asked') {
      c.state = 'draining';
      c.deadlineMs = this.nowMs + DRAIN_MS;
      return;
    }
    if (phase === 1 || c.state === 'asked') return this.fault(c, 0x0104);
    if (!isLedgerRight) this.count('ledger_faults');
    if (c.state === 'leaving') return this.close(c, 1_000);
    c.state = 'parted';
    c.deadlineMs = this.nowMs + ANSWER_MS;
    c.sent.push(`ACK_CLOSE 2 ${c.ops} ${c.ops} ${c.lastSeq}`);
  }

  drain(): void {
    for (const c of this.connections) {
      if (c?.state === 'greeted') this.fault(c, 0x0502);
      if (c?.state !== 'ready') continue;
      c.state = 'asked';
      c.deadlineMs = this.nowMs + ANSWER_MS;
      c.sent.push('DISCONNECT');
    }
  }

  revoke(session: number): void {
    this.nonces[session]!.clear();
    for (const c of this.connections) {
      if (c?.session !== session || c.state === 'closed' || c.isSuperseded) continue;
      this.count('sessions_revoked');
      this.fault(c, 0x0204);
    }
  }

  /** Time ends what waited too long for it. */
  pass(ms: number): void {
    this.nowMs += ms;
    for (const c of this.connections) {
      if (c === undefined || c.state === 'closed') continue;
      if (c.state === 'ready' && c.expiresMs <= this.nowMs) this.fault(c, 0x0203);
      else if (c.deadlineMs > this.nowMs) continue;
      else if (c.state === 'greeted') this.refuseAuth(c, 0x0202);
      else if (c.state === 'ready') this.fault(c, 0x0503);
      else if (c.state === 'asked' || c.state === 'draining') this.fault(c, 0x0502);
      else this.close(c, 1_000);
    }
  }
}
