import { type FSWatcher, lstatSync, statSync, watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { textOf } from './bounded-request.js';
import { MAX_RULES_BYTES, type RuleListener, type RuleSource, reasonOf, type SourceTimers } from './rule-source.js';

/** A writer is given this long between two of its steps. */
const DEBOUNCE_MS = 50;
/** A file that changes all the time is read this often all the same. */
const LONGEST_DEBOUNCE_MS = 200;
/** For what no watch tells: network file systems, a link further up the path. */
const STAT_MS = 2_000;
/** A file that was just emptied is about to be written: it counts as empty only when it is so for this long. */
const EMPTY_MS = 500;

/** Calls `onEvent` with the name of what changed in a directory, undefined when the system does not say. */
export type WatchDirectory = (directory: string, onEvent: (name: string | undefined) => void, onError: () => void) => { close(): void };

const watchDirectory: WatchDirectory = (directory, onEvent, onError) => {
  // Not recursive, and persistent: false, so that a watch alone keeps no process alive.
  const watcher: FSWatcher = watch(directory, { persistent: false }, (_kind, name) => onEvent(name ?? undefined));
  watcher.on('error', onError);
  return watcher;
};

export interface FileSourceOptions {
  readonly timers: SourceTimers;
  readonly watchDirectory?: WatchDirectory;
}

/**
 * Rules from a file. Its directory is watched, not the file: an atomic rename, a swapped link (the way of a Kubernetes
 * ConfigMap) and a file that goes and comes back all happen to the directory. A look at its state every 2 s is the backstop.
 */
export class FileSource implements RuleSource {
  readonly name: string;
  readonly #path: string;
  readonly #timers: SourceTimers;
  readonly #watchDirectory: WatchDirectory;
  #listener: RuleListener | undefined;
  #watcher: { close(): void } | undefined;
  /** Identity of the watched directory. */
  #directory = '';
  /** State of the file at the last reading. */
  #state = '';
  #cancelStat: () => void = () => {};
  #cancelRead: () => void = () => {};
  #firstEventMs: number | undefined;
  #isReading = false;
  #emptySinceMs: number | undefined;

  constructor(path: string, { timers, watchDirectory: watcher = watchDirectory }: FileSourceOptions) {
    this.name = path;
    this.#path = resolve(path);
    this.#timers = timers;
    this.#watchDirectory = watcher;
  }

  start(listener: RuleListener): void {
    this.#listener = listener;
    this.#watch();
    this.#read();
    this.#statLater();
  }

  stop(): void {
    this.#listener = undefined;
    this.#cancelStat();
    this.#cancelRead();
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  /** Watches the directory that the path leads to now, which may be another one than a moment ago. */
  #watch(): void {
    const directory = dirname(this.#path);
    const identity = identityOf(directory);
    if (this.#watcher !== undefined && identity === this.#directory) return;
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#directory = identity;
    try {
      const onError = (): void => {
        this.#watcher?.close();
        this.#watcher = undefined;
      };
      this.#watcher = this.#watchDirectory(directory, (name) => this.#changed(name), onError);
    } catch {
      // The directory is gone, or no watch is left for this user: the look every 2 s goes on and tries again.
    }
  }

  #changed(name: string | undefined): void {
    if (this.#listener === undefined) return;
    // Behind a link any name may be the one that matters.
    if (name !== undefined && name !== basename(this.#path) && !isLink(this.#path)) return;
    const nowMs = this.#timers.nowMs();
    this.#firstEventMs ??= nowMs;
    const waitMs = Math.min(DEBOUNCE_MS, Math.max(0, this.#firstEventMs + LONGEST_DEBOUNCE_MS - nowMs));
    this.#readAfter(waitMs);
  }

  #statLater(): void {
    this.#cancelStat = this.#timers.after(STAT_MS, () => {
      this.#watch();
      if (identityOf(this.#path) !== this.#state) this.#read();
      this.#statLater();
    });
  }

  #readAfter(waitMs: number): void {
    this.#cancelRead();
    this.#cancelRead = this.#timers.after(waitMs, () => this.#read());
  }

  async #read(): Promise<void> {
    if (this.#isReading) return this.#readAfter(DEBOUNCE_MS);
    this.#firstEventMs = undefined;
    this.#isReading = true;
    // Before the reading: what changes meanwhile is seen as a change afterwards.
    this.#state = identityOf(this.#path);
    let text: string | undefined;
    let trouble = '';
    try {
      text = textOf(await readBounded(this.#path));
    } catch (error) {
      trouble = reasonOf(error);
    }
    this.#isReading = false;
    if (this.#listener === undefined) return;
    if (text === undefined) this.#listener.onTrouble(trouble);
    else if (text === '' && this.#isNewlyEmpty()) this.#readAfter(EMPTY_MS);
    else this.#listener.onText(text);
    if (text !== '') this.#emptySinceMs = undefined;
  }

  #isNewlyEmpty(): boolean {
    const nowMs = this.#timers.nowMs();
    this.#emptySinceMs ??= nowMs;
    return nowMs - this.#emptySinceMs < EMPTY_MS;
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return true; // gone: the next event may bring it back as a link
  }
}

/** A text that differs when the path leads to another file or directory, or when a file was written. Empty when it is gone. */
function identityOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return statSync(path).isDirectory() ? `${dev}:${ino}` : `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch {
    return '';
  }
}

/** The whole file. Throws when it is none (a directory, a pipe) or larger than 1 MiB. */
async function readBounded(path: string): Promise<Uint8Array> {
  // A pipe must not hold the opening until somebody writes.
  const stat = statSync(path);
  if (!stat.isFile()) throw new Error(`${path} is not a file`);
  const handle = await open(path, 'r');
  try {
    const bytes = Buffer.allocUnsafe(MAX_RULES_BYTES + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
      if (length > MAX_RULES_BYTES) throw new Error(`${path} is larger than ${MAX_RULES_BYTES} bytes`);
    }
    return bytes.subarray(0, length);
  } finally {
    await handle.close();
  }
}
