import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect as connectTls, type SecureVersion } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { parseServeOptions } from '../../../reference-server/options.js';
import { chooseGateway, type Server, startServer } from '../../../reference-server/server.js';
import { systemClock } from '../../../src/core/clock.js';
import { GwrkError } from '../../../src/core/errors.js';
import { ReferenceClient } from '../reference-client.js';
import { SECRETS } from '../server/http-client.js';
import { serveProcess } from '../server/serve-process.js';

const fixtures = fileURLToPath(new URL('../../../../test/net/fixtures', import.meta.url));
const certPath = join(fixtures, 'localhost.cert.pem');
const keyPath = join(fixtures, 'localhost.key.pem');
const ca = readFileSync(certPath);
const TLS = ['--tls-cert', certPath, '--tls-key', keyPath];
const PORTS = ['--port', '0', '--http-port', '0', '--admin-port', '0'];
const directory = mkdtempSync(join(tmpdir(), 'gwrk-serve-tls-'));
let server: Server;

before(async () => {
  server = await startServer(parseServeOptions([...PORTS, ...TLS, '--proof', 'none'], SECRETS), systemClock);
});

after(async () => {
  rmSync(directory, { recursive: true });
  await server.stop();
});

function post(path: string, body: object): Promise<{ status: number; json: Record<string, string> }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port: server.httpPort, path, method: 'POST', ca, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, json: JSON.parse(text) }));
    });
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify(body));
  });
}

test('a login over https opens a session over wss, from the first packet to the last', async () => {
  const dfp = randomBytes(32);
  const { status, json } = await post('/v1/login', { uid: 'alice', dfp: dfp.toString('base64url') });
  assert.equal(status, 200);
  const credential = {
    uid: 'alice',
    token: json.access!,
    secret: Buffer.from(json.secret!, 'base64url'),
    sid: Buffer.from(json.sid!, 'base64url'),
    dfp,
  };
  const socket = new WebSocket(`wss://127.0.0.1:${server.wsPort}/v1/ws`, { ca, perMessageDeflate: false });
  const client = await ReferenceClient.enter(socket, credential);
  await client.beat();
  assert.equal((await client.op(1, Buffer.alloc(4_000, 7))).result.length, 4_000);
  assert.equal(await client.leave(), 1_000);
});

for (const [version, isSpoken] of [
  ['TLSv1', false],
  ['TLSv1.1', false],
  ['TLSv1.2', true],
  ['TLSv1.3', true],
] as const satisfies readonly (readonly [SecureVersion, boolean])[])
  test(`${version} is ${isSpoken ? 'spoken' : 'refused'} on both ports`, async () => {
    for (const port of [server.wsPort, server.httpPort]) {
      // Without this, the client of the test would refuse the old versions by itself.
      const old = { minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' };
      const socket = connectTls({ host: '127.0.0.1', port, ca, ...old });
      const outcome = await Promise.race([
        once(socket, 'secureConnect').then(() => 'spoken'),
        once(socket, 'error').then(() => 'refused'),
      ]).catch(() => 'refused');
      assert.equal(outcome, isSpoken ? 'spoken' : 'refused');
      if (isSpoken) assert.equal(socket.getProtocol(), version);
      socket.destroy();
    }
  });

test('who speaks in clear gets no answer but the end', async () => {
  for (const port of [server.wsPort, server.httpPort]) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.write('GET /v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n');
    await once(socket, 'close');
    assert.ok(!answer.includes('HTTP/1.1 101') && !answer.includes('HTTP/1.1 200'), answer);
  }
});

test('who never finishes the handshake is cut off within seconds', async () => {
  const startMs = performance.now();
  const sockets = [server.wsPort, server.httpPort].map((port) => connect(port, '127.0.0.1'));
  await Promise.all(
    sockets.map((socket) => {
      socket.on('error', () => {});
      // The beginning of a ClientHello, and then nothing.
      socket.write(Buffer.from('160301020001', 'hex'));
      socket.resume();
      return once(socket, 'close');
    }),
  );
  // Node itself would wait for two minutes.
  assert.ok(performance.now() - startMs < 30_000);
});

test('auto means ws with TLS and the ready line says why; its addresses are wss and https, and another host is allowed', async () => {
  const { child, ready, ended } = serveProcess([...PORTS, ...TLS, '--host', '0.0.0.0'], SECRETS);
  const line = await ready;
  assert.match(String(line.ws), /^wss:\/\/0\.0\.0\.0:\d+\/v1\/ws$/);
  assert.match(String(line.http), /^https:\/\/0\.0\.0\.0:\d+$/);
  assert.match(String(line.admin), /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.deepEqual([line.gateway, line.gatewayReason], ['ws', 'TLS is spoken by the ws gateway']);
  child.kill('SIGTERM');
  assert.equal((await ended).code, 0);
});

const refusal =
  (where: string, text: RegExp, code = 'GWRK_USAGE') =>
  (error: unknown) =>
    error instanceof GwrkError && error.code === code && error.details.where === where && text.test(error.message);

test('uring asked for by name is refused with TLS, and so are several threads', () => {
  const tls = { certPath, keyPath };
  assert.throws(
    () => chooseGateway({ gateway: 'uring', threads: 1, tls }),
    refusal('--gateway', /does not speak TLS/, 'GWRK_TRANSPORT_UNAVAILABLE'),
  );
  assert.throws(() => chooseGateway({ gateway: 'auto', threads: 2, tls }), refusal('--threads', /one thread/));
});

test('one file without the other is refused', () => {
  assert.throws(() => parseServeOptions(['--tls-cert', certPath], SECRETS), refusal('--tls-cert', /without --tls-key/));
  assert.throws(() => parseServeOptions(['--tls-key', keyPath], SECRETS), refusal('--tls-key', /without --tls-cert/));
});

const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

const BAD: readonly (readonly [what: string, cert: () => string, key: () => string, where: string, text: RegExp])[] = [
  ['a certificate that is not there', () => join(directory, 'none'), () => keyPath, '--tls-cert', /cannot be read \(ENOENT\)/],
  ['a directory', () => directory, () => keyPath, '--tls-cert', /cannot be read \(EISDIR\)/],
  ['a key that is not there', () => certPath, () => join(directory, 'none'), '--tls-key', /cannot be read \(ENOENT\)/],
  ['a certificate that is none', () => file('text', 'hello'), () => keyPath, '--tls-cert', /no certificate/],
  ['a certificate that is broken off', () => file('half', String(ca).slice(0, 300)), () => keyPath, '--tls-cert', /certificate 1/],
  ['a key that is none', () => certPath, () => certPath, '--tls-key', /not a private key/],
  [
    'a key under a passphrase',
    () => certPath,
    () => file('locked', String(other.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }))),
    '--tls-key',
    /passphrase/,
  ],
  [
    'the key of another certificate',
    () => certPath,
    () => file('other', String(other.export({ type: 'pkcs8', format: 'pem' }))),
    '--tls-key',
    /does not belong/,
  ],
];

for (const [what, cert, key, where, text] of BAD)
  test(`${what} keeps the server from starting, with the flag named`, async () => {
    const options = parseServeOptions([...PORTS, '--tls-cert', cert(), '--tls-key', key()], SECRETS);
    await assert.rejects(startServer(options, systemClock), refusal(where, text));
  });
