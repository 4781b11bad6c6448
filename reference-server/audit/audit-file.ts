import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { GwrkError } from '../../src/core/errors.js';
import { readLine } from './audit-line.js';

export interface AuditFileOptions {
  readonly path: string;
  /** The file is rotated before it becomes larger. */
  readonly maxBytes: number;
  /** Files in all: `path`, `path.1` (the one before) and so on; older ones are removed. */
  readonly maxFiles: number;
  /** Lines that cannot be written now wait in memory up to this. */
  readonly maxWaitingBytes: number;
}

/** A failed write is tried again after this time. */
const RETRY_MS = 1_000;
const CHUNK_BYTES = 65_536;
const LINE_FEED = 10;

const logFlags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

/**
 * The files of the audit log on a disk that may be full: what cannot be written waits in memory, in order, and is written when
 * there is room again. Never throws after its construction. Only whole lines are accepted, so only whole lines get lost.
 */
export class AuditFile {
  readonly #options: AuditFileOptions;
  /** Chunks that wait; 'rotate' stands where a new file begins. */
  readonly #waiting: (Buffer | 'rotate')[] = [];
  #open: Buffer[] = [];
  #openBytes = 0;
  #waitingBytes = 0;
  /** Bytes of the first waiting chunk that are written. */
  #sent = 0;
  #fd = -1;
  /** Size of the file that the next line goes to, once all that waits is written. */
  #plannedBytes: number;
  #retryAtMs = 0;
  /** The last whole line that stood in the log when it was opened. */
  readonly lastLine: Buffer | undefined;
  /** True when `path` is new and the log goes on from an older file. */
  readonly goesOn: boolean;
  /** Bytes of a line cut off by a crash; they were removed. */
  readonly tornBytes: number;
  writtenBytes = 0;
  failures = 0;
  rotations = 0;

  /** Throws GWRK_OUTPUT_UNWRITABLE when the file cannot be opened, GWRK_USAGE when it holds something else. */
  constructor(options: AuditFileOptions) {
    this.#options = options;
    const { path } = options;
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.#fd = openSync(path, logFlags, 0o600);
    } catch (error) {
      throw new GwrkError('GWRK_OUTPUT_UNWRITABLE', 'the audit log cannot be opened', {
        where: '--audit',
        given: (error as Error).message,
        cause: error,
        hint: 'give a file in a directory that the server may write',
      });
    }
    const own = readTail(this.#fd, path);
    this.tornBytes = own.tornBytes;
    if (own.tornBytes > 0) ftruncateSync(this.#fd, own.endBytes);
    this.#plannedBytes = own.endBytes;
    const older = own.endBytes === 0 && existsSync(`${path}.1`) ? lastLineOf(`${path}.1`) : undefined;
    this.lastLine = own.lastLine ?? older;
    this.goesOn = older !== undefined;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** True when a line of this size must go to a new file: call rotate() before it. */
  isFullFor(lineBytes: number): boolean {
    return this.#plannedBytes > 0 && this.#plannedBytes + lineBytes > this.#options.maxBytes;
  }

  hasRoomFor(lineBytes: number): boolean {
    return this.#waitingBytes + lineBytes + 1 <= this.#options.maxWaitingBytes;
  }

  /** Takes a line without its line feed; flush() writes it. */
  append(line: Buffer): void {
    this.#open.push(line, NEW_LINE);
    this.#openBytes += line.length + 1;
    this.#waitingBytes += line.length + 1;
    this.#plannedBytes += line.length + 1;
    if (this.#openBytes >= CHUNK_BYTES) this.#endChunk();
  }

  /** Lines from now on go to a new file. */
  rotate(): void {
    this.#endChunk();
    this.#waiting.push('rotate');
    this.#plannedBytes = 0;
  }

  /** Writes what waits, as far as the disk takes it. `nowMs` is any steady clock, Infinity for: at once. True when nothing waits any more. */
  flush(nowMs: number): boolean {
    this.#endChunk();
    if (nowMs < this.#retryAtMs) return this.#waiting.length === 0;
    try {
      while (this.#waiting.length > 0) {
        const first = this.#waiting[0]!;
        if (first === 'rotate') {
          this.#shift();
        } else {
          // A partial write says nothing yet; the next one says why.
          const wrote = writeSync(this.#reopened(), first, this.#sent);
          this.#sent += wrote;
          this.#waitingBytes -= wrote;
          this.writtenBytes += wrote;
          if (this.#sent < first.length) continue;
        }
        this.#sent = 0;
        this.#waiting.shift();
      }
      this.#retryAtMs = 0;
      return true;
    } catch {
      this.failures++;
      this.#retryAtMs = nowMs + RETRY_MS;
      return false;
    }
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }

  #endChunk(): void {
    if (this.#open.length === 0) return;
    this.#waiting.push(Buffer.concat(this.#open, this.#openBytes));
    this.#open = [];
    this.#openBytes = 0;
  }

  #reopened(): number {
    if (this.#fd < 0) this.#fd = openSync(this.#options.path, logFlags, 0o600);
    return this.#fd;
  }

  /** path.1 becomes path.2 and so on, path becomes path.1. What cannot be renamed stays, and the log goes on where it is. */
  #shift(): void {
    const { path, maxFiles } = this.#options;
    try {
      if (maxFiles > 1) {
        rmSync(`${path}.${maxFiles - 1}`, { force: true });
        for (let n = maxFiles - 2; n >= 1; n--) if (existsSync(`${path}.${n}`)) renameSync(`${path}.${n}`, `${path}.${n + 1}`);
        renameSync(path, `${path}.1`);
      } else {
        rmSync(path, { force: true });
      }
    } catch {
      this.failures++;
      return;
    }
    this.rotations++;
    this.close(); // the new file is opened by the next write, when there is room for it
  }
}

const NEW_LINE = Buffer.from([LINE_FEED]);

interface Tail {
  /** Where the last whole line ends. */
  readonly endBytes: number;
  readonly tornBytes: number;
  readonly lastLine: Buffer | undefined;
}

/** Finds the last whole line. Throws GWRK_USAGE when the file holds something other than an audit log. */
function readTail(fd: number, path: string): Tail {
  const { size } = fstatSync(fd);
  if (size === 0) return { endBytes: 0, tornBytes: 0, lastLine: undefined };
  const bytes = Buffer.alloc(Math.min(size, CHUNK_BYTES));
  readSync(fd, bytes, 0, bytes.length, size - bytes.length);
  const lastFeed = bytes.lastIndexOf(LINE_FEED);
  const end = lastFeed + 1;
  const begin = lastFeed < 1 ? 0 : bytes.lastIndexOf(LINE_FEED, lastFeed - 1) + 1;
  const lastLine = lastFeed < 0 ? undefined : bytes.subarray(begin, lastFeed);
  const isOurs = lastLine === undefined ? bytes.subarray(0, 5).equals(Buffer.from('{"v":').subarray(0, size)) : looksLikeOurs(lastLine);
  if (!isOurs) {
    throw new GwrkError('GWRK_USAGE', 'the file exists and is not an audit log of gwrk', {
      where: '--audit',
      given: path,
      allowed: 'a new file, or one that an earlier gwrk serve --audit wrote',
    });
  }
  return { endBytes: size - bytes.length + end, tornBytes: bytes.length - end, lastLine };
}

/** A damaged last line of ours is gone on from, so that verify names it; what was never a line of ours is left alone. */
function looksLikeOurs(line: Buffer): boolean {
  return 'fields' in readLine(line) || /"ev":".*"prev":"/u.test(line.toString('latin1'));
}

function lastLineOf(path: string): Buffer | undefined {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    return readTail(fd, path).lastLine;
  } finally {
    closeSync(fd);
  }
}
