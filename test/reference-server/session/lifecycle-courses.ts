import assert from 'node:assert/strict';
import { it } from 'node:test';
import { COUNTER_NAMES } from '../../../reference-server/counters.js';
import { Prng } from '../../../src/core/prng.js';
import * as wire from '../reference-wire.js';
import { TYPE } from '../reference-wire.js';
import { LifecycleBench, words } from './lifecycle-bench.js';
import { type Connection, ROOMS, SLOTS, type State, World } from './lifecycle-model.js';

const seed = Number(process.env.GWRK_SEED ?? Date.now() % 1_000_000);
const SEQUENCES = 100_000;
const STEPS = 9;
const LONG_STEPS = 80;
/** Two sessions of user 0 and one of user 1, whose token is short. */
const USER_OF = [0, 0, 1];
const BRIEF_SESSION = 2;
const BRIEF_S = 12;
const STEPS_MS = [100, 100, 900, 1_000, 4_900, 5_000, 9_900, 10_000, 25_000, 30_000, 31_000];
const GOOD_TAG = Buffer.alloc(16, 1);
const BAD_TAG = Buffer.alloc(16, 2);

/** Counters that both sides keep. */
const COUNTED = [
  ...['handshakes', 'connections_closed', 'auth_ok', 'auth_failed', 'sessions_replaced', 'sessions_revoked', 'ops_seen', 'ops_acked'],
  ...['ops_duplicate', 'ops_refused', 'heartbeats', 'mac_failures', 'ledger_faults', 'replays', 'handler_faults'],
].map((name) => ({ name, index: COUNTER_NAMES.indexOf(name) }));
/** Gauges of each thread, and the one that a connection in this state is in. */
const TALLY_COUNTERS = [
  'connections_unauthenticated',
  'connections_ready',
  'connections_leaving',
  'connections_closing',
  'seats',
  'timers',
].map((name) => COUNTER_NAMES.indexOf(name));
const TALLIES = TALLY_COUNTERS.length;
const TALLY_OF: Readonly<Record<State, number>> = { greeted: 0, ready: 1, asked: 2, draining: 2, leaving: 2, parted: 2, closed: 3 };

/** Runs one random step on both sides and compares everything that can be seen of it. */
class Course {
  readonly bench: LifecycleBench;
  readonly world: World;
  readonly random: Prng;
  readonly seen: Set<string>;
  readonly trace: unknown[] = [];
  readonly #before: number[];
  readonly #tally: Int32Array;

  constructor(bench: LifecycleBench, seen: Set<string>, ownSeed: number) {
    this.bench = bench;
    this.seen = seen;
    this.random = new Prng(ownSeed);
    this.world = new World(bench.machines.length, USER_OF);
    this.#tally = new Int32Array(bench.machines.length * TALLIES);
    this.#before = COUNTED.map(({ index }) => bench.sum(index));
  }

  step(): void {
    const { world, random } = this;
    const at = random.between(0, world.connections.length - 1);
    const c = world.connections[at];
    const dice = random.between(0, 99);
    if (dice < 14) this.pass(STEPS_MS[random.between(0, STEPS_MS.length - 1)]!);
    else if (dice < 17) this.revoke(random.between(0, 2));
    else if (dice < 19) this.drain();
    else if (dice < 30 && world.words.length > 0) this.deliver();
    else if (c === undefined) this.open(at);
    else if (c.state === 'closed' || dice > 93) this.end(at);
    else this.send(at, c);
    this.compare();
  }

  pass(ms: number): void {
    this.trace.push('pass', ms);
    this.bench.clock.advanceMs(ms);
    this.world.pass(ms);
  }

  revoke(session: number): void {
    this.trace.push('revoke', session);
    const sids = new Uint8Array(16).fill(session + 1);
    for (const machine of this.bench.machines) machine.receive({ type: 'revoke', sids, code: 0x0204 }, this.bench.clock.us);
    this.world.revoke(session);
  }

  drain(): void {
    this.trace.push('drain');
    for (const machine of this.bench.machines) machine.drain(this.bench.clock.us);
    this.world.drain();
  }

  deliver(): void {
    this.trace.push('deliver');
    this.bench.deliver();
    this.world.deliver();
  }

  open(at: number): void {
    this.trace.push('open', at);
    const thread = Math.floor(at / SLOTS);
    this.bench.gateways[thread]!.open(this.bench.machines[thread]!, at % SLOTS, this.bench.clock.us);
    this.world.open(at);
  }

  end(at: number): void {
    this.trace.push('end', at);
    const thread = Math.floor(at / SLOTS);
    this.bench.gateways[thread]!.end(this.bench.machines[thread]!, at % SLOTS, this.bench.clock.us);
    this.world.end(at);
  }

  /** One packet: usually one that the state asks for, and usually a good one. */
  send(at: number, c: Connection): void {
    const { random, world, bench } = this;
    const kind = random.between(0, 9) === 0 ? pick(random, KINDS) : pick(random, USUAL[c.state]!);
    const seq = c.lastSeq + 1;
    const isBad = random.between(0, 11) === 0;
    const tag = isBad ? BAD_TAG : GOOD_TAG;
    const nonce = random.between(1, 7);
    const session = random.between(0, 2);
    const room = random.between(0, ROOMS);
    const phase = random.between(1, 2);
    const fault = isBad ? 'tag' : random.between(0, 14) === 0 ? 'number' : random.between(0, 14) === 0 ? 'ledger' : undefined;
    const wantsSeat = random.between(0, 1) === 1;
    const nowS = Math.floor(bench.clock.wallMs / 1_000);
    const expS = nowS + (session === BRIEF_SESSION ? BRIEF_S : 900);
    const mayCome = world.arrives(c, kind);
    this.trace.push('packet', at, kind, { isBad, nonce, session, room, phase, fault, wantsSeat });
    let packet: Buffer;
    switch (kind) {
      case 'auth': {
        const head = wire.fields([2, 1], [2, wantsSeat ? 1 : 0], [8, 0], GOOD_TAG, GOOD_TAG, GOOD_TAG, [4, nonce], [4, 0], [2, 8], [2, 0]);
        packet = wire.packet(TYPE.AUTH, seq, wire.fields(head, tag, [4, session], [4, expS]));
        if (!mayCome) break;
        // The bench's clock: a whole second of the wall is one of the model's, so both say the same when a token ends.
        const expiresMs = world.nowMs + expS * 1_000 - bench.clock.wallMs;
        if (isBad) world.refuseAuth(c, 0x0201);
        else world.auth(c, session, expiresMs, wantsSeat, nonce);
        break;
      }
      case 'ping': {
        const number = c.heartbeat + (fault === 'number' ? 2 : 1);
        const ops = c.ops + (fault === 'ledger' ? 1 : 0);
        packet = wire.packet(TYPE.PING, seq, wire.fields([4, number], [4, ops], [8, 9], tag));
        if (mayCome) world.ping(c, fault);
        break;
      }
      case 'op':
        packet = wire.op(seq, 1, GOOD_TAG);
        if (mayCome) world.acknowledge(c, c.state === 'asked' ? 0x0502 : 0);
        break;
      case 'signed': {
        const body = wire.fields([2, 1], [2, 0], [8, bench.clock.wallMs], [4, nonce], [4, 0], [4, 0], tag);
        packet = wire.packet(TYPE.OP_SIGNED, seq, body);
        if (mayCome) world.signed(c, nonce, isBad);
        break;
      }
      case 'join':
        packet = wire.join(seq, room);
        if (!mayCome) break;
        c.sent.push(`JOINED ${c.state === 'asked' ? 0x0502 : room === ROOMS ? 0x0401 : 0}`);
        if (c.state === 'ready' && room < ROOMS) c.room = room;
        break;
      case 'leave':
        packet = wire.leave(seq, room);
        if (!mayCome) break;
        c.sent.push(`LEFT ${c.room === room ? 0 : 0x0403}`);
        if (c.room === room) c.room = -1;
        break;
      case 'disconnect':
        packet = wire.disconnect(seq);
        if (mayCome) world.disconnect(c);
        break;
      case 'ack':
        packet = wire.ackClose(seq, phase, c.ops + (isBad ? 1 : 0), c.ops, seq);
        if (mayCome) world.ackClose(c, phase, !isBad);
        break;
      default:
        packet = wire.packet(TYPE.PONG, seq, Buffer.alloc(40));
    }
    bench.machines[c.thread]!.onBinary(at % SLOTS, packet, 0, packet.length, bench.clock.us);
  }

  compare(): void {
    const { bench, world } = this;
    bench.turn();
    const tally = this.#tally.fill(0);
    for (let at = 0; at < world.connections.length; at++) {
      const c = world.connections[at];
      if (c === undefined) continue;
      const first = c.thread * TALLIES;
      tally[first + TALLY_OF[c.state]!]!++;
      if (c.room >= 0) tally[first + 4]!++;
      if (c.state !== 'closed') tally[first + 5]!++;
      this.#compareOne(at, c);
    }
    for (let thread = 0; thread < bench.machines.length; thread++) {
      const { values } = bench.counters[thread]!;
      for (let i = 0; i < TALLIES; i++) {
        if (values[TALLY_COUNTERS[i]!] !== tally[thread * TALLIES + i]) {
          this.fail(COUNTER_NAMES[TALLY_COUNTERS[i]!]!, values[TALLY_COUNTERS[i]!], tally[thread * TALLIES + i]);
        }
      }
    }
    this.same('rings', bench.signing.rings.inUse, world.nonces.filter(({ size }) => size > 0).length);
    this.same('windows', bench.signing.limit.inUse, [0, 1].filter((user) => world.passesOf(user).length > 0).length);
    this.same('words', bench.words.length, world.words.length);
  }

  /** What one connection was sent, and with what code it was closed. */
  #compareOne(at: number, c: Connection): void {
    const gateway = this.bench.gateways[c.thread]!;
    const slot = at % SLOTS;
    if (gateway.closeCodes[slot] !== c.closeCode) this.fail(`close code of ${at}`, gateway.closeCodes[slot], c.closeCode);
    if (c.closeCode !== 0) this.seen.add(`close ${c.closeCode}`);
    if (gateway.sent[slot]!.length === 0 && c.sent.length === 0) return;
    const got = gateway.take(slot).flatMap((packets) => packets.flatMap(words));
    if (got.length !== c.sent.length || got.some((text, i) => text !== c.sent[i])) this.fail(`connection ${at} was sent`, got, c.sent);
    for (const text of got) this.seen.add(text);
    c.sent.length = 0;
  }

  /** Ends every connection; what the whole course counted must be equal on both sides, and nothing may be left. */
  finish(): void {
    const { bench, world } = this;
    while (world.words.length > 0) this.deliver();
    for (const at of world.connections.keys()) if (world.connections[at] !== undefined) this.end(at);
    for (const session of USER_OF.keys()) this.revoke(session);
    this.pass(10_000);
    this.compare();
    for (const [i, { name, index }] of COUNTED.entries()) this.same(name, bench.sum(index) - this.#before[i]!, world.counts[name] ?? 0);
    this.same('opened and closed', world.counts.handshakes, world.counts.connections_closed);
  }

  same(what: string, got: unknown, want: unknown): void {
    if (got !== want) this.fail(what, got, want);
  }

  fail(what: string, got: unknown, want: unknown): never {
    const faults = this.bench.audit.filter(({ event }) => event === 'handler.fault').map(({ detail }) => detail);
    assert.deepEqual(got, want, `${what}; ${JSON.stringify(this.trace)}; ${faults.join('\n')}`);
    throw new Error(what);
  }
}

const KINDS = ['auth', 'ping', 'op', 'signed', 'join', 'leave', 'disconnect', 'ack', 'pong'];
const USUAL: Readonly<Record<string, readonly string[]>> = {
  greeted: ['auth'],
  ready: ['ping', 'op', 'signed', 'signed', 'signed', 'signed', 'join', 'leave', 'disconnect'],
  asked: ['ping', 'op', 'signed', 'ack', 'ack', 'ack', 'disconnect'],
  draining: ['ping', 'ack', 'ack'],
  leaving: ['ack'],
  parted: ['ack'],
};

function pick(random: Prng, from: readonly string[]): string {
  return from[random.between(0, from.length - 1)]!;
}

/** Each thread count runs in a test file of its own, so that both run at the same time. */
export function testLifecycle(threads: number): void {
  it(`the life of connections goes as the model of the specification in ${SEQUENCES} random courses on ${threads} gateway thread(s) (GWRK_SEED=${seed})`, () => {
    const bench = new LifecycleBench(threads, USER_OF);
    const seen = new Set<string>();
    for (let n = 0; n < SEQUENCES; n++) {
      const course = new Course(bench, seen, seed + n);
      try {
        // Most courses are short, so that there are many; some go on until operation windows are full.
        for (let left = n % 100 === 0 ? LONG_STEPS : STEPS; left > 0; left--) course.step();
        course.finish();
      } catch (error) {
        throw new Error(`course ${n}, GWRK_SEED=${seed + n}: ${(error as Error).message}`, { cause: error });
      }
    }
    // A test that never met these would have proved nothing about them.
    for (const code of [1_000, 4_104, 4_201, 4_202, 4_203, 4_204, 4_205, 4_206, 4_207, 4_502, 4_503]) {
      assert.ok(seen.has(`close ${code}`), `close code ${code} never came up; seed ${seed}`);
    }
    for (const answer of ANSWERS)
      assert.ok(
        [...seen].some((text) => text.startsWith(answer)),
        `${answer} never came up; seed ${seed}`,
      );
  });
}

const ANSWERS = [
  ...['AUTH_OK 1', 'OP_ACK 0 1', 'OP_ACK 770', 'OP_ACK 1282', 'JOINED 1025', 'JOINED 1282', 'LEFT 0', 'ACK_CLOSE 2', 'DISCONNECT'],
];
