import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrendGrowth } from '../measure/snapshot.js';
import { intervalLine } from './hlog.js';

/** Lines that wait for a disk which takes none; those beyond are given up. */
const MOST_WAITING_BYTES = 4 * 2 ** 20;
const READ_BYTES = 64 * 2 ** 10;

/**
 * The seconds of latency.hlog while their run goes on. Each becomes a line at once and goes to a file without a name in
 * `directory`, so that a run of hours keeps none of them in memory and a gwrk that is killed leaves nothing behind. A full
 * disk does not end the run: it is told once, lines wait, and every second they are tried again.
 */
export class IntervalLog {
  readonly #directory: string;
  readonly #note: (line: string) => void;
  #file: FileHandle | undefined;
  /** Bytes of the file that hold whole lines. */
  #writtenBytes = 0;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #isTold = false;
  #isGivenUp = false;
  #lost = 0;

  constructor(directory: string, note: (line: string) => void) {
    this.#directory = directory;
    this.#note = note;
  }

  /** Lines that found no room on the disk. */
  get lost(): number {
    return this.#lost;
  }

  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  add(growth: TrendGrowth): void {
    const line = Buffer.from(intervalLine(growth), 'latin1');
    if (this.#waitingBytes + line.length > MOST_WAITING_BYTES) this.#lost++;
    else {
      this.#waiting.push(line);
      this.#waitingBytes += line.length;
    }
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Every line so far, in order. */
  async *lines(): AsyncGenerator<Uint8Array> {
    await this.#writing;
    const chunk = Buffer.alloc(READ_BYTES);
    for (let at = 0; at < this.#writtenBytes; ) {
      const { bytesRead } = await this.#file!.read(chunk, 0, Math.min(READ_BYTES, this.#writtenBytes - at), at);
      if (bytesRead === 0) throw new Error('the file of the seconds was cut off');
      yield Buffer.from(chunk.subarray(0, bytesRead));
      at += bytesRead;
    }
    yield* this.#waiting;
  }

  /** Gives back the room on the disk: what can be had in no other way needs it more. */
  async giveUp(): Promise<void> {
    this.#isGivenUp = true;
    await this.close();
    this.#note('latency.hlog: the disk is full, so its seconds made room for the other files');
  }

  /** Forgets everything. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #write(): Promise<void> {
    try {
      this.#file ??= await openUnnamed(this.#directory);
      while (this.#waiting.length > 0) {
        const lines = this.#waiting.length;
        const bytes = Buffer.concat(this.#waiting);
        await writeAt(this.#file, bytes, this.#writtenBytes);
        this.#writtenBytes += bytes.length;
        this.#waiting.splice(0, lines);
        this.#waitingBytes -= bytes.length;
      }
    } catch (error) {
      if (this.#isTold) return;
      this.#isTold = true;
      this.#note(`latency.hlog: ${error instanceof Error ? error.message : error}: the run goes on, its seconds may be missing there`);
    }
  }
}

async function openUnnamed(directory: string): Promise<FileHandle> {
  const path = join(directory, `.latency.hlog.${process.pid}.${process.hrtime.bigint()}`);
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0), 0o600);
  await rm(path, { force: true });
  return file;
}

/** At a place of its own, so that what a full disk took of an earlier attempt is written over. */
async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}
