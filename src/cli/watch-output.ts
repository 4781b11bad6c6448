import { setImmediate } from 'node:timers/promises';
import { GwrkError } from '../core/errors.js';
import { EXIT } from '../core/exit-codes.js';

export interface OutputWatch {
  /** Throws GWRK_OUTPUT_UNWRITABLE when a command passed and yet not all that it had to say could be written. */
  check(exitCode: number): Promise<void>;
}

/**
 * Keeps a full disk behind stdout or stderr from ending the process: a run still writes its results. `gwrk ... | head`
 * closes the pipe before we are done, which is no fault: what nobody reads need not be written.
 */
export function watchOutput(): OutputWatch {
  let fault: NodeJS.ErrnoException | undefined;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') fault ??= error;
  });
  // There is nobody left to tell.
  process.stderr.on('error', () => {});
  return {
    async check(exitCode) {
      await setImmediate(); // a stream tells its errors a tick later
      if (fault !== undefined && exitCode === EXIT.passed)
        throw new GwrkError('GWRK_OUTPUT_UNWRITABLE', 'stdout could not be written', {
          given: fault.message,
          hint: 'free space there, or send it elsewhere',
          cause: fault,
        });
    },
  };
}
