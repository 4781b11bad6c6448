import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { GwrkError } from '../core/errors.js';
import type { RunOptions } from '../run/run-options.js';

/** Throws GWRK_USAGE when TLS could not use these PEM texts: better before the start than as the error of every client. */
export function checkTlsFiles({ cert, key, ca }: Pick<RunOptions['tls'], 'cert' | 'key' | 'ca'>): void {
  if (ca !== undefined) checkCertificates(ca, '--cacert');
  if (cert !== undefined) checkCertificates(cert, '--cert');
  if (key !== undefined) attempt({ key }, '--key', 'this is not a private key in PEM that can be read without a passphrase');
  if ((cert === undefined) !== (key === undefined)) {
    const [given, missing] = cert === undefined ? ['--key', '--cert'] : ['--cert', '--key'];
    throw new GwrkError('GWRK_USAGE', `${given} without ${missing} is of no use`, { where: given, hint: `add ${missing}` });
  }
  if (cert !== undefined && key !== undefined) attempt({ cert, key }, '--key', 'the private key does not belong to the certificate');
}

/** TLS itself passes over certificates that it cannot read. */
function checkCertificates(pem: string, flag: string): void {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----.*?(?:-----END CERTIFICATE-----|$)/gsu) ?? [];
  if (blocks.length === 0) throw unusable(flag, 'there is no certificate in PEM in it');
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block);
    } catch (cause) {
      throw unusable(flag, `certificate ${index + 1} in it is not one`, cause);
    }
  }
}

function attempt(options: SecureContextOptions, flag: string, summary: string): void {
  try {
    createSecureContext(options);
  } catch (cause) {
    throw unusable(flag, summary, cause);
  }
}

function unusable(flag: string, summary: string, cause?: unknown): GwrkError {
  return new GwrkError('GWRK_USAGE', summary, {
    where: flag,
    hint: 'openssl x509 -in FILE -noout -text and openssl pkey -in FILE -noout show what a file holds',
    cause,
  });
}
