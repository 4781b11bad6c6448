/** Where the connection of a client stands. */
export const IDLE = 0;
export const CONNECTING = 1;
/** The TCP connection stands, the upgrade request is on its way. */
export const UPGRADING = 2;
/** Upgraded. */
export const OPEN = 3;
/** AUTH is sent. */
export const AUTHENTICATING = 4;
/** Authenticated. */
export const READY = 5;
/** In the exchange of DISCONNECT and ACK_CLOSE. */
export const DRAINING = 6;
/** We sent a close frame or ended the stream; onClosed will follow. */
export const CLOSING = 7;

/** What the flow of a client waits for. */
export const WAIT_NOTHING = 0; // it is about to go on
export const WAIT_FAILED = 1; // it is about to be told that its step or its connection failed
export const WAIT_LOGIN = 2;
export const WAIT_SLOT = 3; // for a place among the connections being opened
export const WAIT_CONNECT = 4;
export const WAIT_AUTH = 5;
export const WAIT_ROOM = 6; // JOINED or LEFT
export const WAIT_ANSWER = 7;
export const WAIT_PUSH = 8; // the message of an expect step
export const WAIT_THINK = 9;
export const WAIT_TICK = 10; // the next intended time of a paced loop
export const WAIT_SETTLED = 11; // the last open request, before the connection is ended
export const WAIT_CLOSED = 12;
export const WAIT_TURN = 13; // a pause that lets others run, or before a failed flow is tried again
export const WAIT_HOLD = 14; // its flow is over, its connection is held
export const WAIT_HTTP = 15; // the answer to a request of HTTP
export const WAIT_OVER = 16; // there is no client on this row, or not yet
export const WAIT_START = 17; // the row is kept for a client that will start shortly

/** Bits of a client's flags. */
export const FLAG_WAS_READY = 1; // counted in sessions_ready
export const FLAG_LEAVING = 2; // shall disconnect as soon as its flow allows
export const FLAG_CLOSE_WANTED = 4; // the connection ends because we want it to
export const FLAG_FLOW_ENDS = 8; // what follows the end of the connection is afterFlow, not the next step
export const FLAG_FLOW_FAILED = 16;
export const FLAG_PING_CHECK = 32; // the heartbeat timer asks for the PONG, not for the next PING
export const FLAG_DEPARTED = 64; // its row is free for another client once it is over
export const FLAG_SLOT = 128; // holds a place among the connections being opened

export interface ClientColumns {
  /** Depth of nested loops, over all programs. */
  readonly loopDepth: number;
  /** Some loop ends after a time. */
  readonly timedLoops: boolean;
}

/**
 * The state of every client: one row a client, one column a field, allocated once. A page of a column that no client
 * wrote to takes no memory, so what only some programs need is not written by the others.
 */
export class ClientTable {
  readonly rows: number;
  /** Index of the scenario that the row belongs to. */
  readonly scenario: Uint8Array;
  readonly phase: Uint8Array;
  readonly waits: Uint8Array;
  readonly flags: Uint8Array;
  /** Instruction the flow stands at. */
  readonly pc: Uint16Array;
  /** Counts the clients that used this row: what arrives for an earlier one is dropped. */
  readonly generation: Uint16Array;
  /** Number of the arrival in the whole run; only for executors whose rows serve one client after another. */
  readonly arrival: Uint32Array;
  /** How often the flow has come round. */
  readonly flowRound: Uint32Array;
  /** When the plan wants what the client does now: the session's start, then each paced or closed send. */
  readonly intendedUs: Float64Array;
  /** When the present step began: low 32 bits of microseconds (sinceUs). */
  readonly stepUs: Uint32Array;
  /** From connect() to the standing TCP connection, us; once authentication has begun, to its beginning. */
  readonly tcpUs: Uint32Array;
  /** Sequence number of the last packet sent. */
  readonly sequence: Uint32Array;
  readonly opsSent: Uint32Array;
  readonly opsAcked: Uint32Array;
  /** The room it asked to join last. */
  readonly room: Uint32Array;
  /** Index of the heartbeat step that it keeps. */
  readonly heartbeatStep: Uint8Array;
  /** Number of the last PING sent. */
  readonly heartbeat: Uint32Array;
  /** PINGs sent and not answered. */
  readonly openPings: Uint16Array;
  readonly missedPings: Uint8Array;
  /** By depth: iteration of the loop. */
  readonly loopRound: readonly Uint32Array[];
  /** By depth: which tick of a paced loop's grid is next. */
  readonly loopTick: readonly Uint32Array[];
  /** By depth: when a loop with an end was entered, us; empty when no loop has one. */
  readonly loopStartUs: readonly Float64Array[];

  constructor(rows: number, { loopDepth, timedLoops }: ClientColumns) {
    this.rows = rows;
    this.scenario = new Uint8Array(rows);
    this.phase = new Uint8Array(rows);
    this.waits = new Uint8Array(rows).fill(WAIT_OVER);
    this.flags = new Uint8Array(rows);
    this.pc = new Uint16Array(rows);
    this.generation = new Uint16Array(rows);
    this.arrival = new Uint32Array(rows);
    this.flowRound = new Uint32Array(rows);
    this.intendedUs = new Float64Array(rows);
    this.stepUs = new Uint32Array(rows);
    this.tcpUs = new Uint32Array(rows);
    this.sequence = new Uint32Array(rows);
    this.opsSent = new Uint32Array(rows);
    this.opsAcked = new Uint32Array(rows);
    this.room = new Uint32Array(rows);
    this.heartbeatStep = new Uint8Array(rows);
    this.heartbeat = new Uint32Array(rows);
    this.openPings = new Uint16Array(rows);
    this.missedPings = new Uint8Array(rows);
    const byDepth = Array.from({ length: loopDepth });
    this.loopRound = byDepth.map(() => new Uint32Array(rows));
    this.loopTick = byDepth.map(() => new Uint32Array(rows));
    this.loopStartUs = timedLoops ? byDepth.map(() => new Float64Array(rows)) : [];
  }

  /** Notes that a step begins. */
  beginStep(row: number, nowUs: number): void {
    this.stepUs[row] = nowUs;
  }

  /** Time since beginStep, in whole microseconds; right up to 71 minutes, and every step has a shorter time-out. */
  sinceUs(row: number, nowUs: number): number {
    return (Math.floor(nowUs) - this.stepUs[row]!) >>> 0;
  }

  /** Sequence number of the packet that is sent now. */
  nextSequence(row: number): number {
    const sequence = this.sequence[row]! + 1;
    this.sequence[row] = sequence;
    return sequence;
  }

  /** Forgets the connection's counters: sequence numbers and the ledger start again with each connection. */
  resetConnection(row: number): void {
    this.missedPings[row] = 0;
    this.openPings[row] = 0;
    if (this.heartbeat[row] !== 0) this.heartbeat[row] = 0;
    if (this.sequence[row] === 0) return; // leaves pages of programs without packets untouched
    this.sequence[row] = 0;
    this.opsSent[row] = 0;
    this.opsAcked[row] = 0;
  }
}
