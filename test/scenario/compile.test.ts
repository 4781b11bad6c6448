import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadScenario } from '../../src/scenario/load.js';
import * as P from '../../src/scenario/program.js';

/** The program of a flow given as YAML, one step a line. */
function compile(...steps: string[]): P.Program {
  const flow = steps.map((step) => `      - ${step}\n`).join('');
  const text = `name: x\ntarget: ws://h/\nvariables: { N: 5 }\nscenarios:\n  p:\n    executor: constant-clients\n    clients: 1\n    duration: 1s\n    flow:\n${flow}`;
  return loadScenario(text, { file: 'f.yaml' }).plan.scenarios[0]!.program;
}

const instructions = ({ code }: P.Program): number[][] => {
  const rows: number[][] = [];
  for (let word = 0; word < code.length; word += P.INSTRUCTION_WORDS) rows.push(Array.from(code.subarray(word, word + 3)));
  return rows;
};
const client = { kind: 'name', name: 'client' } as const;
const number = (value: number) => ({ kind: 'number', value }) as const;

test('each step becomes one instruction that points into its list', () => {
  const program = compile(
    'login: { uid: "p{{ client }}", proof: ticket, secret: "s{{ N }}", timeout: 1s }',
    'connect: { path: "/x", headers: { A: "b{{ client }}" }, subprotocol: game.v1, timeout: 2s }',
    'auth: { timeout: 3s }',
    'heartbeat: { every: 4s, jitter: 10% }',
    'join: { room: "{{ client % N }}", timeout: 5s }',
    'leave: { timeout: 6s }',
    'think: { min: 1ms, max: 2ms }',
    'disconnect: { code: 3001 }',
  );
  assert.deepEqual(instructions(program), [
    [P.OP_LOGIN, 0, 0],
    [P.OP_CONNECT, 0, 0],
    [P.OP_AUTH, 0, 0],
    [P.OP_HEARTBEAT, 0, 0],
    [P.OP_JOIN, 0, 0],
    [P.OP_LEAVE, 1, 0],
    [P.OP_THINK, 0, 0],
    [P.OP_DISCONNECT, 3001, 1],
    [P.OP_END, 0, 0],
  ]);
  assert.deepEqual(program.logins, [{ uid: { parts: ['p', client] }, proof: 'ticket', timeoutUs: 1e6, secret: { parts: ['s5'] } }]);
  assert.deepEqual(program.connects, [
    { path: { parts: ['/x'] }, headers: [{ name: 'A', value: { parts: ['b', client] } }], subprotocol: 'game.v1', timeoutUs: 2e6 },
  ]);
  assert.deepEqual(program.durationsUs, [3e6, 6e6]);
  assert.deepEqual(program.heartbeats, [{ periodUs: 4e6, jitter: 0.1 }]);
  assert.deepEqual(program.rooms, [{ room: { kind: 'binary', operator: '%', left: client, right: number(5) }, timeoutUs: 5e6 }]);
  assert.deepEqual(program.thinks, [{ minUs: 1000, maxUs: 2000 }]);
});

test('loops jump back to their body and out behind it, each with the column of its depth', () => {
  const program = compile(
    'connect: {}',
    'loop: { count: 2, steps: [{ loop: { every: 1s, for: 10s, steps: [{ think: { min: 1s } }] } }, { think: { min: 2s } }] }',
    'loop: { every: 5s, steps: [{ think: { min: 1s } }] }',
    'disconnect: {}',
  );
  assert.deepEqual(instructions(program), [
    [P.OP_CONNECT, 0, 0],
    [P.OP_LOOP, 0, 7],
    [P.OP_LOOP, 1, 5],
    [P.OP_THINK, 0, 0],
    [P.OP_NEXT, 1, 3],
    [P.OP_THINK, 1, 0],
    [P.OP_NEXT, 0, 2],
    [P.OP_LOOP, 2, 10],
    [P.OP_THINK, 2, 0],
    [P.OP_NEXT, 2, 8],
    [P.OP_DISCONNECT, 1000, 0],
    [P.OP_END, 0, 0],
  ]);
  assert.deepEqual(program.loops, [
    { depth: 0, count: 2 },
    { depth: 1, periodUs: 1e6, forUs: 10e6 },
    { depth: 0, periodUs: 5e6 },
  ]);
});

test('operations have the payload of docs/protocol.md, and critical ones are signed', () => {
  const { operations } = compile(
    'login: { uid: u }',
    'connect: {}',
    'auth: {}',
    'op: { code: echo, text: "{{ client }}!", expect: { code: ok, within: 1s } }',
    'op: { code: echo, hex: "0A 0b", signed: true }',
    'op: { code: echo }',
    'op: { code: move, x: -1, y: "{{ random(0, N) }}", expect: { code: NOT_MEMBER } }',
    'op: { code: trade, item: "7", amount: 3, expect: { code: 0x0302 } }',
  );
  assert.deepEqual(operations, [
    { opcode: 1, signed: false, payload: [{ kind: 'text', value: { parts: [client, '!'] } }], expect: { withinUs: 1e6, code: 0 } },
    { opcode: 1, signed: true, payload: [{ kind: 'bytes', hex: '0a0b' }], expect: { withinUs: 10e6 } },
    { opcode: 1, signed: false, payload: [], expect: { withinUs: 10e6 } },
    {
      opcode: 2,
      signed: false,
      payload: [
        { kind: 'i32', value: number(-1) },
        { kind: 'i32', value: { kind: 'call', name: 'random', args: [number(0), number(5)] } },
      ],
      expect: { withinUs: 10e6, code: 0x0403 },
    },
    {
      opcode: 3,
      signed: true,
      payload: [
        { kind: 'u32', value: number(7) },
        { kind: 'u32', value: number(3) },
      ],
      expect: { withinUs: 10e6, code: 0x0302 },
    },
  ]);
});

test('messages keep what is to be filled in, and JSON gets bare numbers where an expression gives one', () => {
  const { sends } = compile(
    'connect: {}',
    'send: { text: "hello {{ client }}" }',
    'send: { json: { id: "{{ iteration }}", deep: [1, null, true, "a\\"{{ client }}", "{{ uuid() }}"], n: "{{ N }}", text: "{{ N }} apples" }, match: { json: /id }, expect: { within: 1s, json: { /ok: true, /id: "{{ iteration }}", /name: "x" } } }',
    'send: { hex: "0100 07", match: { offset: 2, width: 4, endian: big }, expect: { contains: a, text: b } }',
  );
  const iteration = { kind: 'name', name: 'iteration' } as const;
  assert.deepEqual(sends, [
    { kind: 'text', text: { parts: ['hello ', client] } },
    {
      kind: 'text',
      text: {
        parts: [
          '{"id":',
          iteration,
          ',"deep":[1,null,true,"a\\"',
          client,
          '","',
          { kind: 'call', name: 'uuid', args: [] },
          '"],"n":5,"text":"5 apples"}',
        ],
      },
      match: { by: 'json', pointer: '/id' },
      expect: {
        withinUs: 1e6,
        json: [
          { pointer: '/ok', equals: { kind: 'boolean', value: true } },
          { pointer: '/id', equals: iteration },
          { pointer: '/name', equals: { kind: 'string', value: 'x' } },
        ],
      },
    },
    {
      kind: 'binary',
      hex: '010007',
      match: { by: 'bytes', offset: 2, width: 4, littleEndian: false },
      expect: { withinUs: 10e6, text: { parts: ['b'] }, contains: { parts: ['a'] } },
    },
  ]);
});

test('JSON that is sent parses back to the value of the file', () => {
  const value = { a: [1, 2.5, -3, null, false, { 'ke"y': 'ü\n\t"\\' }], '': {}, z: [] };
  const { sends } = compile('connect: {}', `send: { json: ${JSON.stringify(value)} }`);
  assert.deepEqual(JSON.parse(sends[0]!.text!.parts.join('')), value);
});

test('a polite end is only asked for where the client is authenticated', () => {
  const program = compile(
    'login: { uid: u }',
    'connect: {}',
    'disconnect: {}',
    'connect: {}',
    'auth: {}',
    'disconnect: {}',
    'connect: {}',
    'auth: {}',
    'disconnect: { polite: false }',
  );
  assert.deepEqual(
    instructions(program).filter(([opcode]) => opcode === P.OP_DISCONNECT),
    [
      [P.OP_DISCONNECT, 1000, 0],
      [P.OP_DISCONNECT, 1000, 1],
      [P.OP_DISCONNECT, 1000, 0],
    ],
  );
});
