import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CHUNK_BYTES = 16 * 1024 * 1024;

/**
 * Memory of a virtual machine that its host has really given. A guest's page costs 3 to 8 us when it is touched for the first time (the host
 * has to find one), and free pages go back to the host after seconds. This reads through a file that is one hole, until the page cache has
 * all memory but `leaveBytes`: it holds pages that the host has given, and the kernel takes them from it, since they are clean, as soon as
 * sockets need them. For planning they count as available.
 */
export class WarmMemory {
  readonly #directory = mkdtempSync(join(tmpdir(), 'gwrk-warm-'));

  /** Fills the page cache. Returns with how much, bytes. */
  fill(leaveBytes = 1e9): number {
    const file = openSync(join(this.#directory, 'hole'), 'wx+', 0o600);
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const freeAtFirst = freeBytes();
    ftruncateSync(file, freeAtFirst);
    let bytes = 0;
    while (bytes < freeAtFirst && freeBytes() > leaveBytes) bytes += readSync(file, chunk, 0, CHUNK_BYTES, bytes);
    closeSync(file);
    return bytes;
  }

  /** Deletes the file, and with it what the page cache still holds of it. */
  end(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** MemFree of /proc/meminfo: without what caches hold. */
function freeBytes(): number {
  return Number(/^MemFree:\s+(\d+) kB$/mu.exec(readFileSync('/proc/meminfo', 'utf8'))![1]) * 1024;
}
