/** The operations of OP and OP_SIGNED (docs/protocol.md, "Operations"). */
export const OPCODE_ECHO = 1;
export const OPCODE_MOVE = 2;
export const OPCODE_TRADE = 3;

export interface Operation {
  readonly opcode: number;
  readonly name: string;
  /** May be sent as OP. */
  readonly plain: boolean;
  /** May be sent as OP_SIGNED. An operation that is not plain is critical. */
  readonly signed: boolean;
  readonly minPayloadBytes: number;
  readonly maxPayloadBytes: number;
  /** Payload fields in wire order, for an operation whose payload is a record; echo takes any bytes. */
  readonly fields: readonly { readonly name: string; readonly kind: 'i32' | 'u32' }[];
}

export const OPERATIONS: readonly Operation[] = [
  { opcode: OPCODE_ECHO, name: 'echo', plain: true, signed: true, minPayloadBytes: 0, maxPayloadBytes: 4092, fields: [] },
  {
    opcode: OPCODE_MOVE,
    name: 'move',
    plain: true,
    signed: false,
    minPayloadBytes: 8,
    maxPayloadBytes: 8,
    fields: [
      { name: 'x', kind: 'i32' },
      { name: 'y', kind: 'i32' },
    ],
  },
  {
    opcode: OPCODE_TRADE,
    name: 'trade',
    plain: false,
    signed: true,
    minPayloadBytes: 8,
    maxPayloadBytes: 8,
    fields: [
      { name: 'item', kind: 'u32' },
      { name: 'amount', kind: 'u32' },
    ],
  },
];

const BY_NAME = new Map(OPERATIONS.map((operation) => [operation.name, operation]));
const BY_OPCODE = new Map(OPERATIONS.map((operation) => [operation.opcode, operation]));

export function operationByName(name: string): Operation | undefined {
  return BY_NAME.get(name);
}

export function operationByOpcode(opcode: number): Operation | undefined {
  return BY_OPCODE.get(opcode);
}
