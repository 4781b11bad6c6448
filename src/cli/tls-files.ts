import { GwrkError } from '../core/errors.js';
import { checkCertificates, checkPair, checkPrivateKey } from '../core/tls-pem.js';
import type { RunOptions } from '../run/run-options.js';

/** Throws GWRK_USAGE when TLS could not use these PEM texts: better before the start than as the error of every client. */
export function checkTlsFiles({ cert, key, ca }: Pick<RunOptions['tls'], 'cert' | 'key' | 'ca'>): void {
  if (ca !== undefined) checkCertificates({ pem: ca, flag: '--cacert' });
  if (cert !== undefined) checkCertificates({ pem: cert, flag: '--cert' });
  if (key !== undefined) checkPrivateKey({ pem: key, flag: '--key' });
  if ((cert === undefined) !== (key === undefined)) {
    const [given, missing] = cert === undefined ? ['--key', '--cert'] : ['--cert', '--key'];
    throw new GwrkError('GWRK_USAGE', `${given} without ${missing} is of no use`, { where: given, hint: `add ${missing}` });
  }
  if (cert !== undefined && key !== undefined) checkPair({ pem: cert, flag: '--cert' }, { pem: key, flag: '--key' });
}
