import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runVirtual, type VirtualRunOptions } from './virtual-run.js';
import type { Script } from './virtual-transport.js';

const TCP: VirtualRunOptions = { target: 'tcp://127.0.0.1:9' };

const flowOf = (framing: string, steps: string, clients = 3): string => `
executor: constant-clients
clients: ${clients}
duration: 2s
gracefulStop: 1s
framing: ${framing}
flow:
  - connect: { timeout: 500ms }
${steps}
  - disconnect: {}`;

const echoBytes = (delayUs = 500): Script => ({ onBytes: (server, row, bytes) => server.sendRaw(row, bytes, delayUs) });
const ask = '  - send: { text: "hello {{ client }}", expect: { text: "hello {{ client }}", within: 100ms } }';

for (const framing of [
  '{ delimiter: "\\r\\n" }',
  '{ length: { width: 1 } }',
  '{ length: { width: 4, endian: big, includesHeader: true } }',
  '{ size: 7 }',
]) {
  test(`a flow over tcp with framing ${framing} connects without an upgrade, and its answers come`, async () => {
    const run = await runVirtual(flowOf(framing, ask), echoBytes(), TCP);
    assert.deepEqual(run.errors(), {});
    assert.equal(run.counter('ledger_ok'), 3);
    assert.equal(run.ledgerGap(), 0);
    assert.equal(run.counter('sessions_ready'), 3);
    assert.equal(run.trend('tcp_connecting').count, 3);
    assert.equal(run.trend('ws_upgrading').count, 0);
    assert.deepEqual(run.values('ws_msg_rtt'), [500, 500, 500]);
    assert.deepEqual(run.transport.aborted, []);
  });
}

test('an answer that comes byte by byte is timed at its last byte', async () => {
  const script: Script = {
    onBytes: (server, row, bytes) => {
      for (const [index, byte] of bytes.entries()) server.sendRaw(row, Uint8Array.of(byte), 100 * (index + 1));
    },
  };
  const run = await runVirtual(flowOf('{ length: { width: 2 } }', ask, 1), script, TCP);
  assert.deepEqual(run.errors(), {});
  assert.deepEqual(run.values('ws_msg_rtt'), [900]); // 2 bytes of length and "hello 0"
});

test('a server that claims 2^31 bytes is at fault, and its client is cut off at once', async () => {
  const script: Script = { onBytes: (server, row) => server.sendRaw(row, Buffer.from('80000000aa', 'hex'), 50) };
  const run = await runVirtual(flowOf('{ length: { width: 4, endian: big } }', ask), script, TCP);
  assert.deepEqual(run.errors(), { 'framing.too-long': 3 });
  assert.equal(run.counter('connections_lost'), 3);
  assert.equal(run.counter('ledger_indeterminate'), 3);
  assert.equal(run.transport.aborted.length, 3);
  assert.equal(run.ledgerGap(), 0);
});

test('half a message and then silence is a time-out of the answer', async () => {
  const script: Script = { onBytes: (server, row, bytes) => server.sendRaw(row, bytes.subarray(0, 4), 50) };
  const run = await runVirtual(flowOf('{ delimiter: "\\n" }', ask), script, TCP);
  assert.deepEqual(run.errors(), { 'timeout.answer': 3 });
  assert.equal(run.counter('ledger_indeterminate'), 3);
});

test('a server that sends a byte a second is waited for as long as the step says, and not longer', async () => {
  const script: Script = {
    onBytes: (server, row, bytes) => {
      for (const [index, byte] of bytes.entries()) server.sendRaw(row, Uint8Array.of(byte), 1e6 * (index + 1));
    },
  };
  const run = await runVirtual(flowOf('{ delimiter: "\\n" }', ask.replace('100ms', '1500ms')), script, TCP);
  assert.deepEqual(run.errors(), { 'timeout.answer': 3 });
  assert.equal(run.trend('ws_msg_rtt').max, 1_500_000);
});

test('a server that ends a stream in the middle of a message is a loss', async () => {
  const script: Script = {
    onBytes: (server, row, bytes) => {
      server.sendRaw(row, bytes.subarray(0, 3), 50);
      server.end(row, 0, 100);
    },
  };
  const run = await runVirtual(flowOf('{ delimiter: "\\n" }', ask), script, TCP);
  assert.deepEqual(run.errors(), { 'closed.stream': 3 });
  assert.equal(run.counter('connections_lost'), 3);
});

test('a greeting that comes with the connection satisfies an expect step, and each connection begins afresh', async () => {
  const script: Script = {
    onOpen: (server, row) => server.sendRaw(row, Buffer.from('welcome\nhal')),
    onBytes: (server, row) => server.sendRaw(row, Buffer.from('f\nyes\n'), 10),
  };
  const steps = `  - expect: { text: welcome, within: 100ms }
  - send: { text: x }
  - expect: { text: half, within: 100ms }
  - disconnect: {}
  - connect: {}
  - expect: { text: welcome, within: 100ms }`;
  const run = await runVirtual(flowOf('{ delimiter: "\\n" }', steps, 1), script, TCP);
  assert.deepEqual(run.errors(), {});
  assert.equal(run.counter('checks_passed'), 3);
});

test('an answer over tcp finds its request by the bytes at an offset, whatever the order', async () => {
  const held: Buffer[] = [];
  const script: Script = {
    onBytes: (server, row, bytes) => {
      held.push(bytes);
      if (held.length < 3) return;
      for (const [index, one] of held.toReversed().entries()) server.sendRaw(row, one, 100 * (index + 1));
      held.length = 0;
    },
  };
  const steps = `  - loop:
      every: 1ms
      count: 3
      steps:
        - send: { text: "{{ iteration + 10 }} and more", match: { offset: 0, width: 2 }, expect: { text: "{{ iteration + 10 }} and more", within: 1s } }`;
  const run = await runVirtual(flowOf('{ length: { width: 2 } }', steps, 1), script, TCP);
  assert.deepEqual(run.errors(), {});
  assert.equal(run.counter('ledger_ok'), 3);
});
