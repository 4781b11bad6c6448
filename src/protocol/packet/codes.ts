/** Result and error codes: hi * 256 + lo (docs/protocol.md, "Codes"). */
export const CODE_OK = 0;
/** Reserved, never sent. */
export const CODE_HEADER = 0x0101;
export const CODE_LENGTH = 0x0102;
export const CODE_TYPE = 0x0103;
export const CODE_STATE = 0x0104;
export const CODE_SEQ = 0x0105;
/** Reserved, never sent: the frame decoder closes 1009 first. */
export const CODE_TOO_LARGE = 0x0106;
/** Only in audit and metrics: a text frame is closed 1003. */
export const CODE_TEXT = 0x0107;
export const CODE_VERSION = 0x0108;
export const CODE_BUNDLE = 0x0109;
export const CODE_AUTH_FAILED = 0x0201;
export const CODE_AUTH_TIMEOUT = 0x0202;
export const CODE_TOKEN_EXPIRED = 0x0203;
export const CODE_REVOKED = 0x0204;
export const CODE_REPLACED = 0x0205;
export const CODE_BAD_MAC = 0x0206;
export const CODE_REPLAY = 0x0207;
export const CODE_TS_SKEW = 0x0208;
export const CODE_STORE_DOWN = 0x0209;
export const CODE_RATE = 0x0301;
export const CODE_OP_WINDOW = 0x0302;
export const CODE_SLOW_CONSUMER = 0x0303;
export const CODE_FULL = 0x0304;
export const CODE_BREAKER_OPEN = 0x0305;
export const CODE_NO_ROOM = 0x0401;
export const CODE_ROOM_FULL = 0x0402;
export const CODE_NOT_MEMBER = 0x0403;
export const CODE_BAD_OP = 0x0404;
export const CODE_INTERNAL = 0x0501;
export const CODE_DRAINING = 0x0502;
export const CODE_DEAD = 0x0503;

const NAMES = new Map<number, string>([
  [CODE_OK, 'OK'],
  [CODE_HEADER, 'HEADER'],
  [CODE_LENGTH, 'LENGTH'],
  [CODE_TYPE, 'TYPE'],
  [CODE_STATE, 'STATE'],
  [CODE_SEQ, 'SEQ'],
  [CODE_TOO_LARGE, 'TOO_LARGE'],
  [CODE_TEXT, 'TEXT'],
  [CODE_VERSION, 'VERSION'],
  [CODE_BUNDLE, 'BUNDLE'],
  [CODE_AUTH_FAILED, 'AUTH_FAILED'],
  [CODE_AUTH_TIMEOUT, 'AUTH_TIMEOUT'],
  [CODE_TOKEN_EXPIRED, 'TOKEN_EXPIRED'],
  [CODE_REVOKED, 'REVOKED'],
  [CODE_REPLACED, 'REPLACED'],
  [CODE_BAD_MAC, 'BAD_MAC'],
  [CODE_REPLAY, 'REPLAY'],
  [CODE_TS_SKEW, 'TS_SKEW'],
  [CODE_STORE_DOWN, 'STORE_DOWN'],
  [CODE_RATE, 'RATE'],
  [CODE_OP_WINDOW, 'OP_WINDOW'],
  [CODE_SLOW_CONSUMER, 'SLOW_CONSUMER'],
  [CODE_FULL, 'FULL'],
  [CODE_BREAKER_OPEN, 'BREAKER_OPEN'],
  [CODE_NO_ROOM, 'NO_ROOM'],
  [CODE_ROOM_FULL, 'ROOM_FULL'],
  [CODE_NOT_MEMBER, 'NOT_MEMBER'],
  [CODE_BAD_OP, 'BAD_OP'],
  [CODE_INTERNAL, 'INTERNAL'],
  [CODE_DRAINING, 'DRAINING'],
  [CODE_DEAD, 'DEAD'],
]);

/** Every code with its name. */
export const CODE_NAMES: ReadonlyMap<number, string> = NAMES;

/** "AUTH_FAILED" for 0x0201; four hex digits for a code that has no name. */
export function codeName(code: number): string {
  return NAMES.get(code) ?? code.toString(16).padStart(4, '0');
}

/** WebSocket close code of a code other than OK: 4000 + 100 * hi + lo; 0x0201 gives 4201. */
export function closeCodeOf(code: number): number {
  return 4000 + 100 * (code >>> 8) + (code & 0xff);
}
