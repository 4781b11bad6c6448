import type { MacTable } from '../src/protocol/mac.js';
import type { SessionTrail } from './audit/session-trail.js';
import type { Authenticator } from './auth/authenticator.js';
import type { Counters } from './counters.js';
import type { Gateway } from './gateway/gateway.js';
import type { RoomOptions } from './rooms/create-rooms.js';
import type { OpGuards } from './rules/op-guards.js';
import type { AuditSink } from './session-audit.js';
import type { SessionClock } from './session-clock.js';
import type { AskRefresh } from './session-refresh.js';
import type { SigningMemory } from './session-signing.js';
import type { StoreQuestion } from './store-messages.js';
import type { SessionTakeovers } from './threads/session-takeovers.js';

/** Largest rate of a connection, client to server. */
export const PACKETS_PER_SECOND = 200;
export const BYTES_PER_SECOND = 65_536;
/** From the 101 answer to a good AUTH. */
export const AUTH_DEADLINE_US = 5_000_000;

/** A connection without a good PING for this long is dead: three heartbeats and a second. */
export const silenceUs = (heartbeatMs: number): number => (3 * heartbeatMs + 1_000) * 1_000;

/** Connections that may be unauthenticated at the same time: a tenth, but never so few that a crowd cannot come in. */
export const defaultMaxUnauthenticated = (capacity: number): number => Math.max(2_000, Math.ceil(capacity / 10));

export interface SessionOptions extends RoomOptions {
  readonly gateway: Gateway;
  readonly authenticator: Authenticator;
  /** The authenticator's, too. */
  readonly clock: SessionClock;
  readonly counters: Counters;
  readonly audit: AuditSink;
  /** The way into the audit log; absent without --audit. */
  readonly trail?: SessionTrail | undefined;
  readonly heartbeatMs: number;
  /** More than these are answered 0304 and closed. */
  readonly maxUnauthenticated?: number;
  /** What is remembered of critical operations; its own when absent. */
  readonly signing?: SigningMemory;
  /** Present where several gateway threads share the sessions. */
  readonly takeovers?: SessionTakeovers;
  /** Asks the main thread for the answer to a REFRESH; absent: there is nobody to ask, which is answered 0209. */
  readonly askRefresh?: AskRefresh;
  /** Asks the shared store over the main thread; absent where the process has its sessions for itself. */
  readonly askStore?: (question: StoreQuestion) => void;
  /** The rules of operations; none when absent. */
  readonly guards?: OpGuards;
  /** Two rows a slot; made when absent. */
  readonly macs?: MacTable;
}
