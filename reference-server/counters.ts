import { CLIENT_BODY, SERVER_BODY } from '../src/protocol/packet.js';
import { TURN_CELLS, TurnTimes } from './telemetry/turn-times.js';

const names: string[] = [];
const counter = (name: string): number => names.push(name) - 1;

/** Gauges: connections in each state at this moment. */
export const CONNECTIONS_UNAUTHENTICATED = counter('connections_unauthenticated');
export const CONNECTIONS_READY = counter('connections_ready');
export const CONNECTIONS_LEAVING = counter('connections_leaving');
/** Gauge: closed by this side, the peer's close frame not yet here. */
export const CONNECTIONS_CLOSING = counter('connections_closing');
/** Gauges of what sessions hold beside their slot. */
export const SEATS = counter('seats');
export const NONCE_RINGS = counter('nonce_rings');
export const OP_WINDOWS = counter('op_windows');
export const TIMERS = counter('timers');

export const HANDSHAKES = counter('handshakes');
export const CLOSED = counter('connections_closed');
export const AUTH_PASSED = counter('auth_ok');
export const AUTH_FAILED = counter('auth_failed');
export const REPLACED = counter('sessions_replaced');
export const REVOKED = counter('sessions_revoked');
export const OPS_SEEN = counter('ops_seen');
export const OPS_ACKED = counter('ops_acked');
export const OPS_DUPLICATE = counter('ops_duplicate');
export const OPS_REFUSED = counter('ops_refused');
/** Critical operations whose limit this process judged alone, because the shared store had no answer. */
export const OPS_JUDGED_ALONE = counter('ops_judged_alone');
export const HEARTBEATS = counter('heartbeats');
export const MAC_FAILURES = counter('mac_failures');
export const LEDGER_FAULTS = counter('ledger_faults');
export const REPLAYS = counter('replays');
export const HANDLER_FAULTS = counter('handler_faults');
export const MESSAGES_IN = counter('messages_in');
export const MESSAGES_OUT = counter('messages_out');
export const BYTES_IN = counter('bytes_in');
export const BYTES_OUT = counter('bytes_out');
export const ROOM_STATES = counter('room_states');
export const ROOM_STATES_SKIPPED = counter('room_states_skipped');
export const GC_COUNT = counter('gc_count');
/** Milliseconds spent in garbage collection on this thread. */
export const GC_MS = counter('gc_ms');
export const GC_MAJOR = counter('gc_major');

/** Kinds of garbage collection, as prom-client names them for the main thread. */
export const GC_KINDS = ['minor', 'major', 'incremental', 'weakcb'] as const;
export type GcKind = (typeof GC_KINDS)[number];
/** Counters of the collections of each kind, and of the milliseconds that they took. */
export const GC_COUNT_OF = byKind('gc_count_');
export const GC_MS_OF = byKind('gc_ms_');

function byKind(prefix: string): Readonly<Record<GcKind, number>> {
  return Object.fromEntries(GC_KINDS.map((kind) => [kind, counter(prefix + kind)])) as Record<GcKind, number>;
}

const TYPE_NAMES: readonly (readonly [number, string])[] = [
  [0x0001, 'hello'],
  [0x0002, 'auth'],
  [0x0003, 'auth_ok'],
  [0x0004, 'auth_err'],
  [0x0005, 'refresh'],
  [0x0006, 'refresh_ok'],
  [0x0010, 'ping'],
  [0x0011, 'pong'],
  [0x0020, 'op'],
  [0x0021, 'op_signed'],
  [0x0022, 'op_ack'],
  [0x0030, 'room_join'],
  [0x0031, 'joined'],
  [0x0032, 'room_leave'],
  [0x0033, 'left'],
  [0x0034, 'room_state'],
  [0x0040, 'disconnect'],
  [0x0041, 'ack_close'],
  [0x007f, 'error'],
];

const IN_OTHER = counter('packets_in_other');
/** Counter of the packets with this type that clients sent, by packet type. */
export const PACKETS_IN = new Uint8Array(65_536).fill(IN_OTHER);
/** Counter of the packets with this type that went out, by packet type. */
export const PACKETS_OUT = new Uint8Array(65_536);
for (const [type, name] of TYPE_NAMES) {
  if (CLIENT_BODY.min[type]! <= CLIENT_BODY.max[type]!) PACKETS_IN[type] = counter(`packets_in_${name}`);
  if (SERVER_BODY.min[type]! <= SERVER_BODY.max[type]!) PACKETS_OUT[type] = counter(`packets_out_${name}`);
}

const CLOSE_CODES = [
  ...[1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1011],
  ...[4102, 4103, 4104, 4105, 4108, 4109, 4201, 4202, 4203, 4204, 4205, 4206, 4207, 4209],
  ...[4301, 4303, 4304, 4501, 4502, 4503],
];
const CLOSED_OTHER = counter('closed_other');
const closeCounters = new Uint8Array(5_000).fill(CLOSED_OTHER);
for (const code of CLOSE_CODES) closeCounters[code] = counter(`closed_${code}`);

/** Counter of the connections that ended with this WebSocket close code. */
export function closeCounter(code: number): number {
  return code < closeCounters.length ? closeCounters[code]! : CLOSED_OTHER;
}

/** Every counter's name, by number. Names are fit for Prometheus. */
export const COUNTER_NAMES: readonly string[] = names;

/** Those that go down as well as up. */
export const GAUGE_NAMES: ReadonlySet<string> = new Set(names.slice(CONNECTIONS_UNAUTHENTICATED, TIMERS + 1));

/** One thread's counters in shared memory: it is the only writer, other threads read sums that are at most an instant old. */
export class Counters {
  readonly buffer: SharedArrayBuffer;
  /** By counter number. Written in place on hot paths. */
  readonly values: Float64Array;
  /** The turns of this thread's loop; they lie behind the counters. */
  readonly turns: TurnTimes;

  static create(): Counters {
    return new Counters(new SharedArrayBuffer((COUNTER_NAMES.length + TURN_CELLS) * 8));
  }

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.values = new Float64Array(buffer, 0, COUNTER_NAMES.length);
    this.turns = new TurnTimes(new Float64Array(buffer, COUNTER_NAMES.length * 8, TURN_CELLS));
  }

  get(name: string): number {
    return this.values[COUNTER_NAMES.indexOf(name)] ?? 0;
  }
}
