import { createServer } from 'node:net';
import { GwrkError } from '../src/core/errors.js';

/** What to do about a port that cannot be had. */
export const PORT_HINT = 'stop what listens there, or choose another port (0: any free one)';

/**
 * Throws GWRK_USAGE when the port cannot be had; `flag` names it. The uring gateway's own sockets would share the port of
 * another server in silence (SO_REUSEPORT), so a plain one asks first. Port 0 is always free.
 */
export async function requireFreePort(host: string, port: number, flag: string): Promise<void> {
  if (port === 0) return;
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (cause) => {
      reject(
        new GwrkError('GWRK_USAGE', `cannot listen: ${cause.message}`, { where: flag, given: `${host}:${port}`, hint: PORT_HINT, cause }),
      );
    });
    probe.listen(port, host, () => probe.close(() => resolve()));
  });
}
