import { readFile } from 'node:fs/promises';

/** Resident memory of a process now; undefined where the system does not say: it is not Linux, or the process is gone. */
export async function residentBytes(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kib = /^VmRSS:\s+(\d+) kB/mu.exec(status)?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}
