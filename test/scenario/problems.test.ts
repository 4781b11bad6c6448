import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GwrkError } from '../../src/core/errors.js';
import { loadScenario } from '../../src/scenario/load.js';
import { nearestName } from '../../src/scenario/nearest-name.js';
import { MAX_PROBLEMS, ScenarioProblems } from '../../src/scenario/problems.js';

function problemsOf(
  text: string,
  options: { env?: Record<string, string>; set?: string[]; environmentName?: string } = {},
): readonly GwrkError[] {
  try {
    loadScenario(text, { file: 'f.yaml', ...options });
  } catch (error) {
    if (error instanceof ScenarioProblems) return error.problems;
    throw error;
  }
  return [];
}

const tenMistakes = `name: ten mistakes
target: ftp://127.0.0.1:9000/
swam: { threads: 2 }
variables:
  CLIENTS: 100
scenarios:
  players:
    executor: ramping-clients
    stages:
      - { duration: 10, target: "{{ CLINTS }}" }
    gracefulStop: 5 s
    flow:
      - conect: {}
      - auth: {}
      - op: { code: mvoe, x: 1, y: 2 }
      - think: {}
        loop: { every: 1s }
thresholds:
  session_redy: ["p(99)<68"]
`;

test('ten mistakes and more are all told at once, each at its line and column, in the order of the file', () => {
  const have = problemsOf(tenMistakes).map(({ code, message, details, hint }) => [
    details.where,
    message,
    hint.startsWith('did you mean') ? hint : '',
    code,
  ]);
  const invalid = 'GWRK_SCENARIO_INVALID';
  assert.deepEqual(have, [
    ['f.yaml:1:7', 'this does not have the right form', '', invalid],
    ['f.yaml:2:9', 'this kind of target is not supported', '', invalid],
    ['f.yaml:3:1', 'this key is not known', 'did you mean swarm?', invalid],
    ['f.yaml:10:21', 'this is not a duration', '', invalid],
    ['f.yaml:10:37', 'there is no value named CLINTS', 'did you mean CLIENTS?', invalid],
    ['f.yaml:11:19', 'this is not a duration', '', invalid],
    ['f.yaml:13:9', 'this key is not known', 'did you mean connect?', invalid],
    ['f.yaml:14:9', 'auth must come after login and connect', '', invalid],
    ['f.yaml:15:21', 'there is no such code', 'did you mean move?', invalid],
    ['f.yaml:16:9', 'a step has exactly one key', '', invalid],
    ['f.yaml:16:16', 'think needs either min, or mean and deviation', '', invalid],
    ['f.yaml:17:9', 'steps is missing', '', invalid],
    ['f.yaml:19:3', 'there is no metric "session_redy"', 'did you mean session_ready?', invalid],
  ]);
});

const base = (flow: string, more = ''): string => `name: x
target: ws://127.0.0.1:1/
scenarios:
  p:
    executor: constant-clients
    clients: 1
    duration: 1s
    flow:
${flow}
${more}`;

test('each kind of fault says what was given and what is allowed', () => {
  const step = (text: string): GwrkError => {
    const [first] = problemsOf(base(text.startsWith('connect') ? `\n      - ${text}` : `      - connect: {}\n      - ${text}`));
    assert.ok(first, `nothing was said of: ${text}`);
    return first;
  };
  const rows: [string, RegExp, string | undefined, RegExp][] = [
    ['think: { min: fast }', /not a duration/, 'fast', /60s, 500ms/],
    ['think: { min: -1s }', /not a duration/, '-1s', /60s/],
    ['think: { min: 8d }', /too much/, '8d', /at most 168h/],
    ['think: { min: 2s, max: 1s }', /max is less than min/, '1s', /min and above/],
    ['think: fast', /not a duration/, 'fast', /60s, 500ms/],
    ['think: [1s]', /of the wrong kind/, '["1s"]', /2s, \{ min: 1s, max: 3s \}/],
    [
      'send: { text: a, hex: "00" }',
      /exactly one of text, json, hex, base64, file, packet/,
      'text, hex',
      /text, json, hex, base64, file, packet/,
    ],
    ['send: {}', /exactly one of text, json, hex, base64, file, packet/, 'none of them', /text, json, hex, base64, file, packet/],
    ['send: { hex: "0" }', /right form/, '0', /pairs of hex digits/],
    ['send: { text: a, match: { json: /id } }', /no answer is expected/, undefined, /^$/],
    ['send: { text: a, expect: {}, match: {} }', /match needs either/, undefined, /json: \/id/],
    ['send: { text: a, expect: {}, match: { offset: 1 } }', /width is missing/, undefined, /1, 2, 4 or 8/],
    ['send: { text: a, expect: {}, match: { offset: 1, width: 3 } }', /none of the values/, '3', /1, 2, 4, 8/],
    ['send: { text: a, expect: { json: { id: 1 } } }', /name does not have the right form/, undefined, /a JSON pointer/],
    ['send: { text: a, expect: { json: { /id: "a{{ client }}" } } }', /cannot be compared/, 'a{{ client }}', /one "{{ }}"/],
    ['send: { text: [a], expect: {} }', /wrong kind/, '["a"]', /text/],
    ['loop: { every: 1s, count: 1.5, steps: [{ think: { min: 1s } }] }', /not a count/, '1.5', /whole number/],
    ['loop: { every: 1s, steps: [] }', /empty/, '[]', /at least 1/],
    ['disconnect: { code: 2000 }', /may not close with this code/, '2000', /3000 to 4999/],
    ['connect: { headers: { Upgrade: x } }', /sets this header itself/, 'Upgrade', /^$/],
    ['connect: { headers: { "a b": x } }', /no name of a header/, 'a b', /^$/],
    ['connect: { path: nowhere }', /not a path/, 'nowhere', /no spaces/],
  ];
  for (const [text, message, given, allowed] of rows) {
    const { message: have, details } = step(text);
    assert.match(have, message, text);
    if (given !== undefined) assert.equal(details.given, given, text);
    assert.match(details.allowed ?? '', allowed, `${text}: ${details.allowed}`);
    assert.match(details.where ?? '', /^f\.yaml:10:\d+$/, text);
  }
});

test('login, op and codes are checked by their own rules', () => {
  const flow = (step: string): string => base(`      - login: { uid: u }\n      - connect: {}\n      - auth: {}\n      - ${step}`);
  const first = (step: string): string | undefined => problemsOf(flow(step))[0]?.message;
  assert.equal(first('op: { code: echo, text: hi, expect: { code: ok } }'), undefined);
  assert.equal(first('op: { code: trade, item: 1, amount: "{{ client }}", expect: { code: op_window } }'), undefined);
  assert.equal(first('op: { code: echo, text: hi, expect: { code: okay } }'), 'there is no such code');
  assert.equal(first('op: { code: echo, text: a, hex: "00" }'), 'the payload is either text or hex');
  assert.equal(first('op: { code: move, x: 1 }'), 'y is missing');
  assert.equal(first('op: { code: move, x: 1.5, y: 0 }'), 'this is not a whole number');
  assert.equal(first('op: { code: move, x: 3000000000, y: 0 }'), 'this number is out of range');
  assert.equal(first('op: { code: trade, item: -1, amount: 0 }'), 'this number is out of range');
  assert.equal(first('op: { code: move, x: "{{ uuid() }}", y: 0 }'), 'uuid() is not a number');
  assert.equal(first('op: { code: move, x: "a{{ client }}", y: 0 }'), 'this is not a whole number');
  assert.equal(first('op: { x: 1 }'), 'code is missing');
  assert.equal(first('join: { room: "{{ client % 10 }}" }'), undefined);
  assert.equal(first('login: { uid: "a b" }'), 'this is no uid');
  assert.equal(first('login: { uid: u, secret: s }'), 'proof none takes no secret');
  assert.equal(first('login: { uid: u, proof: ticket }'), 'secret is missing');
});

test('a {{ }} that must be known before the start may not hang on a client', () => {
  const text = base('      - connect: {}')
    .replace('duration: 1s', 'duration: "{{ client }}s"')
    .replace('clients: 1', 'clients: "{{ random(1, 2) }}"');
  const problems = problemsOf(text);
  assert.deepEqual(
    problems.map(({ message, details }) => [message, details.where]),
    [
      ['this value must be known before the start', 'f.yaml:6:14'],
      ['this value must be known before the start', 'f.yaml:7:15'],
    ],
  );
});

test('a {{ }} without quotes is not taken for something else', () => {
  const [first] = problemsOf(base('      - connect: {}').replace('clients: 1', 'clients: {{ CLIENTS }}'));
  assert.match(first?.message ?? '', /key must be plain text/);
  assert.match(first?.hint ?? '', /quotes/);
});

test('a fault in a text of several lines is told at its own line', () => {
  const [first] = problemsOf(
    base('      - connect: {}\n      - send:\n          text: |\n            one\n            two {{ nobody }}\n'),
  );
  assert.equal(first?.message, 'there is no value named nobody');
  assert.match(first?.details.where ?? '', /^f\.yaml:1[0-4]:\d+$/);
});

test('a fault that came by a flag names the flag', () => {
  const [first] = problemsOf(base('      - connect: {}'), { set: ['scenarios.p.clients=many'] });
  assert.equal(first?.details.where, '--set scenarios.p.clients=many');
  assert.equal(first?.details.given, 'many');
});

test('a file full of faults is told in a bounded message', () => {
  const steps = Array.from({ length: 500 }, () => '      - thnk: {}').join('\n');
  const problems = problemsOf(base(`      - connect: {}\n${steps}`));
  assert.equal(problems.length, MAX_PROBLEMS);
});

test('syntax faults have their own code', () => {
  for (const text of ['name: "x', 'a: b: c', 'a: [1, 2', '%FOO bar\n---\na: &']) {
    const [first] = problemsOf(text);
    assert.equal(first?.code, 'GWRK_SCENARIO_SYNTAX', text);
    assert.match(first?.details.where ?? '', /^f\.yaml:\d+:\d+$/);
  }
});

test('the nearest name is one that is near', () => {
  const names = ['executor', 'clients', 'duration', 'flow', 'stages'];
  assert.equal(nearestName('exectuor', names), 'executor');
  assert.equal(nearestName('client', names), 'clients');
  assert.equal(nearestName('Flow', names), 'flow');
  assert.equal(nearestName('zebra', names), undefined);
  assert.equal(nearestName('x', names), undefined);
});
