import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { chooseTransport, createTransport } from '../../src/net/create-transport.js';
import type { Transport } from '../../src/net/transport.js';

/** In a thread of its own, because the io_uring transport stands still inside the kernel: answers each byte, says whom it sees. */
const SERVER = `
const { parentPort, workerData } = require('node:worker_threads');
const server = require('node:net').createServer((socket) => {
  const { remoteAddress, remotePort, remoteFamily } = socket;
  parentPort.postMessage(remoteFamily === 'IPv6' ? '[' + remoteAddress + ']:' + remotePort : remoteAddress + ':' + remotePort);
  socket.on('data', () => socket.write('b')).on('error', () => {});
});
server.listen(0, workerData, () => parentPort.postMessage(server.address().port));
`;

/** Connects, exchanges one byte and resolves with what each end calls the client's address, before and after the end. */
async function addresses(
  kind: 'uring' | 'node',
  host: string,
): Promise<{ seen: string; told: string | undefined; after: string | undefined }> {
  const server = new Worker(SERVER, { eval: true, workerData: host });
  const [port] = (await once(server, 'message')) as [number];
  const seen = once(server, 'message') as Promise<[string]>;
  const transport: Transport = await createTransport(kind, {
    capacity: 4,
    targets: [{ address: host, family: host.includes(':') ? 6 : 4, port }],
    sources: [],
  });
  let told: string | undefined;
  let after: string | undefined;
  let isOver = false;
  let isStarted = false;
  await transport.run({
    onConnected: () => {},
    onData: (row) => {
      told = transport.localAddress!(row);
      transport.close(row);
    },
    onClosed: (row) => {
      after = transport.localAddress!(row);
      isOver = true;
    },
    onTick: (nowUs) => {
      if (!isStarted) transport.connect(2, 0, -1, Buffer.from('a'), 0, 1);
      isStarted = true;
      return isOver ? -1 : nowUs + 5_000;
    },
  });
  const [peer] = await seen;
  await server.terminate();
  return { seen: peer, told, after };
}

for (const kind of ['node', 'uring'] as const)
  for (const host of ['127.0.0.1', '::1'])
    test(`the ${kind} transport knows its end of a connection to ${host} by the address that the peer sees`, async (t) => {
      if (kind === 'uring' && chooseTransport({ wanted: 'auto', tls: false }).kind !== 'uring')
        return t.skip('io_uring does not work here');
      const { seen, told, after } = await addresses(kind, host);
      assert.match(seen, /:\d+$/u);
      assert.equal(told, seen);
      assert.equal(after, undefined, 'a connection that is over has no address');
    });
