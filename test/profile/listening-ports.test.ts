import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { listeningPorts, parseListening } from '../../src/profile/listening-ports.js';

const HEADER = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const row = (local: string, state: string, inode: string): string =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1 0000000000000000 100 0 0 10 0\n`;

test('only sockets that listen and are among the descriptors count', () => {
  const table = HEADER + row('0100007F:240D', '0A', '11') + row('0100007F:240E', '01', '12') + row('0100007F:240F', '0A', '13');
  assert.deepEqual(parseListening(table, new Set(['11', '12'])), [{ host: '127.0.0.1', port: 9229 }]);
});

test('addresses of IPv6 are written as a URL has them, and who listens everywhere is on loopback too', () => {
  const inodes = new Set(['1', '2', '3', '4']);
  const table =
    HEADER +
    row('00000000000000000000000001000000:0050', '0A', '1') +
    row('00000000000000000000000000000000:0051', '0A', '2') +
    row('0000000000000000FFFF00000100007F:0052', '0A', '3') +
    row('00000000:0053', '0A', '4');
  assert.deepEqual(
    parseListening(table, inodes).map(({ host, port }) => `${host}:${port}`),
    ['[::1]:80', '127.0.0.1:81', '127.0.0.1:82', '127.0.0.1:83'],
  );
});

test('the ports of this very process are found', async (t) => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  assert.ok(listeningPorts(process.pid).some((found) => found.port === port && found.host === '127.0.0.1'));
});
