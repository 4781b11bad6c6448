import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { checkTlsFiles } from '../../src/cli/tls-files.js';
import { GwrkError } from '../../src/core/errors.js';
import { gwrk, repository } from '../integration/gwrk-process.js';

const fixture = (name: string): string => readFileSync(join(repository, 'test/net/fixtures', name), 'utf8');
const cert = fixture('localhost.cert.pem');
const key = fixture('localhost.key.pem');
const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const directory = mkdtempSync(join(tmpdir(), 'gwrk-pem-'));
after(() => rmSync(directory, { recursive: true }));

test('a certificate with its key, and certificates to trust, are taken', () => {
  checkTlsFiles({});
  checkTlsFiles({ cert, key });
  checkTlsFiles({ ca: `a remark\n${cert}\n${cert}` });
});

const bad: readonly [what: string, files: Parameters<typeof checkTlsFiles>[0], where: string, summary: RegExp][] = [
  ['certificates to trust that are none', { ca: 'garbage' }, '--cacert', /no certificate/u],
  ['an empty file to trust', { ca: '' }, '--cacert', /no certificate/u],
  ['a second certificate that is broken off', { ca: cert + cert.slice(0, 200) }, '--cacert', /certificate 2/u],
  ['a certificate that is none', { cert: key, key }, '--cert', /no certificate/u],
  ['a key that is none', { cert, key: cert }, '--key', /not a private key/u],
  [
    'a key under a passphrase',
    { cert, key: privateKey.export({ ...pkcs8, cipher: 'aes-256-cbc', passphrase: 'x' }) as string },
    '--key',
    /passphrase/u,
  ],
  ['the key of another certificate', { cert, key: privateKey.export(pkcs8) as string }, '--key', /does not belong/u],
  ['a certificate without its key', { cert }, '--cert', /without --key/u],
  ['a key without its certificate', { key }, '--key', /without --cert/u],
];

for (const [what, files, where, summary] of bad)
  test(`${what} is refused as a mistake of the command line`, () => {
    assert.throws(
      () => checkTlsFiles(files),
      (error) => error instanceof GwrkError && error.code === 'GWRK_USAGE' && error.details.where === where && summary.test(error.message),
    );
  });

test('gwrk run says so before anything starts', async () => {
  const file = join(directory, 'garbage.pem');
  writeFileSync(file, 'garbage');
  const { code, stderr, reason, report } = await gwrk(['run', 'wss://127.0.0.1:1/', '-c', '1', '-n', '1', '--cacert', file]);
  assert.equal(code, 104, stderr);
  assert.match(reason, /^exit 104: GWRK_USAGE there is no certificate/u);
  assert.equal(report, undefined);
});
