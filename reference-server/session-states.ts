import * as P from '../src/protocol/packet.js';
import { CONNECTIONS_CLOSING, CONNECTIONS_LEAVING, CONNECTIONS_READY, CONNECTIONS_UNAUTHENTICATED } from './counters.js';

/** The slot has no connection. */
export const FREE = 0;
/** HELLO is sent, AUTH awaited. */
export const GREETED = 1;
/** Authenticated. */
export const READY = 2;
/** We sent DISCONNECT and await the client's ACK_CLOSE phase 1. */
export const ASKED_TO_LEAVE = 3;
/** The client heard us and drains; its ACK_CLOSE phase 2 is awaited. */
export const DRAINING = 4;
/** The client sent DISCONNECT and has our two ACK_CLOSE; its own phase 2 is awaited. */
export const LEAVING = 5;
/** All is said on our own DISCONNECT; the client's close frame is awaited. */
export const PARTED = 6;
/** Our close frame is sent; whatever comes is ignored. */
export const CLOSED = 7;

const STATES = 8;

/** The gauge that counts connections in this state; -1 for none. */
export const STATE_GAUGES = new Int8Array(STATES).fill(CONNECTIONS_LEAVING);
STATE_GAUGES[FREE] = -1;
STATE_GAUGES[GREETED] = CONNECTIONS_UNAUTHENTICATED;
STATE_GAUGES[READY] = CONNECTIONS_READY;
STATE_GAUGES[CLOSED] = CONNECTIONS_CLOSING;

const bit = (state: number): number => 1 << state;

/** Bit n is set when a client may send this packet type in state n. No bit: never, so 0104. */
export const LEGAL_STATES = new Uint8Array(65_536);
LEGAL_STATES[P.AUTH] = bit(GREETED);
LEGAL_STATES[P.REFRESH] = bit(READY) | bit(ASKED_TO_LEAVE);
LEGAL_STATES[P.PING] = bit(READY) | bit(ASKED_TO_LEAVE) | bit(DRAINING);
LEGAL_STATES[P.OP] = bit(READY) | bit(ASKED_TO_LEAVE);
LEGAL_STATES[P.OP_SIGNED] = bit(READY) | bit(ASKED_TO_LEAVE);
LEGAL_STATES[P.ROOM_JOIN] = bit(READY) | bit(ASKED_TO_LEAVE);
LEGAL_STATES[P.ROOM_LEAVE] = bit(READY) | bit(ASKED_TO_LEAVE);
LEGAL_STATES[P.DISCONNECT] = bit(READY) | bit(ASKED_TO_LEAVE);
LEGAL_STATES[P.ACK_CLOSE] = bit(ASKED_TO_LEAVE) | bit(DRAINING) | bit(LEAVING);
