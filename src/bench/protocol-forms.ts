import { readI32, readU16, writeU32 } from '../protocol/bytes.js';
import { OPCODE_MOVE } from '../protocol/packet/opcodes.js';
import { OP_FLAGS, OP_OPCODE, OP_PAYLOAD, writeOp } from '../protocol/packet/operation-messages.js';
import { OP, packetSeq, packetType } from '../protocol/packet/types.js';

/** A player's move, as the reference server's wire carries it (docs/protocol.md): the message that all forms hold. */
export interface Move {
  readonly type: number;
  readonly seq: number;
  readonly opcode: number;
  readonly flags: number;
  readonly x: number;
  readonly y: number;
}

/** One way to write a move. `read` puts every field into `fields`, so that no decoder is spared one, and nothing else is allocated for it. */
export interface MessageForm {
  readonly name: 'JSON' | 'protobuf' | 'binary view';
  write(move: Move): Uint8Array;
  read(bytes: Uint8Array, fields: Float64Array): void;
}

/** The fields in their order. */
export function putFields(move: Move, fields: Float64Array): void {
  fields[0] = move.type;
  fields[1] = move.seq;
  fields[2] = move.opcode;
  fields[3] = move.flags;
  fields[4] = move.x;
  fields[5] = move.y;
}

const decoder = new TextDecoder();

export const json: MessageForm = {
  name: 'JSON',
  write: (move) => new TextEncoder().encode(JSON.stringify(move)),
  read: (bytes, fields) => putFields(JSON.parse(decoder.decode(bytes)) as Move, fields),
};

const SCHEMA = `syntax = "proto3";
message Move { uint32 type = 1; uint32 seq = 2; uint32 opcode = 3; uint32 flags = 4; sint32 x = 5; sint32 y = 6; }`;

/** Protocol Buffers by protobufjs, whose decoder is generated code. Rejects when the package is not installed. */
export async function protobuf(): Promise<MessageForm> {
  const { default: protobufjs } = await import('protobufjs');
  const type = protobufjs.parse(SCHEMA).root.lookupType('Move');
  return {
    name: 'protobuf',
    write: (move) => type.encode(type.create(move)).finish(),
    read: (bytes, fields) => putFields(type.decode(bytes) as unknown as Move, fields),
  };
}

/** The reference protocol: fields are read where they lie. */
export const binaryView: MessageForm = {
  name: 'binary view',
  write: (move) => {
    const payload = new Uint8Array(8);
    writeU32(payload, 0, move.x);
    writeU32(payload, 4, move.y);
    const packet = new Uint8Array(OP_PAYLOAD + payload.length);
    writeOp(packet, 0, move.seq, move.opcode, payload, 0, payload.length);
    return packet;
  },
  read: (bytes, fields) => {
    fields[0] = packetType(bytes, 0);
    fields[1] = packetSeq(bytes, 0);
    fields[2] = readU16(bytes, OP_OPCODE);
    fields[3] = readU16(bytes, OP_FLAGS);
    fields[4] = readI32(bytes, OP_PAYLOAD);
    fields[5] = readI32(bytes, OP_PAYLOAD + 4);
  },
};

/** `count` moves of a game: positions of up to six digits, from numbers in 0 .. 1. */
export function moves(count: number, random: () => number): Move[] {
  const place = (): number => Math.floor(random() * 2_000_000) - 1_000_000;
  return Array.from({ length: count }, (_, index) => ({ type: OP, seq: index + 1, opcode: OPCODE_MOVE, flags: 0, x: place(), y: place() }));
}
