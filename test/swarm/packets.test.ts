import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runVirtual, type VirtualRunOptions } from './virtual-run.js';
import type { Script, VirtualServer } from './virtual-transport.js';

const HEAD = `layouts:
  ask:
    endian: big
    fields: [{ name: type, type: u8, value: 1 }, { name: seq, type: u32, value: "{{ iteration + 100 }}" }, { name: text, type: text, length: u8 }]
  answer:
    fields: [{ name: type, type: u8, value: 2 }, { name: code, type: u16 }, { name: seq, type: u64 }]`;

const flowOf = (steps: string, more = ''): string => `
executor: constant-clients
clients: 1
duration: 2s
gracefulStop: 1s
${more}
flow:
  - connect: {}
${steps}
  - disconnect: {}`;

/** The answer to an "ask", made from its bytes by hand. */
function answerTo(ask: Buffer, code = 0): Buffer {
  const answer = Buffer.alloc(11);
  answer[0] = 2;
  answer.writeUInt16LE(code, 1);
  answer.writeBigUInt64LE(BigInt(ask.readUInt32BE(1)), 3);
  return answer;
}

const asks = (expect: string): string => `  - loop:
      every: 1ms
      count: 3
      steps:
        - send: { packet: ask, fields: { text: "n{{ iteration }}" }, match: { field: seq }, expect: ${expect} }`;

/** Gathers three and answers the last first. */
function backwards(reply: (server: VirtualServer, row: number, answer: Buffer, delayUs: number) => void, code = 0) {
  const held: Buffer[] = [];
  return (server: VirtualServer, row: number, message: Buffer): void => {
    held.push(message);
    if (held.length < 3) return;
    for (const [index, one] of held.toReversed().entries()) reply(server, row, answerTo(one, code), 100 * (index + 1));
    held.length = 0;
  };
}

const webSocket = (code = 0): [Script, VirtualRunOptions] => [
  { onMessage: backwards((server, row, answer, delayUs) => server.send(row, answer, delayUs), code) },
  { head: HEAD },
];
const tcp = (code = 0): [Script, VirtualRunOptions] => {
  const take = backwards(
    (server, row, answer, delayUs) => server.sendRaw(row, Buffer.concat([Buffer.of(answer.length), answer]), delayUs),
    code,
  );
  return [{ onBytes: (server, row, bytes) => take(server, row, bytes.subarray(1)) }, { head: HEAD, target: 'tcp://127.0.0.1:9' }];
};

for (const [name, server, more] of [
  ['WebSocket', webSocket, ''],
  ['tcp', tcp, 'framing: { length: { width: 1 } }'],
] as const) {
  test(`packets over ${name} find their requests by a field, whatever its width, byte order and the order of answers`, async () => {
    const run = await runVirtual(flowOf(asks('{ packet: answer, fields: { code: 0 }, within: 1s }'), more), ...server());
    assert.deepEqual(run.errors(), {});
    assert.equal(run.counter('ledger_ok'), 3);
    assert.equal(run.counter('checks_failed'), 0);
  });

  test(`an answer over ${name} whose field holds something else is a failed check`, async () => {
    const run = await runVirtual(flowOf(asks('{ packet: answer, fields: { code: 0 }, within: 1s }'), more), ...server(7));
    assert.deepEqual(run.errors(), { 'check.answer': 3 });
    assert.equal(run.counter('ledger_fail'), 3);
  });

  test(`numbers at fixed places of a message over ${name} are compared`, async () => {
    const [script, options] = server(513);
    const places = (code: number): string =>
      `{ bytes: [{ offset: 0, width: 1, equals: 2 }, { offset: 1, width: 2, endian: big, equals: ${code} }] }`;
    const steps = (code: number): string =>
      asks(places(code)).replace('match: { field: seq }', 'match: { field: seq }').replace('{ bytes', '{ packet: answer, bytes');
    assert.deepEqual((await runVirtual(flowOf(steps(0x0102), more), script, options)).errors(), {});
    const [again, same] = server(513);
    assert.deepEqual((await runVirtual(flowOf(steps(0x0201), more), again, same)).errors(), { 'check.answer': 3 });
  });
}

test('a packet whose value does not fit is not sent, and said to be so', async () => {
  const sent: Buffer[] = [];
  const steps =
    '  - send: { packet: ask, fields: { seq: "{{ client - 1 }}", text: x } }\n  - send: { packet: ask, fields: { seq: 7, text: x } }';
  const run = await runVirtual(flowOf(steps), { onMessage: (_server, _row, message) => sent.push(message) }, { head: HEAD });
  assert.deepEqual(run.errors(), { 'packet.unfit': 1 });
  assert.deepEqual(
    sent.map((message) => message.toString('hex')),
    ['01000000070178'],
  );
});

test('hex and base64 are the bytes that they say', async () => {
  const sent: string[] = [];
  const steps = '  - send: { hex: "00 ff 10" }\n  - send: { base64: "AP8Q" }\n  - send: { base64: "" }';
  await runVirtual(flowOf(steps), { onMessage: (_server, _row, message, isText) => sent.push(`${isText} ${message.toString('hex')}`) });
  assert.deepEqual(sent, ['false 00ff10', 'false 00ff10', 'false ']);
});
