import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { GwrkError } from './errors.js';

/** PEM texts, each with the flag that it came from. Throws GWRK_USAGE for what TLS could not use. */
export interface PemText {
  readonly pem: string;
  readonly flag: string;
}

/** One certificate or more. TLS itself passes over certificates that it cannot read. */
export function checkCertificates({ pem, flag }: PemText): void {
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

/** A private key without a passphrase. */
export function checkPrivateKey({ pem, flag }: PemText): void {
  attempt({ key: pem }, flag, 'this is not a private key in PEM that can be read without a passphrase');
}

/** The key is the certificate's. */
export function checkPair(cert: PemText, key: PemText): void {
  attempt({ cert: cert.pem, key: key.pem }, key.flag, 'the private key does not belong to the certificate');
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
