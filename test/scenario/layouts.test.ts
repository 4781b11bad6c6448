import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadScenario } from '../../src/scenario/load.js';
import { ScenarioProblems } from '../../src/scenario/problems.js';

/** Line, column and what is said of every problem. */
function problemsOf(text: string): string[] {
  try {
    loadScenario(text, { file: 'f' });
    return [];
  } catch (error) {
    assert.ok(error instanceof ScenarioProblems, String(error));
    return error.problems.map(({ message, details }) =>
      [details.where?.replace('f:', ''), message, details.hint].filter(Boolean).join(' | '),
    );
  }
}

const file = (layouts: string, steps: string, target = 'ws://h/', more = ''): string => `name: x
target: ${target}
layouts:
${layouts}
scenarios:
  s:
    executor: constant-clients
    clients: 1
    duration: 1s
${more}    flow:
      - connect: {}
${steps}`;

const MOVE = `  move:
    fields:
      - { name: type, type: u8, value: 7 }
      - { name: kind, type: enum, values: { walk: 1, run: 2 } }
      - { name: x, type: i16 }
      - { name: tag, type: text, length: 4, value: "" }
      - { name: crc, type: crc32 }`;

test('bad layouts are told all at once, each at its line and column, with a hint', () => {
  const layouts = `  bad:
    endian: middle
    fields:
      - { name: a, type: u9 }
      - { name: b, type: u8, length: 3 }
      - { type: u8 }
      - { name: c, type: enum }
      - { name: d, type: enum, values: { one: 1, big: 256 } }
      - { type: padding, length: u8 }
      - { name: e, type: u16, lengthOf: f, value: 3 }`;
  assert.deepEqual(
    problemsOf(file(layouts, '      - send: { text: x }')),
    [
      '5:13 | this is none of the values allowed here',
      '7:26 | this is none of the values allowed here | did you mean u8?',
      '8:30 | length does not go with the type u8',
      '9:9 | name is missing',
      '10:9 | values is missing',
      '11:55 | this number is out of range',
      '12:9 | length is missing',
      '13:44 | a length is computed and has no value | leave out value or lengthOf',
    ].map((line) => line),
  );
});

test('what only shows when fields are looked at together is told with its place', () => {
  const layouts = `  bad:
    fields:
      - { name: rest, type: u8 }
      - { name: size, type: u8, lengthOf: boddy }
      - { name: body, type: text }
      - { name: more, type: text }
      - { name: size, type: u8, value: 300 }
      - { name: raw, type: bytes, length: 2, value: "aabbcc" }
      - { name: sum, type: sum8, of: sizes }`;
  assert.deepEqual(problemsOf(file(layouts, '      - send: { text: x }')), [
    '6:17 | this name has a meaning of its own | choose another name',
    '7:43 | there is no such field | did you mean body?',
    '8:17 | where this field ends cannot be known',
    '10:17 | two fields have this name',
    '10:40 | this number is out of range',
    '11:53 | this is too long for the field raw',
    '12:38 | there is no such field | did you mean size?',
  ]);
});

test('a step that does not go with its layout is told with its place', () => {
  const steps = `      - send: { packet: mvoe, fields: { x: 1 } }
      - send: { packet: move, fields: { kind: walk } }
      - send: { packet: move, fields: { kind: wlak, x: 40000, crc: 1, tga: a, tag: toolong } }
      - send: { text: a, fields: { x: 1 } }
      - send: { packet: move, text: a, fields: { kind: run, x: 1 } }
      - send: { packet: move, fields: { kind: run, x: 1 }, match: { field: sq }, expect: { packet: move } }
      - send: { text: a, match: { field: x }, expect: {} }
      - expect: { fields: { x: 1 } }`;
  assert.deepEqual(problemsOf(file(MOVE, steps)), [
    '21:26 | fields are those of a packet | add packet: with the name of a layout',
    '22:15 | send needs exactly one of text, json, hex, base64, file, packet',
  ]);
  const others = steps.split('\n').filter((_, index) => index !== 3 && index !== 4);
  assert.deepEqual(problemsOf(file(MOVE, others.join('\n'))), [
    '18:25 | there is no such layout | did you mean move?',
    '19:31 | the field x has no value | add fields: { x: ... }, or a value to the layout move',
    '20:47 | kind has no such value | did you mean walk?',
    '20:56 | this number is out of range',
    '20:63 | gwrk computes this field itself',
    '20:71 | the layout move has no such field | did you mean tag?',
    '20:84 | this is too long for the field tag',
    '21:76 | the layout move has no such field',
    '22:42 | only the field of a packet can be compared',
    '23:19 | fields are those of a packet | add packet: with the name of a layout',
  ]);
});

test('targets of streams and of WebSocket have rules of their own', () => {
  const steps = '      - send: { text: a, expect: {} }\n      - disconnect: { code: 3000 }';
  assert.deepEqual(problemsOf(file(MOVE, steps, 'tcp://h:1')), [
    '18:9 | where an answer ends is not known: framing is missing | put it into the scenario or its connect step',
    '19:23 | a close code is of WebSocket, and the target is tcp://h:1',
  ]);
  const send = '      - send: { text: a, expect: {} }';
  assert.deepEqual(problemsOf(file(MOVE, send, 'tcp://h:1', '    framing: { size: 1 }\n')), []);
  assert.deepEqual(problemsOf(file(MOVE, send, 'ws://h/', '    framing: { size: 1 }\n')), [
    '16:5 | WebSocket has frames of its own | framing is for tcp:// and tls:// targets',
  ]);
  assert.deepEqual(problemsOf(file(MOVE, send, 'tcp://h', '    framing: { size: 1 }\n')), [
    '2:9 | a tcp or tls target is a host and a port',
  ]);
  for (const [framing, where] of [
    ['{}', '16:14 | framing needs exactly one of length, delimiter and size'],
    ['{ size: 1, delimiter: a }', '16:14 | framing needs exactly one of length, delimiter and size'],
    ['{ length: { width: 3 } }', '16:33 | this is none of the values allowed here'],
    ['{ length: { width: 2, offset: 4 } }', '16:36 | offset needs the size of the header | add header: 8, the bytes before the body'],
    ['{ length: { width: 4, offset: 2, header: 5 } }', '16:55 | the length does not fit into the header'],
    ['{ delimiter: "" }', '16:27 | this is no delimiter'],
    ['{ delimiter: { hex: "0" } }', '16:34 | this does not have the right form'],
  ] as const)
    assert.deepEqual(problemsOf(file(MOVE, send, 'tls://h:1', `    framing: ${framing}\n`)), [where], framing);
  const long = `      - send: { text: "${'x'.repeat(256)}" }`;
  assert.deepEqual(problemsOf(file(MOVE, long, 'tcp://h:1', '    framing: { length: { width: 1 } }\n')), [
    '19:15 | this message may be longer than the length of its framing can say | widen the length: framing: { length: { width: 4 } }',
  ]);
});
