import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const CHUNK_BYTES = 64 * 1024 * 1024;
/** Free memory below this gets the next chunk back. What is free is used soon, before the host can take it away. */
const LOW_BYTES = 1.5e9;

/**
 * Memory of a virtual machine that its host has really given. A guest's page costs 3 to 8 us when it is touched for the first time (the host
 * has to find one), and free pages go back to the host after seconds. This fills files in /dev/shm until `leaveBytes` are free, and
 * deletes them one by one as free memory runs low: what the kernel then takes for sockets are pages that the host has already given.
 */
export class WarmMemory {
  readonly #directory = mkdtempSync('/dev/shm/gwrk-warm-');
  readonly #files: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** Fills memory. Returns how much, bytes. */
  fill(leaveBytes = 2.5e9): number {
    const chunk = Buffer.alloc(1024 * 1024, 1);
    while (freeBytes() > leaveBytes + CHUNK_BYTES) {
      const file = join(this.#directory, String(this.#files.length));
      const descriptor = openSync(file, 'wx', 0o600);
      for (let written = 0; written < CHUNK_BYTES; written += chunk.length) writeSync(descriptor, chunk);
      closeSync(descriptor);
      this.#files.push(file);
    }
    return this.#files.length * CHUNK_BYTES;
  }

  /** Gives back as free memory runs low, from now on. */
  giveBack(): void {
    this.#timer = setInterval(() => {
      while (this.#files.length > 0 && freeBytes() < LOW_BYTES) unlinkSync(this.#files.pop()!);
    }, 50);
  }

  /** Deletes what is left. */
  end(): void {
    clearInterval(this.#timer);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** MemFree of /proc/meminfo: without what caches hold. */
function freeBytes(): number {
  return Number(/^MemFree:\s+(\d+) kB$/mu.exec(readFileSync('/proc/meminfo', 'utf8'))![1]) * 1024;
}
