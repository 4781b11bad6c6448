import { readlinkSync } from 'node:fs';

/** The kernel's id of the calling thread, or 0 where the system does not say (only Linux does). */
export function kernelThreadId(): number {
  try {
    return Number(/\/task\/(\d+)$/u.exec(readlinkSync('/proc/thread-self'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
