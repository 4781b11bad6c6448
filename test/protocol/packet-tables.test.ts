import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as p from '../../src/protocol/packet.js';

/** security.md, section 3: type, direction, least and greatest body. */
const TABLE: readonly [type: number, client: boolean, server: boolean, min: number, max: number][] = [
  [0x0001, false, true, 40, 40],
  [0x0002, true, false, 89, 88 + 1024],
  [0x0003, false, true, 48, 48],
  [0x0004, false, true, 8, 8],
  [0x0005, true, false, 84, 84],
  [0x0006, false, true, 45, 44 + 1024],
  [0x0010, true, false, 32, 32],
  [0x0011, false, true, 40, 40],
  [0x0020, true, false, 4, 4096],
  [0x0021, true, false, 40, 4096],
  [0x0022, false, true, 16, 4096],
  [0x0030, true, false, 8, 8],
  [0x0031, false, true, 16, 16],
  [0x0032, true, false, 4, 4],
  [0x0033, false, true, 8, 8],
  [0x0034, false, true, 24, 24 + 16 * 4094],
  [0x0040, true, true, 4, 4],
  [0x0041, true, true, 16, 16],
  [0x007f, false, true, 12, 12],
];

test('a body is judged by type and length, in both directions', () => {
  const rows = new Map(TABLE.map((row) => [row[0], row]));
  for (let type = 0; type < p.FIRST_SCENARIO_TYPE; type++) {
    const row = rows.get(type);
    if (row === undefined) {
      assert.equal(p.bodyFault(type, 8), p.CODE_TYPE);
      assert.ok(p.CLIENT_BODY.min[type]! > p.CLIENT_BODY.max[type]! && p.SERVER_BODY.min[type]! > p.SERVER_BODY.max[type]!);
      continue;
    }
    const [, client, server, min, max] = row;
    for (const [length, fault] of [
      [min - 1, p.CODE_LENGTH],
      [min, p.CODE_OK],
      [max, p.CODE_OK],
      [max + 1, p.CODE_LENGTH],
    ] as const) {
      assert.equal(p.bodyFault(type, length), fault, `0x${type.toString(16)}, ${length} bytes`);
    }
    assert.deepEqual([p.CLIENT_BODY.min[type], p.CLIENT_BODY.max[type]], client ? [min, max] : [1, 0]);
    assert.deepEqual([p.SERVER_BODY.min[type], p.SERVER_BODY.max[type]], server ? [min, max] : [1, 0]);
  }
  assert.ok(24 + 16 * p.MAX_ROOM_ROWS <= p.MAX_SERVER_BODY);
});

test("a scenario's types are registered once, above 0x8000 and within the body limit", () => {
  assert.equal(p.bodyFault(0x9001, 10), p.CODE_TYPE);
  p.registerPacketType(0x9001, 2, 10);
  assert.deepEqual(
    [1, 2, 10, 11].map((length) => p.bodyFault(0x9001, length)),
    [p.CODE_LENGTH, p.CODE_OK, p.CODE_OK, p.CODE_LENGTH],
  );
  assert.equal(p.CLIENT_BODY.max[0x9001], 10);
  assert.equal(p.SERVER_BODY.max[0x9001], 10);
  for (const [type, min, max] of [
    [0x9001, 2, 10],
    [0x7fff, 0, 1],
    [0x10000, 0, 1],
    [0x9002, 3, 2],
    [0x9002, -1, 2],
    [0x9002, 0, 4097],
    [0x9002 + 0.5, 0, 1],
  ] as const) {
    assert.throws(() => p.registerPacketType(type, min, max), RangeError);
  }
  p.registerPacketType(0x9002, 0, 4096);
});

test('close codes are 4000 + 100 hi + lo', () => {
  assert.equal(p.closeCodeOf(p.CODE_LENGTH), 4102);
  assert.equal(p.closeCodeOf(p.CODE_AUTH_FAILED), 4201);
  assert.equal(p.closeCodeOf(p.CODE_SLOW_CONSUMER), 4303);
  assert.equal(p.closeCodeOf(p.CODE_DRAINING), 4502);
  for (const code of p.CODE_NAMES.keys()) if (code !== p.CODE_OK) assert.ok(p.closeCodeOf(code) >= 4101 && p.closeCodeOf(code) <= 4503);
});

test('every code has the number of the table and a name', () => {
  // security.md, section 3: "hi" groups with their names in order of lo.
  const groups = [
    ['HEADER', 'LENGTH', 'TYPE', 'STATE', 'SEQ', 'TOO_LARGE', 'TEXT', 'VERSION', 'BUNDLE'],
    ['AUTH_FAILED', 'AUTH_TIMEOUT', 'TOKEN_EXPIRED', 'REVOKED', 'REPLACED', 'BAD_MAC', 'REPLAY', 'TS_SKEW', 'STORE_DOWN'],
    ['RATE', 'OP_WINDOW', 'SLOW_CONSUMER', 'FULL', 'BREAKER_OPEN'],
    ['NO_ROOM', 'ROOM_FULL', 'NOT_MEMBER', 'BAD_OP'],
    ['INTERNAL', 'DRAINING', 'DEAD'],
  ];
  const expected = new Map([
    [0, 'OK'],
    ...groups.flatMap((names, hi) => names.map((name, lo) => [(hi + 1) * 256 + lo + 1, name] as [number, string])),
  ] as [number, string][]);
  assert.deepEqual(new Map(p.CODE_NAMES), expected);
  for (const [code, name] of expected) {
    assert.equal(p.codeName(code), name);
    assert.equal((p as unknown as Record<string, number>)[`CODE_${name}`], code);
  }
  assert.equal(p.codeName(0x0999), '0999');
});

test('operations are found by name and opcode, and their fields fill their payload', () => {
  for (const operation of p.OPERATIONS) {
    assert.equal(p.operationByName(operation.name), operation);
    assert.equal(p.operationByOpcode(operation.opcode), operation);
    assert.ok(operation.plain || operation.signed);
    if (operation.fields.length === 0) continue;
    assert.equal(operation.fields.length * 4, operation.minPayloadBytes);
    assert.equal(operation.fields.length * 4, operation.maxPayloadBytes);
  }
  assert.equal(new Set(p.OPERATIONS.map(({ opcode }) => opcode)).size, p.OPERATIONS.length);
  assert.equal(p.operationByName('fly'), undefined);
  assert.equal(p.operationByOpcode(99), undefined);
});
