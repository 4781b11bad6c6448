import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readI32, readU16, readU32, readU64 } from '../../src/protocol/bytes.js';
import { createMacTable } from '../../src/protocol/mac.js';
import * as p from '../../src/protocol/packet.js';
import * as v from './packet-vectors.js';
import { fromHex, fromText, hexOf } from './random-bytes.js';

const C2S = 0;
const S2C = 1;
const macs = createMacTable(3);
macs.setKey(C2S, v.KEY_C2S, 0);
macs.setKey(S2C, v.KEY_S2C, 0);

const token = fromText(`..${v.TOKEN}`);
const authFields: p.AuthFields = {
  flags: p.AUTH_FLAG_RESUME,
  clientUnixMs: v.UNIX_MS,
  cnonce: v.CNONCE,
  cnonceAt: 0,
  dfp: v.DFP,
  dfpAt: 0,
  lastAckNonce: v.NONCE,
  lastAckNonceAt: 0,
  token,
  tokenStart: 2,
  tokenEnd: token.length,
  snonce: v.SNONCE,
  snonceAt: 0,
};
const move = fromHex('fbffffffe8030000');
const trade = fromHex('11000000efbeadde');
const result = fromText('result');
const stored = v.storedPackets();

function roomState(out: Uint8Array, at: number): number {
  const first = p.writeRoomStateHead(out, at, 19999, 1235, 1234, 2, v.MONO_US);
  const second = p.writeRoomRow(out, first, 3, 0, -5, 1000, 0xdeadbeef);
  return p.writeRoomRow(out, second, 4, 1, 2147483647, -2147483648, 0);
}

const WRITERS: Readonly<Record<string, (out: Uint8Array, at: number) => number>> = {
  HELLO: (out, at) => p.writeHello(out, at, 0x0102, 10000, v.UNIX_MS, v.SNONCE, 0),
  AUTH: (out, at) => p.writeAuth(out, at, 1, authFields, macs, C2S),
  AUTH_OK: (out, at) => p.writeAuthOk(out, at, 1, v.SID, 0, 1767226500, 60000, p.AUTH_OK_FLAG_SEAT_KEPT, macs, S2C),
  AUTH_ERR: (out, at) => p.writeAuthErr(out, at, 1, p.CODE_AUTH_FAILED, 1500),
  REFRESH: (out, at) => p.writeRefresh(out, at, 2, v.REFRESH_TOKEN_BYTES, 0, v.DFP, 0, macs, C2S),
  REFRESH_OK: (out, at) => p.writeRefreshOk(out, at, 2, 2, v.SID, 0, 1767227400, token, 2, token.length, macs, S2C),
  PING: (out, at) => p.writePing(out, at, 3, 7, 41, v.MONO_US, macs, C2S),
  PONG: (out, at) => p.writePong(out, at, fromHex(stored.PING!), 0, 40, v.MONO_US + 5, macs, S2C),
  OP: (out, at) => p.writeOp(out, at, 4, p.OPCODE_MOVE, move, 0, 8),
  OP_SIGNED: (out, at) => p.writeOpSigned(out, at, 5, p.OPCODE_TRADE, v.UNIX_MS, v.NONCE, 0, trade, 0, 8, macs, C2S),
  OP_ACK: (out, at) => p.writeOpAck(out, at, 5, p.CODE_OP_WINDOW, p.OP_ACK_FLAG_DUP, 250, v.UNIX_MS, result, 0, 6),
  ROOM_JOIN: (out, at) => p.writeRoomJoin(out, at, 6, 19999),
  JOINED: (out, at) => p.writeJoined(out, at, 6, 19999, 3, 50, 1234, 50, p.CODE_OK),
  ROOM_LEAVE: (out, at) => p.writeRoomLeave(out, at, 7, 19999),
  LEFT: (out, at) => p.writeLeft(out, at, 7, 19999, p.CODE_NOT_MEMBER),
  ROOM_STATE: roomState,
  DISCONNECT: (out, at) => p.writeDisconnect(out, at, 8, p.CODE_DRAINING),
  ACK_CLOSE: (out, at) => p.writeAckClose(out, at, 8, p.ACK_CLOSE_DRAINED, p.CODE_OK, 41, 40, 8),
  ERROR: (out, at) => p.writeError(out, at, p.CODE_SEQ, p.OP, 9, 12),
};

for (const vector of v.VECTORS) {
  test(`${vector.name} is written as stored and as Buffer and node:crypto encode it`, () => {
    assert.equal(hexOf(v.encodeVector(vector)), stored[vector.name], 'the independent encoder and the stored hex');
    // On memory full of ones, so that a byte left unwritten shows.
    const out = new Uint8Array(400).fill(0xff);
    const end = WRITERS[vector.name]!(out, 5);
    assert.equal(hexOf(out, 5, end), stored[vector.name]);
    assert.ok(
      out.subarray(end).every((byte) => byte === 0xff) && out.subarray(0, 5).every((byte) => byte === 0xff),
      'nothing beside it is touched',
    );
    assert.equal(p.packetType(out, 5), vector.type);
    assert.equal(p.packetSeq(out, 5), vector.seq);
    assert.equal(p.packetBodyBytes(out, 5), end - 5 - p.HEADER_BYTES);
    assert.equal(p.bodyFault(vector.type, end - 5 - p.HEADER_BYTES), p.CODE_OK);
  });
}

test('every stored packet has a vector and every type a stored packet', () => {
  assert.deepEqual(
    Object.keys(stored),
    v.VECTORS.map(({ name }) => name),
  );
  const types = new Set(v.VECTORS.map(({ type }) => type));
  for (let type = 0; type < p.FIRST_SCENARIO_TYPE; type++) assert.equal(p.isKnownType(type), types.has(type), `0x${type.toString(16)}`);
});

/** Every field by its offset: reader, packet, offset, value. */
const FIELDS: readonly [read: (bytes: Uint8Array, at: number) => number, packet: string, offset: number, value: number][] = [
  [readU16, 'HELLO', p.HELLO_VERSION, 1],
  [readU16, 'HELLO', p.HELLO_FLAGS, 0x0102],
  [readU32, 'HELLO', p.HELLO_HB_MS, 10000],
  [readU16, 'HELLO', p.HELLO_MAX_BODY, 4096],
  [readU16, 'HELLO', p.HELLO_MAX_BUNDLE, 16],
  [readU32, 'HELLO', p.HELLO_RESERVED, 0],
  [readU64, 'HELLO', p.HELLO_SERVER_UNIX_MS, v.UNIX_MS],
  [readU16, 'AUTH', p.AUTH_VERSION, 1],
  [readU16, 'AUTH', p.AUTH_FLAGS, 1],
  [readU64, 'AUTH', p.AUTH_CLIENT_UNIX_MS, v.UNIX_MS],
  [readU16, 'AUTH', p.AUTH_TOKEN_BYTES, v.TOKEN.length],
  [readU16, 'AUTH', p.AUTH_RESERVED, 0],
  [readU32, 'AUTH_OK', p.AUTH_OK_ACCESS_EXP_S, 1767226500],
  [readU32, 'AUTH_OK', p.AUTH_OK_HB_MS, 60000],
  [readU32, 'AUTH_OK', p.AUTH_OK_FLAGS, 1],
  [readU16, 'AUTH_ERR', p.AUTH_ERR_CODE, 0x0201],
  [readU32, 'AUTH_ERR', p.AUTH_ERR_RETRY_AFTER_MS, 1500],
  [readU32, 'REFRESH_OK', p.REFRESH_OK_GEN, 2],
  [readU32, 'REFRESH_OK', p.REFRESH_OK_ACCESS_EXP_S, 1767227400],
  [readU16, 'REFRESH_OK', p.REFRESH_OK_TOKEN_BYTES, v.TOKEN.length],
  [readU32, 'PING', p.PING_HB_NO, 7],
  [readU32, 'PING', p.PING_OPS_SENT, 41],
  [readU64, 'PING', p.PING_CLIENT_MONO_US, v.MONO_US],
  [readU32, 'PONG', p.PONG_HB_NO, 7],
  [readU32, 'PONG', p.PONG_OPS_SEEN, 40],
  [readU64, 'PONG', p.PONG_CLIENT_MONO_US, v.MONO_US],
  [readU64, 'PONG', p.PONG_SERVER_MONO_US, v.MONO_US + 5],
  [readU16, 'OP', p.OP_OPCODE, 2],
  [readU16, 'OP', p.OP_FLAGS, 0],
  [readI32, 'OP', p.OP_PAYLOAD, -5],
  [readU16, 'OP_SIGNED', p.OP_SIGNED_OPCODE, 3],
  [readU64, 'OP_SIGNED', p.OP_SIGNED_TS_UNIX_MS, v.UNIX_MS],
  [readU32, 'OP_SIGNED', p.OP_SIGNED_RESERVED, 0],
  [readU32, 'OP_SIGNED', p.OP_SIGNED_PAYLOAD + 4, 0xdeadbeef],
  [readU16, 'OP_ACK', p.OP_ACK_CODE, 0x0302],
  [readU16, 'OP_ACK', p.OP_ACK_FLAGS, 1],
  [readU32, 'OP_ACK', p.OP_ACK_PROC_US, 250],
  [readU64, 'OP_ACK', p.OP_ACK_SERVER_UNIX_MS, v.UNIX_MS],
  [readU32, 'ROOM_JOIN', p.ROOM_JOIN_ROOM, 19999],
  [readU32, 'ROOM_JOIN', p.ROOM_JOIN_FLAGS, 0],
  [readU32, 'JOINED', p.JOINED_ROOM, 19999],
  [readU16, 'JOINED', p.JOINED_SLOT, 3],
  [readU16, 'JOINED', p.JOINED_MEMBERS, 50],
  [readU32, 'JOINED', p.JOINED_TICK, 1234],
  [readU16, 'JOINED', p.JOINED_TICK_MS, 50],
  [readU16, 'JOINED', p.JOINED_CODE, 0],
  [readU32, 'ROOM_LEAVE', p.ROOM_LEAVE_ROOM, 19999],
  [readU32, 'LEFT', p.LEFT_ROOM, 19999],
  [readU16, 'LEFT', p.LEFT_CODE, 0x0403],
  [readU32, 'ROOM_STATE', p.ROOM_STATE_ROOM, 19999],
  [readU32, 'ROOM_STATE', p.ROOM_STATE_TICK, 1235],
  [readU32, 'ROOM_STATE', p.ROOM_STATE_BASE_TICK, 1234],
  [readU16, 'ROOM_STATE', p.ROOM_STATE_COUNT, 2],
  [readU16, 'ROOM_STATE', p.ROOM_STATE_STRIDE, 16],
  [readU64, 'ROOM_STATE', p.ROOM_STATE_SERVER_MONO_US, v.MONO_US],
  [readU16, 'ROOM_STATE', p.ROOM_STATE_ROWS + p.ROOM_ROW_BYTES + p.ROOM_ROW_ID, 4],
  [readU16, 'ROOM_STATE', p.ROOM_STATE_ROWS + p.ROOM_ROW_BYTES + p.ROOM_ROW_FLAGS, 1],
  [readI32, 'ROOM_STATE', p.ROOM_STATE_ROWS + p.ROOM_ROW_X, -5],
  [readI32, 'ROOM_STATE', p.ROOM_STATE_ROWS + p.ROOM_ROW_BYTES + p.ROOM_ROW_Y, -2147483648],
  [readU32, 'ROOM_STATE', p.ROOM_STATE_ROWS + p.ROOM_ROW_VAL, 0xdeadbeef],
  [readU16, 'DISCONNECT', p.DISCONNECT_REASON, 0x0502],
  [readU16, 'ACK_CLOSE', p.ACK_CLOSE_CODE, 0],
  [readU32, 'ACK_CLOSE', p.ACK_CLOSE_OPS_SEEN, 41],
  [readU32, 'ACK_CLOSE', p.ACK_CLOSE_OPS_ACKED, 40],
  [readU32, 'ACK_CLOSE', p.ACK_CLOSE_LAST_SEQ, 8],
  [readU16, 'ERROR', p.ERROR_CODE, 0x0105],
  [readU16, 'ERROR', p.ERROR_REF_TYPE, 0x0020],
  [readU32, 'ERROR', p.ERROR_REF_SEQ, 9],
  [readU32, 'ERROR', p.ERROR_DETAIL, 12],
];

test('every field is read at its offset', () => {
  for (const [read, packet, offset, value] of FIELDS) {
    const bytes = fromHex(`00${stored[packet]}`);
    assert.equal(read(bytes, 1 + offset), value, `${packet} at ${offset}`);
  }
  assert.equal(fromHex(stored.ACK_CLOSE!)[p.ACK_CLOSE_PHASE], p.ACK_CLOSE_DRAINED);
  const at = (packet: string, offset: number, count: number): string => hexOf(fromHex(stored[packet]!), offset, offset + count);
  assert.equal(at('HELLO', p.HELLO_SNONCE, 16), hexOf(v.SNONCE));
  assert.equal(at('AUTH', p.AUTH_CNONCE, 16), hexOf(v.CNONCE));
  assert.equal(at('AUTH', p.AUTH_DFP, 32), hexOf(v.DFP));
  assert.equal(at('AUTH', p.AUTH_LAST_ACK_NONCE, 8), hexOf(v.NONCE));
  assert.equal(at('AUTH', p.AUTH_TOKEN, v.TOKEN.length), hexOf(fromText(v.TOKEN)));
  assert.equal(at('AUTH_OK', p.AUTH_OK_SID, 16), hexOf(v.SID));
  assert.equal(at('REFRESH', p.REFRESH_TOKEN, 36), hexOf(v.REFRESH_TOKEN_BYTES));
  assert.equal(at('REFRESH', p.REFRESH_DFP, 32), hexOf(v.DFP));
  assert.equal(at('REFRESH_OK', p.REFRESH_OK_RT_MAC, 16), hexOf(v.SID));
  assert.equal(at('REFRESH_OK', p.REFRESH_OK_TOKEN, v.TOKEN.length), hexOf(fromText(v.TOKEN)));
  assert.equal(at('OP_SIGNED', p.OP_SIGNED_NONCE, 8), hexOf(v.NONCE));
  assert.equal(at('OP_ACK', p.OP_ACK_RESULT, 6), hexOf(result));
});

test('an AUTH without a last nonce holds eight zeroes', () => {
  const out = new Uint8Array(400).fill(0xff);
  p.writeAuth(out, 0, 1, { ...authFields, lastAckNonce: null }, macs, C2S);
  assert.equal(hexOf(out, p.AUTH_LAST_ACK_NONCE, p.AUTH_LAST_ACK_NONCE + 8), '00'.repeat(8));
});

const SIGNED: readonly [name: string, row: number, tagOffset: number][] = [
  ['AUTH_OK', S2C, p.AUTH_OK_TAG],
  ['REFRESH', C2S, p.REFRESH_TAG],
  ['REFRESH_OK', S2C, p.REFRESH_OK_TAG],
  ['PING', C2S, p.PING_TAG],
  ['PONG', S2C, p.PONG_TAG],
  ['OP_SIGNED', C2S, p.OP_SIGNED_TAG],
];

for (const [name, row, tagOffset] of SIGNED) {
  test(`${name} is accepted as it is, and refused with any bit flipped or under the other direction's key`, () => {
    const bytes = fromHex(`0000${stored[name]}`);
    const verify = (): boolean => p.verifyPacket(bytes, 2, bytes.length, tagOffset, macs, row);
    assert.equal(verify(), true);
    for (let bit = 16; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      assert.equal(verify(), false, `bit ${bit - 16}`);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
    }
    assert.equal(p.verifyPacket(bytes, 2, bytes.length, tagOffset, macs, 1 - row), false);
  });
}

test('AUTH is refused with any bit flipped, of the packet or of the nonce of the server', () => {
  const bytes = fromHex(stored.AUTH!);
  const snonce = v.SNONCE.slice();
  const verify = (): boolean => p.verifyAuth(bytes, 0, bytes.length, snonce, 0, macs, C2S);
  assert.equal(verify(), true);
  for (const part of [bytes, snonce]) {
    for (let bit = 0; bit < part.length * 8; bit++) {
      part[bit >> 3]! ^= 1 << (bit & 7);
      assert.equal(verify(), false, `bit ${bit}`);
      part[bit >> 3]! ^= 1 << (bit & 7);
    }
  }
  assert.equal(p.verifyPacket(bytes, 0, bytes.length, p.AUTH_TAG, macs, C2S), false, 'without the nonce');
});
