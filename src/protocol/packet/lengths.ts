/**
 * Body lengths a type may have, by direction: MIN > MAX (1 and 0) means that the type is unknown in both directions or
 * does not travel that way. Two loads and two compares decide about a packet.
 */
import { CODE_LENGTH, CODE_OK, CODE_TYPE } from './codes.js';
import * as T from './types.js';

export interface LengthTable {
  readonly min: Uint16Array;
  readonly max: Uint16Array;
}

function emptyTable(): LengthTable {
  return { min: new Uint16Array(65536).fill(1), max: new Uint16Array(65536) };
}

/** Client to server. */
export const CLIENT_BODY: LengthTable = emptyTable();
/** Server to client. */
export const SERVER_BODY: LengthTable = emptyTable();
/** Either direction: a type that travels both ways has the same bounds both ways. */
const ANY_BODY: LengthTable = emptyTable();
/** 1 for every type that exists in some direction. */
export const KNOWN_TYPE = new Uint8Array(65536);

export const MAX_TOKEN_BYTES = 1024;
export const MAX_RESULT_BYTES = 4080;
export const MAX_ROOM_ROWS = 4094;

function define(table: LengthTable, type: number, min: number, max: number): void {
  table.min[type] = min;
  table.max[type] = max;
  ANY_BODY.min[type] = min;
  ANY_BODY.max[type] = max;
  KNOWN_TYPE[type] = 1;
}

/** True when the type exists, whatever way it travels. */
export function isKnownType(type: number): boolean {
  return KNOWN_TYPE[type] === 1;
}

/**
 * The first two checks of a header: CODE_TYPE for an unknown type, CODE_LENGTH for a length outside the type's bounds, else
 * CODE_OK. Whether the type may travel that way is a matter of state (CODE_STATE) and comes after them.
 */
export function bodyFault(type: number, bodyBytes: number): number {
  const min = ANY_BODY.min[type]!;
  const max = ANY_BODY.max[type]!;
  if (min > max) return CODE_TYPE;
  return bodyBytes < min || bodyBytes > max ? CODE_LENGTH : CODE_OK;
}

define(SERVER_BODY, T.HELLO, 40, 40);
define(CLIENT_BODY, T.AUTH, 89, 88 + MAX_TOKEN_BYTES);
define(SERVER_BODY, T.AUTH_OK, 48, 48);
define(SERVER_BODY, T.AUTH_ERR, 8, 8);
define(CLIENT_BODY, T.REFRESH, 84, 84);
define(SERVER_BODY, T.REFRESH_OK, 45, 44 + MAX_TOKEN_BYTES);
define(CLIENT_BODY, T.PING, 32, 32);
define(SERVER_BODY, T.PONG, 40, 40);
define(CLIENT_BODY, T.OP, 4, T.MAX_CLIENT_BODY);
define(CLIENT_BODY, T.OP_SIGNED, 40, T.MAX_CLIENT_BODY);
define(SERVER_BODY, T.OP_ACK, 16, 16 + MAX_RESULT_BYTES);
define(CLIENT_BODY, T.ROOM_JOIN, 8, 8);
define(SERVER_BODY, T.JOINED, 16, 16);
define(CLIENT_BODY, T.ROOM_LEAVE, 4, 4);
define(SERVER_BODY, T.LEFT, 8, 8);
define(SERVER_BODY, T.ROOM_STATE, 24, 24 + 16 * MAX_ROOM_ROWS);
define(CLIENT_BODY, T.DISCONNECT, 4, 4);
define(SERVER_BODY, T.DISCONNECT, 4, 4);
define(CLIENT_BODY, T.ACK_CLOSE, 16, 16);
define(SERVER_BODY, T.ACK_CLOSE, 16, 16);
define(SERVER_BODY, T.ERROR, 12, 12);

/**
 * Registers a scenario's own packet type for both directions, before any connection starts. Throws a RangeError when the
 * type is below 0x8000, taken, or the bounds are not whole numbers with 0 <= min <= max <= 4096.
 */
export function registerPacketType(type: number, minBodyBytes: number, maxBodyBytes: number): void {
  const whole = Number.isInteger(type) && Number.isInteger(minBodyBytes) && Number.isInteger(maxBodyBytes);
  if (!whole || type < T.FIRST_SCENARIO_TYPE || type > 0xffff)
    throw new RangeError(`a scenario's packet type is 0x8000 to 0xffff, not ${type}`);
  if (minBodyBytes < 0 || minBodyBytes > maxBodyBytes || maxBodyBytes > T.MAX_CLIENT_BODY) {
    throw new RangeError(`a body is 0 to ${T.MAX_CLIENT_BODY} bytes, not ${minBodyBytes} to ${maxBodyBytes}`);
  }
  if (isKnownType(type)) throw new RangeError(`packet type 0x${type.toString(16)} is registered already`);
  define(CLIENT_BODY, type, minBodyBytes, maxBodyBytes);
  define(SERVER_BODY, type, minBodyBytes, maxBodyBytes);
}
