import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScenarioProblems } from '../../src/scenario/problems.js';
import { runVirtual } from './virtual-run.js';
import type { Script } from './virtual-transport.js';

/** Answers each message with what `answer` says, and keeps what came in by row. */
function answering(answer: (text: string, row: number) => string | Uint8Array | undefined): Script & { readonly seen: string[] } {
  const seen: string[] = [];
  return {
    seen,
    onMessage(server, row, message) {
      seen.push(`${row} ${message}`);
      const reply = answer(`${message}`, row);
      if (reply !== undefined) server.send(row, reply, 100);
    },
  };
}

const scenario = (steps: string, clients = 1, more = ''): string => `
executor: constant-clients
clients: ${clients}
duration: 20s
afterFlow: leave
${more}
flow:
${steps.replace(/^/gm, '  ')}`;

test("what an answer gave is the client's own in later messages, headers after a reconnect and expectations", async () => {
  const script = answering((text, row) => (text === 'login' ? `{"token":"t${row}","n":${row + 7}}` : text));
  const run = await runVirtual(
    scenario(
      `- connect: {}
- send: { text: login, expect: {}, capture: { token: { json: /token }, number: { json: /n } } }
- send: { json: { t: "{{ token }}", n: "{{ number }}", next: "{{ number + 1 }}", both: "{{ token }}/{{ number }}" }, expect: { json: { /t: "{{ token }}", /n: "{{ number }}" } } }
- disconnect: {}
- connect: { path: "/again/{{ number }}", headers: { authorization: "Bearer {{ token }}" } }
- send: { text: "{{ token }}", expect: { text: "{{ token }}" } }
- disconnect: {}`,
      2,
    ),
    script,
  );
  assert.deepEqual(run.errors(), {});
  assert.deepEqual(
    script.seen.filter((line) => line.includes('{')).sort(),
    [0, 1].map((row) => `${row} {"t":"t${row}","n":${row + 7},"next":${row + 8},"both":"t${row}/${row + 7}"}`),
  );
  const second = run.transport.connects
    .slice(2)
    .map(({ row, request }) => [row, /^GET (\S+)/.exec(request)![1], /authorization: (.*)\r/.exec(request)![1]]);
  assert.deepEqual(second.sort(), [
    [0, '/again/7', 'Bearer t0'],
    [1, '/again/8', 'Bearer t1'],
  ]);
  assert.equal(run.counter('ledger_ok'), 6);
});

test('escapes of an answer are undone, and made again where JSON is sent', async () => {
  const value = 'a"b\\\n\u0001é😀';
  const script = answering((text) => (text === 'q' ? JSON.stringify({ v: value, o: { x: [1, 'y'] } }) : undefined));
  await runVirtual(
    scenario(`- connect: {}
- send: { text: q, expect: {}, capture: { v: { json: /v }, o: { json: /o } } }
- send: { json: { v: "{{ v }}", o: "{{ o }}" } }
- send: { text: "{{ v }}" }
- think: 1s
- disconnect: {}`),
    script,
  );
  assert.deepEqual(JSON.parse(script.seen[1]!.slice(2)), { v: value, o: { x: [1, 'y'] } });
  assert.equal(script.seen[2], `0 ${value}`);
});

test('a value used before it was captured is counted, and the client goes no further', async () => {
  const script = answering((text) => text);
  const run = await runVirtual(
    scenario(`- connect: {}
- choose:
    - steps: [ { send: { text: "{{ token }}", expect: {} } } ]
- send: { text: x, expect: {}, capture: { token: { json: /token } } }
- disconnect: {}`),
    script,
  );
  assert.deepEqual(script.seen, []);
  assert.deepEqual(run.errors(), { 'capture.undefined': 1 });
});

test('a value beside the flow that is not there yet is missed, and sent once it is', async () => {
  const script = answering((text) => (text === 'x' ? '{"token":"T"}' : undefined));
  const run = await runVirtual(
    scenario(`- connect: {}
- every: { period: 1s, steps: [ { send: { text: "{{ token }}" } } ] }
- think: 2500ms
- send: { text: x, expect: {}, capture: { token: { json: /token } } }
- think: 2s
- disconnect: {}`),
    script,
  );
  assert.deepEqual(script.seen, ['0 x', '0 T', '0 T']);
  assert.deepEqual(run.errors(), { 'capture.undefined': 2 });
  assert.equal(run.counter('messages_missed'), 2);
});

test('an answer without the value, or with one that is too long, is a failed answer', async () => {
  const answers = ['{"token":"1"}', '{"other":1}', `{"token":"${'x'.repeat(8193)}"}`, `{"token":"${'y'.repeat(8192)}"}`];
  const script = answering((text) => answers[Number(text)]);
  const run = await runVirtual(
    scenario(`- connect: {}
- loop: { count: 4, steps: [ { send: { text: "{{ iteration }}", expect: {}, capture: { token: { json: /token } } } } ] }
- send: { text: "{{ token }}" }
- think: 1s
- disconnect: {}`),
    script,
  );
  assert.deepEqual([run.counter('ledger_ok'), run.counter('ledger_fail')], [2, 2]);
  assert.deepEqual(run.errors(), { 'capture.absent': 2 });
  assert.equal(script.seen.at(-1), `0 ${'y'.repeat(8192)}`);
});

test('numbers of binary answers are exact up to 64 bits in both byte orders', async () => {
  const bytes = Uint8Array.from([9, 0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa, 0x99, 0x88]);
  const view = new DataView(bytes.buffer);
  const script = answering((text) => (text === '\x01' ? bytes : undefined));
  await runVirtual(
    scenario(`- connect: {}
- send:
    hex: "01"
    expect: {}
    capture:
      a: { offset: 0, width: 1 }
      b: { offset: 1, width: 2 }
      c: { offset: 1, width: 4, endian: big }
      d: { offset: 1, width: 8 }
      e: { offset: 1, width: 8, endian: big }
- send: { text: "{{ a }} {{ b }} {{ c }} {{ d }} {{ e }} {{ c - 1 }}" }
- think: 1s
- disconnect: {}`),
    script,
  );
  const [b, c] = [view.getUint16(1, true), view.getUint32(1)];
  assert.equal(script.seen[1], `0 9 ${b} ${c} ${view.getBigUint64(1, true)} ${view.getBigUint64(1)} ${c - 1}`);
});

test('an expect step captures from the push that it waited for, and passes over others', async () => {
  const script: Script & { readonly seen: string[] } = {
    seen: [],
    onOpen(server, row) {
      server.send(row, '{"type":"noise"}', 1000);
      server.send(row, '{"type":"hello","id":"h1"}', 2000);
    },
    onMessage(_server, _row, message) {
      this.seen.push(`${message}`);
    },
  };
  const run = await runVirtual(
    scenario(`- connect: {}
- expect: { within: 1s, capture: { id: { json: /id } } }
- send: { text: "{{ id }}" }
- think: 1s
- disconnect: {}`),
    script,
  );
  assert.deepEqual(script.seen, ['h1']);
  assert.deepEqual(run.errors(), {});
});

test('a captured value cannot break out of a header or path', async () => {
  const script = answering(() => '{"token":"x\\r\\nevil: 1"}');
  const run = await runVirtual(
    scenario(`- connect: {}
- send: { text: q, expect: {}, capture: { token: { json: /token } } }
- disconnect: {}
- connect: { headers: { authorization: "{{ token }}" } }`),
    script,
  );
  assert.equal(run.transport.connects.length, 1);
  assert.deepEqual(run.errors(), { 'value.unsafe': 1 });
});

test('a client that arrives on a row does not see what the one before it captured', async () => {
  let arrivals = 0;
  const script = answering((text) => (text === 'first?' ? (arrivals++ === 0 ? '{"token":"old"}' : '{"none":1}') : undefined));
  const run = await runVirtual(
    `
executor: constant-arrival-rate
rate: 1
duration: 3s
maxClients: 1
flow:
  - connect: {}
  - send: { text: "first?", expect: {}, capture: { token: { json: /token } } }
  - send: { text: "{{ token }}" }
  - think: 100ms
  - disconnect: {}`,
    script,
  );
  assert.deepEqual(
    script.seen.filter((text) => text.includes('old')),
    ['0 old'],
  );
  assert.equal(run.errors()['capture.undefined'], run.errors()['capture.absent']);
});

test('a flow that uses a name no step of it captures is refused, and so are names that are taken', async () => {
  const problemsOf = async (steps: string): Promise<string[]> => {
    try {
      await runVirtual(scenario(steps), {});
    } catch (error) {
      if (error instanceof ScenarioProblems) return error.problems.map(({ message }) => message);
      throw error;
    }
    return [];
  };
  const send = (more: string): string => `- connect: {}\n- send: { text: a, ${more} }`;
  assert.deepEqual(await problemsOf(send('expect: {}, capture: { client: { json: /a } }')), ['this name has a meaning of its own']);
  assert.deepEqual(await problemsOf(send('capture: { a: { json: /a } }')), ['capture reads an answer, but no answer is expected']);
  assert.deepEqual(await problemsOf(send('expect: {}, capture: { a: { offset: 1 } }')), ['width is missing']);
  assert.deepEqual(await problemsOf(send('expect: {}, capture: { a: {} }')), ['a capture needs either json, or offset and width']);
});

test('a name that only another flow captures is refused', async () => {
  const one = (name: string, steps: string): string =>
    `  ${name}: { executor: constant-clients, clients: 1, duration: 1s, flow: [ { connect: {} }, ${steps} ] }\n`;
  const makes = one('makes', '{ send: { text: q, expect: {}, capture: { token: { json: /t } } } }');
  const uses = one('uses', '{ send: { text: "{{ token }}" } }');
  await assert.rejects(runVirtual(`scenarios:\n${makes}${uses}`, {}), /no step of this flow captures token/);
});
