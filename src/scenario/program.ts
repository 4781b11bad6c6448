/**
 * A flow, compiled: one flat table of instructions shared by all clients; a client is a program counter into it. All of
 * it is plain data, so that it can be posted to a worker thread.
 */
import type { Expression, Template } from './expression.js';
import type { Framing } from './framing.js';
import type { Layout, Packet } from './layout.js';

/**
 * Opcodes. An instruction is `INSTRUCTION_WORDS` 32-bit words: opcode, a, b, c. What a, b and c mean stands behind each.
 * Places to go to are numbers of instructions (the first is 0), not of words.
 */
export const OP_END = 0; // the flow is over: afterFlow says what next
export const OP_LOGIN = 1; // a: index in logins
export const OP_CONNECT = 2; // a: index in connects
export const OP_AUTH = 3; // a: index in durationsUs (time-out)
export const OP_HEARTBEAT = 4; // a: index in heartbeats
export const OP_JOIN = 5; // a: index in rooms
export const OP_LEAVE = 6; // a: index in durationsUs (time-out)
export const OP_OPERATION = 7; // a: index in operations
export const OP_SEND = 8; // a: index in sends
export const OP_EXPECT = 9; // a: index in expects
export const OP_THINK = 10; // a: index in thinks
export const OP_LOOP = 11; // a: index in loops, b: where to go on after the loop
export const OP_NEXT = 12; // a: index in loops, b: the first instruction of the loop's body
export const OP_DISCONNECT = 13; // a: close code (1000), b: 1 = with DISCONNECT and ACK_CLOSE of the reference protocol when authenticated
export const OP_CHOOSE = 14; // a: index in chooses
export const OP_JUMP = 15; // a: where to go on; the end of a branch
export const OP_EVERY = 16; // a: index in everys, b: where the flow goes on; the sends between run beside it
export const OP_HTTP = 17; // a: index in https
export const OP_DRIVE = 18; // the driver of the scenario takes over, until it closes the connection
export const INSTRUCTION_WORDS = 4;

/** Loops nest at most this deep, so that a client's loop counters are fixed columns. */
export const MAX_LOOP_DEPTH = 3;
/** Every steps of one flow, because each is some columns of all its clients. */
export const MAX_EVERYS = 4;

export interface LoginStep {
  readonly uid: Template;
  readonly proof: 'none' | 'ticket' | 'scrypt';
  /** The proof text for ticket and scrypt. */
  readonly secret?: Template;
  readonly timeoutUs: number;
}

export interface ConnectStep {
  /** Overrides the path of the target. */
  readonly path?: Template;
  readonly headers: readonly { readonly name: string; readonly value: Template }[];
  readonly subprotocol?: string;
  /** Of a tcp or tls connection: how messages are told apart. */
  readonly framing?: Framing;
  readonly timeoutUs: number;
}

export interface HeartbeatStep {
  readonly periodUs: number;
  /** 0 .. 1: each period is varied by up to this share, both ways. */
  readonly jitter: number;
}

export interface JoinStep {
  readonly room: Expression;
  readonly timeoutUs: number;
}

/** What an answer must be to count as a passed check. */
export interface Expectation {
  /** The answer must come within this time of the actual send. */
  readonly withinUs: number;
  /** Result code of an OP_ACK, by number (0 is ok). */
  readonly code?: number;
  /** The text payload must contain this. */
  readonly contains?: Template;
  /** The text payload must equal this. */
  readonly text?: Template;
  /** JSON pointer -> value that it must equal. */
  readonly json?: readonly { readonly pointer: string; readonly equals: Expression }[];
  /** The message must be this packet, with what its fields hold where that is not null. */
  readonly packet?: Packet;
  /** Unsigned numbers at fixed places of the message. */
  readonly bytes?: readonly {
    readonly offset: number;
    readonly width: 1 | 2 | 4 | 8;
    readonly littleEndian: boolean;
    readonly equals: Expression;
  }[];
  /** What the client keeps of it. An answer that lacks one of them is not what was expected. */
  readonly captures?: readonly CaptureRule[];
}

/** Where in an answer a value stands. `capture` is its index in the plan's captures. */
export type CaptureRule = { readonly capture: number; readonly name: string } & (
  | { readonly by: 'json'; readonly pointer: string }
  | { readonly by: 'bytes'; readonly offset: number; readonly width: 1 | 2 | 4 | 8; readonly littleEndian: boolean }
);

export interface OperationStep {
  /** Opcode on the wire (docs/protocol.md). */
  readonly opcode: number;
  /** OP_SIGNED instead of OP. */
  readonly signed: boolean;
  /** Payload fields in wire order. */
  readonly payload: readonly PayloadField[];
  /** Without one the answer is still awaited, timed and counted, and any code passes. */
  readonly expect: Expectation;
}

export type PayloadField =
  | { readonly kind: 'i32' | 'u32' | 'u16' | 'u8'; readonly value: Expression }
  | { readonly kind: 'bytes'; readonly hex: string }
  | { readonly kind: 'text'; readonly value: Template };

/** One field of a packet, by its index. */
export interface FieldPlace {
  readonly layout: Layout;
  readonly field: number;
}

export interface SendStep {
  readonly kind: 'text' | 'binary';
  /** For text and json: the text with its values. */
  readonly text?: Template;
  /** For binary: the bytes, as hex digits. */
  readonly hex?: string;
  /** For binary, instead of hex. */
  readonly packet?: Packet;
  /** Pairs an answer with its request; without it, by order. */
  readonly match?:
    | { readonly by: 'json'; readonly pointer: string }
    | { readonly by: 'bytes'; readonly offset: number; readonly width: 1 | 2 | 4 | 8; readonly littleEndian: boolean }
    | { readonly by: 'field'; readonly request: FieldPlace; readonly answer: FieldPlace };
  /** Present: the next message that matches is the answer; it is timed. Absent: fire and forget. */
  readonly expect?: Expectation;
  /** Present: the server passes it on to other clients, who are counted and timed. */
  readonly broadcast?: BroadcastStep;
}

export interface BroadcastStep {
  /** Where receivers find the value that they know the message by. */
  readonly match: NonNullable<SendStep['match']>;
  /** Other clients that must receive it; absent: all that are connected. */
  readonly receivers?: Expression;
  /** Of the actual send. */
  readonly withinUs: number;
}

export interface HttpStep {
  readonly method: string;
  /** "http://host:port" of a server beside the target. Absent: the target, on the client's own connection, which the instruction before opens. */
  readonly origin?: string;
  /** Absent: the path of the target. */
  readonly path?: Template;
  readonly headers: readonly { readonly name: string; readonly value: Template }[];
  readonly body?: { readonly kind: 'text'; readonly text: Template } | { readonly kind: 'bytes'; readonly hex: string };
  /** Absent: every status below 400 passes. */
  readonly statuses?: readonly number[];
  readonly expect: Expectation;
  /** Redirects that are followed. */
  readonly follow: number;
  readonly keepalive: boolean;
}

export interface ThinkStep {
  readonly minUs: number;
  readonly maxUs: number;
  /** Present: normally distributed around the middle of minUs and maxUs, cut at 0. Absent: evenly from minUs to maxUs. */
  readonly deviationUs?: number;
}

export interface LoopStep {
  /** 0 .. MAX_LOOP_DEPTH - 1: which loop column of the client this loop uses. */
  readonly depth: number;
  /** Paced: an iteration every so often by the plan. Absent: the next one follows the last (closed). */
  readonly periodUs?: number;
  /** Ends after that many iterations. */
  readonly count?: number;
  /** Ends after that time. Without count and forUs the loop ends with the scenario; what stands after it is then still done. */
  readonly forUs?: number;
}

export interface ChooseStep {
  /** By branch: the sum of its weight and of those before it, as a share of all. The last is 1. */
  readonly upTo: readonly number[];
  /** By branch: its first instruction. */
  readonly branches: readonly number[];
  /** Where all branches go on. */
  readonly after: number;
}

export interface EveryStep {
  readonly periodUs: number;
  /** 0 .. 0.5: each round is moved by up to this share of the period, both ways. */
  readonly jitter: number;
  /** Its sends and operations are the instructions from body to before after. */
  readonly body: number;
  readonly after: number;
}

/** What a client does when its connection is lost or cannot be opened. */
export interface ReconnectStep {
  /** Wait before the first attempt in a row; absent: minUs. */
  readonly afterUs?: number;
  /** Waits before attempts: minUs, times factor with each one in a row, at most maxUs. */
  readonly minUs: number;
  readonly maxUs: number;
  readonly factor: number;
  /** 0 .. 1: each wait is varied by up to this share, both ways. */
  readonly jitter: number;
  /** Attempts in a row without a ready session; absent: as many as it takes. */
  readonly attempts?: number;
}

export interface Program {
  /** INSTRUCTION_WORDS words an instruction; the last instruction is OP_END. */
  readonly code: Int32Array;
  readonly durationsUs: readonly number[];
  readonly logins: readonly LoginStep[];
  readonly connects: readonly ConnectStep[];
  readonly heartbeats: readonly HeartbeatStep[];
  readonly rooms: readonly JoinStep[];
  readonly operations: readonly OperationStep[];
  readonly sends: readonly SendStep[];
  readonly expects: readonly Expectation[];
  readonly thinks: readonly ThinkStep[];
  readonly loops: readonly LoopStep[];
  readonly chooses: readonly ChooseStep[];
  readonly everys: readonly EveryStep[];
  readonly https: readonly HttpStep[];
  readonly reconnect?: ReconnectStep;
}
