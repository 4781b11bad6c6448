/** What the main thread of `gwrk serve` and its gateway threads say to one another. Plain data only. */

import type { TlsFiles } from './gateway/gateway.js';
import type { LogicLink } from './rooms/logic-link.js';
import type { RuleSet } from './rules/rule.js';
import type { ResourceReport } from './rules/rule-book.js';
import type { SigningBuffers } from './session-signing.js';
import type { StoreAnswer, StoreQuestion } from './store-messages.js';

/** workerData of a gateway thread. Thread `index` of `count`; every thread listens on the same port. */
export interface GatewayThreadStart {
  readonly kind: 'ws' | 'uring';
  readonly host: string;
  /** 0 picks a free one; the thread says which in its 'listening' message. */
  readonly port: number;
  readonly path: '/v1/ws';
  /** Connections this thread may hold. */
  readonly capacity: number;
  /** Rooms 0 .. rooms - 1 exist. */
  readonly rooms: number;
  readonly roomTickMs: number;
  /** rooms/room-limits.ts, of which only the main thread writes; the default ones when absent. */
  readonly roomLimits?: SharedArrayBuffer;
  /** By gateway thread; absent or empty where rooms live in the gateway thread. */
  readonly logic?: readonly LogicLink[];
  readonly heartbeatMs: number;
  /** A plain echo of text and binary and nothing else. */
  readonly echo: boolean;
  /** 64 hex digits. */
  readonly masterKeyHex: string;
  /** Id of the master key, 1 .. 255. */
  readonly kid: number;
  /** Sessions may have begun at another process, and the limit of critical operations is shared: the store is asked. */
  readonly isStoreShared?: boolean;
  /** auth/session-table.ts; only the main thread writes. */
  readonly sessionTable: SharedArrayBuffer;
  /** session-signing.ts; all threads read and write. */
  readonly signing: SigningBuffers;
  /** threads/session-takeovers.ts; all threads read and write. */
  readonly takeovers: SharedArrayBuffer;
  /** counters.ts; each thread has its own buffer and is the only writer. */
  readonly counters: SharedArrayBuffer;
  /** Int32: CONTROL_STATE, CONTROL_MAIL. */
  readonly control: SharedArrayBuffer;
  /** audit/audit-ring.ts: this thread's own, with --audit. */
  readonly auditRing?: SharedArrayBuffer;
  readonly allowedOrigins?: readonly string[];
  /** The ws gateway only. */
  readonly tls?: TlsFiles;
  readonly index: number;
  readonly count: number;
}

export const CONTROL_INTS = 2;
/** Index: what the thread shall do, one of the STATE_ values. The thread reads it at each turn of its loop. */
export const CONTROL_STATE = 0;
/** Index: 1 when a message waits for the thread; the thread sets it back to 0 before it receives them. */
export const CONTROL_MAIL = 1;

export const STATE_RUN = 0;
/** Accept no more, send DISCONNECT to every session, answer 'drained' when the last one is gone or 30 s have passed, then end. */
export const STATE_DRAIN = 1;
/** Leave now. */
export const STATE_STOP_NOW = 2;

/** Sessions whose row was removed: a live connection of one of them gets ERROR 0205 or 0204 and is closed. */
export interface RevokeMessage {
  readonly type: 'revoke';
  /** 16 bytes each. */
  readonly sids: Uint8Array;
  /** REPLACED by a newer login of the same user, or REVOKED. */
  readonly code: 0x0204 | 0x0205;
}

/** A connection on another thread has the session now: one of an older claim gets ERROR 0205 and is closed. */
export interface ReplacedMessage {
  readonly type: 'replaced';
  /** 16 bytes. */
  readonly sid: Uint8Array;
  /** Number of the claim; threads/session-takeovers.ts. */
  readonly claim: number;
}

/** The rules from now on, in whole. The thread answers 'rules' once they are in force. */
export interface RulesMessage {
  readonly type: 'rules';
  /** Counts the sets since the start of the server. */
  readonly version: number;
  readonly rules: RuleSet;
}

/** A client asks for a new access token: what the store is to be asked, and whom the answer is for. */
export interface RefreshAskMessage {
  readonly type: 'refresh';
  readonly slot: number;
  /** Number of the question: the slot may hold another connection when the answer comes. */
  readonly number: number;
  /** Seq of the REFRESH. */
  readonly seq: number;
  readonly uid: string;
  /** 16 bytes: the session of the connection. */
  readonly sid: Uint8Array;
  readonly peer: string;
  /** The refresh token, 36 bytes. */
  readonly token: Uint8Array;
  /** 32 bytes. */
  readonly dfp: Uint8Array;
}

/** The answer to a RefreshAskMessage: new tokens, or the code with which the connection is closed. */
export interface RefreshAnswerMessage {
  readonly type: 'refreshed';
  readonly slot: number;
  readonly number: number;
  readonly seq: number;
  /** 0 with a grant, else 0x0201, 0x0209 or 0x0301. */
  readonly code: number;
  readonly retryAfterMs: number;
  readonly grant?: {
    /** The access token, ASCII. */
    readonly access: Uint8Array;
    /** 36 bytes. */
    readonly refresh: Uint8Array;
    /** Unix seconds. */
    readonly accessExpS: number;
  };
}

export type ToGatewayThread = RevokeMessage | ReplacedMessage | RulesMessage | RefreshAnswerMessage | StoreAnswer;

export type FromGatewayThread =
  | RefreshAskMessage
  | StoreQuestion
  /** `wakeDescriptor` is an eventfd that ends the thread's wait inside the kernel; -1 for a thread with an event loop. */
  | { readonly type: 'listening'; readonly port: number; readonly wakeDescriptor: number }
  | { readonly type: 'drained' }
  /** The rules of that version are in force in this thread. */
  | { readonly type: 'rules'; readonly version: number }
  /** How the thread's guards stand, once a second while there are any. */
  | { readonly type: 'guards'; readonly resources: readonly ResourceReport[] }
  /** To be handed on to that thread. */
  | { readonly type: 'tell'; readonly thread: number; readonly message: ToGatewayThread }
  | { readonly type: 'failed'; readonly message: string; readonly stack: string }
  /** A turn of the loop took LONG_TURN_US or more; `pauseUs` of it was garbage collection. Clock microseconds. */
  | { readonly type: 'turn'; readonly startUs: number; readonly endUs: number; readonly pauseUs: number }
  /** One event of the audit log; `sid` is base64url. */
  | {
      readonly type: 'audit';
      readonly event: string;
      readonly slot: number;
      readonly sid?: string;
      readonly peer?: string;
      readonly code?: number;
      readonly detail?: string;
      readonly resource?: string;
      readonly from?: string;
      readonly to?: string;
    };
