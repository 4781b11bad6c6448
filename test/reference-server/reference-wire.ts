/**
 * The wire of docs/protocol.md once more, written from the specification with Buffer and node:crypto and nothing of
 * src/protocol: the outside oracle of the server's tests.
 */
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';

export const TYPE = {
  HELLO: 0x01,
  AUTH: 0x02,
  AUTH_OK: 0x03,
  AUTH_ERR: 0x04,
  REFRESH: 0x05,
  REFRESH_OK: 0x06,
  PING: 0x10,
  PONG: 0x11,
  OP: 0x20,
  OP_SIGNED: 0x21,
  OP_ACK: 0x22,
  ROOM_JOIN: 0x30,
  JOINED: 0x31,
  ROOM_LEAVE: 0x32,
  LEFT: 0x33,
  ROOM_STATE: 0x34,
  DISCONNECT: 0x40,
  ACK_CLOSE: 0x41,
  ERROR: 0x7f,
} as const;

export interface Packet {
  readonly type: number;
  readonly seq: number;
  readonly body: Buffer;
}

export interface Keys {
  readonly c2s: Buffer;
  readonly s2c: Buffer;
}

export interface Credential {
  readonly uid: string;
  readonly token: string;
  readonly secret: Buffer;
  readonly sid: Buffer;
  readonly dfp: Buffer;
}

export function packet(type: number, seq: number, body: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(type, 0);
  head.writeUInt32LE(seq, 2);
  head.writeUInt16LE(body.length, 6);
  return Buffer.concat([head, body]);
}

/** Fields in wire order: [bytes, value] with 2, 4 or 8 bytes, little-endian, or the bytes themselves. */
export function fields(...list: (readonly [2 | 4 | 8, number] | Uint8Array)[]): Buffer {
  return Buffer.concat(
    list.map((field) => {
      if (field instanceof Uint8Array) return field;
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(field[1]));
      return bytes.subarray(0, field[0]);
    }),
  );
}

export function parse(message: Uint8Array): Packet[] {
  const bytes = Buffer.from(message);
  const packets: Packet[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt16LE(at + 6);
    packets.push({ type: bytes.readUInt16LE(at), seq: bytes.readUInt32LE(at + 2), body: bytes.subarray(at + 8, at + 8 + length) });
    at += 8 + length;
    if (at > bytes.length) throw new Error('a packet spans messages');
  }
  return packets;
}

export function connectionKeys(secret: Uint8Array, snonce: Uint8Array, cnonce: Uint8Array): Keys {
  const derive = (info: string): Buffer => Buffer.from(hkdfSync('sha256', secret, Buffer.concat([snonce, cnonce]), info, 32));
  return { c2s: derive('gwrk/1 c2s'), s2c: derive('gwrk/1 s2c') };
}

const mac = (key: Uint8Array, ...parts: Uint8Array[]): Buffer =>
  createHmac('sha256', key).update(Buffer.concat(parts)).digest().subarray(0, 16);

/** A packet with its tag, 16 bytes at `tagAt` of the body, in place. */
export function signed(
  key: Uint8Array,
  type: number,
  seq: number,
  body: Buffer,
  tagAt: number,
  extra: Uint8Array = Buffer.alloc(0),
): Buffer {
  const whole = packet(type, seq, body);
  const tag = mac(key, whole.subarray(0, 8 + tagAt), whole.subarray(8 + tagAt + 16), extra);
  whole.set(tag, 8 + tagAt);
  return whole;
}

export function hasGoodTag(key: Uint8Array, { type, seq, body }: Packet, tagAt: number): boolean {
  const whole = packet(type, seq, body);
  return mac(key, whole.subarray(0, 8 + tagAt), whole.subarray(8 + tagAt + 16)).equals(body.subarray(tagAt, tagAt + 16));
}

const TAG = Buffer.alloc(16);

export interface AuthChanges {
  readonly version?: number;
  readonly flags?: number;
  readonly lastAckNonce?: Buffer;
  readonly tokenBytes?: number;
  readonly reserved?: number;
}

export function auth(keys: Keys, seq: number, credential: Credential, snonce: Buffer, cnonce: Buffer, changes: AuthChanges = {}): Buffer {
  const token = Buffer.from(credential.token, 'latin1');
  const { version = 1, flags = 0, lastAckNonce = Buffer.alloc(8), tokenBytes = token.length, reserved = 0 } = changes;
  const head = fields([2, version], [2, flags], [8, 0], cnonce, credential.dfp, lastAckNonce, [2, tokenBytes], [2, reserved]);
  return signed(keys.c2s, TYPE.AUTH, seq, Buffer.concat([head, TAG, token]), 72, snonce);
}

export const ping = (keys: Keys, seq: number, heartbeat: number, opsSent: number, clientUs = 77): Buffer =>
  signed(keys.c2s, TYPE.PING, seq, fields([4, heartbeat], [4, opsSent], [8, clientUs], TAG), 16);

export const refresh = (keys: Keys, seq: number, token: Uint8Array, dfp: Uint8Array): Buffer =>
  signed(keys.c2s, TYPE.REFRESH, seq, fields(token, dfp, TAG), 68);

export const op = (seq: number, opcode: number, payload: Uint8Array, flags = 0): Buffer =>
  packet(TYPE.OP, seq, fields([2, opcode], [2, flags], payload));

export function opSigned(
  keys: Keys,
  seq: number,
  opcode: number,
  unixMs: number,
  nonce: Uint8Array,
  payload: Uint8Array,
  flags = 0,
  reserved = 0,
): Buffer {
  const body = fields([2, opcode], [2, flags], [8, unixMs], nonce, [4, reserved], TAG, payload);
  return signed(keys.c2s, TYPE.OP_SIGNED, seq, body, 24);
}

export const join = (seq: number, room: number, flags = 0): Buffer => packet(TYPE.ROOM_JOIN, seq, fields([4, room], [4, flags]));
export const leave = (seq: number, room: number): Buffer => packet(TYPE.ROOM_LEAVE, seq, fields([4, room]));
export const disconnect = (seq: number, flags = 0): Buffer => packet(TYPE.DISCONNECT, seq, fields([2, 0], [2, flags]));

export function ackClose(seq: number, phase: number, ops: number, acked: number, lastSeq: number, reserved = 0): Buffer {
  return packet(TYPE.ACK_CLOSE, seq, fields(Uint8Array.of(phase, reserved), [2, 0], [4, ops], [4, acked], [4, lastSeq]));
}

export function opAck({ seq, body }: Packet): { seq: number; code: number; flags: number; result: Buffer } {
  return { seq, code: body.readUInt16LE(0), flags: body.readUInt16LE(2), result: body.subarray(16) };
}

export function roomState({ seq, body }: Packet) {
  const rows = [];
  for (let at = 24; at < body.length; at += 16) {
    rows.push({
      id: body.readUInt16LE(at),
      flags: body.readUInt16LE(at + 2),
      x: body.readInt32LE(at + 4),
      y: body.readInt32LE(at + 8),
      val: body.readUInt32LE(at + 12),
    });
  }
  return {
    seq,
    room: body.readUInt32LE(0),
    tick: body.readUInt32LE(4),
    baseTick: body.readUInt32LE(8),
    count: body.readUInt16LE(12),
    rows,
  };
}

export const fresh = (count: number): Buffer => randomBytes(count);
