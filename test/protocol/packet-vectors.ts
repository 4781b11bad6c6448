/**
 * One packet of every type, described field by field from docs/protocol.md and encoded with Buffer and node:crypto alone:
 * nothing here comes from src/protocol. fixtures/packets.json holds the same packets as hex, for clients in other languages.
 */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';

export const bytesFrom = (first: number, count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => first + i);

export const KEY_C2S = bytesFrom(0x10, 32);
export const KEY_S2C = bytesFrom(0x40, 32);
export const SNONCE = bytesFrom(0xa0, 16);
export const CNONCE = bytesFrom(0xb0, 16);
export const DFP = bytesFrom(0x60, 32);
export const SID = bytesFrom(0xc0, 16);
export const NONCE = bytesFrom(0xd0, 8);
export const REFRESH_TOKEN_BYTES = bytesFrom(0x20, 36);
export const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln';
export const UNIX_MS = 1767225600123;
export const MONO_US = 987654321012;

type Field =
  | readonly ['u8' | 'u16' | 'u32' | 'i32' | 'u64', number]
  | readonly ['bytes', Uint8Array]
  | readonly ['text', string]
  | readonly ['tag'];

export interface PacketVector {
  readonly name: string;
  readonly type: number;
  readonly seq: number;
  readonly body: readonly Field[];
  /** Key of the tag, when there is one. */
  readonly key?: Uint8Array;
  /** Signed behind the packet, not sent. */
  readonly extra?: Uint8Array;
}

const HEX = 0xdeadbeef;

export const VECTORS: readonly PacketVector[] = [
  {
    name: 'HELLO',
    type: 1,
    seq: 0,
    body: [
      ['u16', 1],
      ['u16', 0x0102],
      ['u32', 10000],
      ['u16', 4096],
      ['u16', 16],
      ['u32', 0],
      ['u64', UNIX_MS],
      ['bytes', SNONCE],
    ],
  },
  {
    name: 'AUTH',
    type: 2,
    seq: 1,
    body: [
      ['u16', 1],
      ['u16', 1],
      ['u64', UNIX_MS],
      ['bytes', CNONCE],
      ['bytes', DFP],
      ['bytes', NONCE],
      ['u16', TOKEN.length],
      ['u16', 0],
      ['tag'],
      ['text', TOKEN],
    ],
    key: KEY_C2S,
    extra: SNONCE,
  },
  {
    name: 'AUTH_OK',
    type: 3,
    seq: 1,
    body: [['bytes', SID], ['u32', 1767226500], ['u32', 60000], ['u32', 1], ['u32', 0], ['tag']],
    key: KEY_S2C,
  },
  {
    name: 'AUTH_ERR',
    type: 4,
    seq: 1,
    body: [
      ['u16', 0x0201],
      ['u16', 0],
      ['u32', 1500],
    ],
  },
  { name: 'REFRESH', type: 5, seq: 2, body: [['bytes', REFRESH_TOKEN_BYTES], ['bytes', DFP], ['tag']], key: KEY_C2S },
  {
    name: 'REFRESH_OK',
    type: 6,
    seq: 2,
    body: [['u32', 2], ['bytes', SID], ['u32', 1767227400], ['u16', TOKEN.length], ['u16', 0], ['tag'], ['text', TOKEN]],
    key: KEY_S2C,
  },
  { name: 'PING', type: 0x10, seq: 3, body: [['u32', 7], ['u32', 41], ['u64', MONO_US], ['tag']], key: KEY_C2S },
  { name: 'PONG', type: 0x11, seq: 3, body: [['u32', 7], ['u32', 40], ['u64', MONO_US], ['u64', MONO_US + 5], ['tag']], key: KEY_S2C },
  {
    name: 'OP',
    type: 0x20,
    seq: 4,
    body: [
      ['u16', 2],
      ['u16', 0],
      ['i32', -5],
      ['i32', 1000],
    ],
  },
  {
    name: 'OP_SIGNED',
    type: 0x21,
    seq: 5,
    body: [['u16', 3], ['u16', 0], ['u64', UNIX_MS], ['bytes', NONCE], ['u32', 0], ['tag'], ['u32', 17], ['u32', HEX]],
    key: KEY_C2S,
  },
  {
    name: 'OP_ACK',
    type: 0x22,
    seq: 5,
    body: [
      ['u16', 0x0302],
      ['u16', 1],
      ['u32', 250],
      ['u64', UNIX_MS],
      ['text', 'result'],
    ],
  },
  {
    name: 'ROOM_JOIN',
    type: 0x30,
    seq: 6,
    body: [
      ['u32', 19999],
      ['u32', 0],
    ],
  },
  {
    name: 'JOINED',
    type: 0x31,
    seq: 6,
    body: [
      ['u32', 19999],
      ['u16', 3],
      ['u16', 50],
      ['u32', 1234],
      ['u16', 50],
      ['u16', 0],
    ],
  },
  { name: 'ROOM_LEAVE', type: 0x32, seq: 7, body: [['u32', 19999]] },
  {
    name: 'LEFT',
    type: 0x33,
    seq: 7,
    body: [
      ['u32', 19999],
      ['u16', 0x0403],
      ['u16', 0],
    ],
  },
  {
    name: 'ROOM_STATE',
    type: 0x34,
    seq: 1235,
    body: [
      ...([
        ['u32', 19999],
        ['u32', 1235],
        ['u32', 1234],
        ['u16', 2],
        ['u16', 16],
        ['u64', MONO_US],
      ] as const),
      ...([
        ['u16', 3],
        ['u16', 0],
        ['i32', -5],
        ['i32', 1000],
        ['u32', HEX],
      ] as const),
      ...([
        ['u16', 4],
        ['u16', 1],
        ['i32', 2147483647],
        ['i32', -2147483648],
        ['u32', 0],
      ] as const),
    ],
  },
  {
    name: 'DISCONNECT',
    type: 0x40,
    seq: 8,
    body: [
      ['u16', 0x0502],
      ['u16', 0],
    ],
  },
  {
    name: 'ACK_CLOSE',
    type: 0x41,
    seq: 8,
    body: [
      ['u8', 2],
      ['u8', 0],
      ['u16', 0],
      ['u32', 41],
      ['u32', 40],
      ['u32', 8],
    ],
  },
  {
    name: 'ERROR',
    type: 0x7f,
    seq: 9,
    body: [
      ['u16', 0x0105],
      ['u16', 0x0020],
      ['u32', 9],
      ['u32', 12],
    ],
  },
];

const SIZES = { u8: 1, u16: 2, u32: 4, i32: 4, u64: 8 } as const;

function encodeField(field: Field): Buffer {
  if (field[0] === 'tag') return Buffer.alloc(16);
  if (field[0] === 'bytes' || field[0] === 'text') return Buffer.from(field[1] as string);
  const buffer = Buffer.alloc(SIZES[field[0]]);
  if (field[0] === 'u64') buffer.writeBigUInt64LE(BigInt(field[1]));
  else if (field[0] === 'i32') buffer.writeInt32LE(field[1]);
  else buffer.writeUIntLE(field[1], 0, buffer.length);
  return buffer;
}

/** The packet's bytes. */
export function encodeVector(vector: PacketVector): Uint8Array {
  const parts = vector.body.map(encodeField);
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(8);
  header.writeUInt16LE(vector.type, 0);
  header.writeUInt32LE(vector.seq, 2);
  header.writeUInt16LE(body.length, 6);
  const packet = Buffer.concat([header, body]);
  const tagIndex = vector.body.findIndex(([kind]) => kind === 'tag');
  if (tagIndex >= 0) {
    const tagAt = 8 + parts.slice(0, tagIndex).reduce((bytes, part) => bytes + part.length, 0);
    const signed = Buffer.concat([packet.subarray(0, tagAt), packet.subarray(tagAt + 16), vector.extra ?? new Uint8Array()]);
    createHmac('sha256', vector.key!).update(signed).digest().copy(packet, tagAt, 0, 16);
  }
  return new Uint8Array(packet);
}

/** Name and hex of every packet in fixtures/packets.json. */
export function storedPackets(): Readonly<Record<string, string>> {
  const file = new URL('../../../test/protocol/fixtures/packets.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { packets: Record<string, string> }).packets;
}
