import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type StreamServer, streamServer } from '../net/echo-server.js';
import { errorOf, gwrk, repository } from './gwrk-process.js';

const certificate = join(repository, 'test/net/fixtures/localhost.cert.pem');
const key = join(repository, 'test/net/fixtures/localhost.key.pem');
const pem = { cert: readFileSync(certificate), key: readFileSync(key) };
let secure: StreamServer;
let picky: StreamServer;
before(async () => {
  secure = await streamServer(undefined, { tls: pem });
  picky = await streamServer(undefined, { tls: { ...pem, requestCert: true, rejectUnauthorized: true, ca: [pem.cert] } });
});
after(() => Promise.all([secure.close(), picky.close()]));

const quick = (url: string, ...more: string[]): string[] => ['run', url, '-c', '20', '-n', '200', '--timeout', '20s', ...more];

for (const flags of [['--cacert', certificate], ['-k']])
  test(`a tls:// target is loaded over sockets of Node with ${flags[0]}, and the reason is printed`, async () => {
    const { code, stderr, report } = await gwrk(quick(`tls://localhost:${secure.port}`, '-b', 'hello\\n', ...flags));
    assert.equal(code, 0, stderr);
    assert.equal(report?.transport, 'node');
    assert.equal(report.ledger.ok, 200);
    assert.match(stderr, /transport: node \(TLS needs the node transport\)/u);
  });

test('a tls:// target that wants a certificate of ours gets it, and without one nobody is let in', async () => {
  const url = `tls://localhost:${picky.port}`;
  const shown = await gwrk(quick(url, '-b', 'hello\\n', '--cacert', certificate, '--cert', certificate, '--key', key));
  assert.equal(shown.report?.ledger.ok, 200, shown.stderr);
  const hidden = await gwrk(quick(url, '-b', 'hello\\n', '--cacert', certificate));
  assert.equal(hidden.report?.ledger.ok, 0, hidden.stderr);
});

test('a certificate that nobody vouches for is an error, told in words', async () => {
  const { code, report, stderr } = await gwrk(quick(`tls://localhost:${secure.port}`, '-b', 'hello\\n'));
  assert.equal(code, 111, stderr);
  assert.match(errorOf(report, 'EPROTO')?.first ?? '', /certificate/iu);
});
