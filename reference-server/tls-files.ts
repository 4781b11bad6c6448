import { readFileSync } from 'node:fs';
import { GwrkError } from '../src/core/errors.js';
import { checkCertificates, checkPair, checkPrivateKey, type PemText } from '../src/core/tls-pem.js';
import type { TlsFiles } from './gateway/gateway.js';

const CERT_FLAG = '--tls-cert';
const KEY_FLAG = '--tls-key';

/** The certificate (with those of its issuers behind it) and its key. Throws GWRK_USAGE that names the flag when they are of no use. */
export function readTlsFiles({ certPath, keyPath }: { readonly certPath: string; readonly keyPath: string }): TlsFiles {
  const cert = read(certPath, CERT_FLAG);
  const key = read(keyPath, KEY_FLAG);
  checkCertificates(cert);
  checkPrivateKey(key);
  checkPair(cert, key);
  return { cert: cert.pem, key: key.pem };
}

function read(path: string, flag: string): PemText {
  try {
    return { pem: readFileSync(path, 'utf8'), flag };
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new GwrkError('GWRK_USAGE', `the file cannot be read (${reason})`, { where: flag, given: path, cause });
  }
}
