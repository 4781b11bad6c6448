import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { after, before, describe, mock, test } from 'node:test';
import tls from 'node:tls';
import { NodeTransport } from '../../src/net/node-transport.js';
import type { TlsOptions } from '../../src/net/transport.js';
import { drive, Lives } from './harness.js';

// The compiled test lies in dist/test/net, the fixtures stay where they were written.
const fixture = (name: string): string => readFileSync(new URL(`../../../test/net/fixtures/${name}`, import.meta.url), 'utf8');
const cert = fixture('localhost.cert.pem');
const key = fixture('localhost.key.pem');

function lives(server: net.Server, capacity: number, tlsOptions?: TlsOptions): Lives {
  const { port } = server.address() as net.AddressInfo;
  const options = { capacity, targets: [{ address: '127.0.0.1', family: 4 as const, port }], sources: [] };
  return new Lives(new NodeTransport(tlsOptions === undefined ? options : { ...options, tls: tlsOptions }));
}

const listening = async (server: net.Server): Promise<net.Server> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

describe('TLS on the node transport', () => {
  let server: net.Server;
  let resets = 0;
  before(async () => {
    server = await listening(
      tls.createServer({ key, cert }, (socket) => {
        socket.on('error', () => resets++);
        socket.on('data', (chunk) => socket.write(chunk));
      }),
    );
  });
  after(() => server.close());

  const hello = new TextEncoder().encode('hello');
  const greet = (all: Lives): void => {
    all.open = (row) => all.transport.connect(row, 0, -1, hello, 0, hello.length);
  };

  test('carries the first bytes and their echo, and ends in order', async () => {
    const all = lives(server, 5, { ca: cert, rejectUnauthorized: true });
    greet(all);
    all.received = (row) => {
      if (all.length(row) === hello.length) all.transport.close(row);
    };
    await drive(all.transport, all);
    for (let row = 0; row < 5; row++) assert.deepEqual([all.text(row), all.rows[row]!.connected, all.rows[row]!.errno], ['hello', 1, 0]);
  });

  test('aborts with a reset', async () => {
    const all = lives(server, 4, { ca: cert, rejectUnauthorized: true });
    greet(all);
    resets = 0;
    all.received = (row) => all.transport.abort(row);
    await drive(all.transport, all);
    assert.deepEqual(
      all.rows.map(({ closed, errno }) => [closed, errno]),
      Array(4).fill([1, 0]),
    );
    for (let turn = 0; turn < 6_000 && resets < 4; turn++) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(resets, 4);
  });

  test('a certificate that nobody vouches for is EPROTO (71), with the reason in words', async () => {
    const all = lives(server, 1, { rejectUnauthorized: true });
    greet(all);
    await drive(all.transport, all);
    assert.deepEqual([all.rows[0]!.connected, all.rows[0]!.errno], [0, 71]);
    assert.match(all.transport.lastErrorText!(0)!, /self-signed certificate/);
  });

  for (const [servername, errno] of [
    ['localhost', 0],
    ['127.0.0.1', 0],
    ['other.example', 71],
    ['127.0.0.2', 71],
  ] as const)
    test(`a certificate for localhost and 127.0.0.1 is ${errno === 0 ? 'taken' : 'refused'} for ${servername}`, async () => {
      const all = lives(server, 1, { ca: cert, rejectUnauthorized: true, servername });
      greet(all);
      all.received = (row) => all.transport.close(row);
      await drive(all.transport, all);
      assert.deepEqual([all.rows[0]!.connected, all.rows[0]!.errno], [errno === 0 ? 1 : 0, errno]);
      if (errno !== 0) assert.match(all.transport.lastErrorText!(0)!, /does not match certificate/);
    });

  test('the same certificate is taken with rejectUnauthorized: false', async () => {
    const all = lives(server, 1, { rejectUnauthorized: false });
    greet(all);
    all.received = (row) => all.transport.close(row);
    await drive(all.transport, all);
    assert.equal(all.text(0), 'hello');
  });

  test('a server that speaks no TLS is EPROTO (71), and a free port refuses as ever', async () => {
    const plain = await listening(
      net.createServer((socket) =>
        socket
          .on('error', () => undefined)
          .resume()
          .end('220 this is not TLS\r\n\r\n'),
      ),
    );
    const all = lives(plain, 1, { rejectUnauthorized: false });
    greet(all);
    await drive(all.transport, all);
    assert.equal(all.rows[0]!.errno, 71);
    const refused = lives(plain, 1, { rejectUnauthorized: false });
    plain.close();
    await once(plain, 'close');
    await drive(refused.transport, refused);
    assert.deepEqual([refused.rows[0]!.connected, refused.rows[0]!.closed, refused.rows[0]!.errno], [0, 1, 111]);
  });
});

test('a peer that never ends its side is given five seconds after close()', async () => {
  const sockets: net.Socket[] = [];
  const server = await listening(
    net.createServer({ allowHalfOpen: true }, (socket) => {
      sockets.push(socket.on('error', () => undefined).resume());
      // Our end has arrived: from here on only the timer can free the row.
      socket.on('end', () => {
        mock.timers.tick(4_999);
        setImmediate(() => {
          assert.equal(all.rows[0]!.closed, 0);
          mock.timers.tick(1);
        });
      });
    }),
  );
  const all = lives(server, 1);
  all.connected = () => all.transport.close(0);
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    await drive(all.transport, all);
  } finally {
    mock.timers.reset();
  }
  assert.deepEqual([all.rows[0]!.closed, all.rows[0]!.errno], [1, 0]);
  for (const socket of sockets) socket.destroy();
  server.close();
});

test('connecting a row that is in use is a fault of the caller', async () => {
  const server = await listening(net.createServer((socket) => socket.on('error', () => undefined).resume()));
  const all = lives(server, 1);
  all.open = (row) => {
    all.transport.connect(row, 0, -1, new Uint8Array(), 0, 0);
    assert.throws(() => all.transport.connect(row, 0, -1, new Uint8Array(), 0, 0), /row 0 is in use/);
    all.done = () => true;
  };
  await drive(all.transport, all);
  server.close();
});
