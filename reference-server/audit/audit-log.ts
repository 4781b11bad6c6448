import { pino } from 'pino';
import type { AuditFile } from './audit-file.js';
import { FIRST_PREV, lineHash, withCrc } from './audit-line.js';
import { printable } from './printable.js';

/** A line longer than this goes to a new file if it must; no line comes near it. */
const LINE_ROOM_BYTES = 4_096;

/** What a line may hold. Numbers and texts only: nothing that could carry a key or a token comes this far. */
export type AuditFields = Readonly<Record<string, string | number | undefined>>;

/**
 * The audit log: JSON lines, each with `prev`, the SHA-256 of the line before it (64 zeros in the first line of all), and
 * `crc`. A log that was there before is gone on with; so is the chain at each new file, whose first line is `audit.rotate`.
 */
export class AuditLog {
  readonly #file: AuditFile;
  readonly #logger;
  #prev: string;
  #json = '';
  lines = 0;
  /** Events that found neither disk nor memory. */
  lost = 0;

  constructor(file: AuditFile) {
    this.#file = file;
    this.#prev = file.lastLine === undefined ? FIRST_PREV : lineHash(file.lastLine);
    const destination = {
      write: (line: string): void => {
        this.#json = line.slice(0, -1); // without its line feed
      },
    };
    this.#logger = pino({ base: null, timestamp: false, formatters: { level: () => ({ v: 1 }) } }, destination);
  }

  /** Notes an event at `monoNs` (CLOCK_MONOTONIC), `wallMs` Unix time. False when it is lost. */
  write(ev: string, monoNs: number, wallMs: number, fields: AuditFields): boolean {
    if (!this.#file.hasRoomFor(2 * LINE_ROOM_BYTES)) {
      this.lost++;
      return false;
    }
    if (this.#file.isFullFor(LINE_ROOM_BYTES)) {
      this.#file.rotate();
      this.goOn(monoNs, wallMs);
    }
    this.#append(ev, monoNs, wallMs, fields);
    return true;
  }

  /** The first line of a file that goes on from another one. */
  goOn(monoNs: number, wallMs: number): void {
    this.#append('audit.rotate', monoNs, wallMs, { detail: 'the chain goes on from the file before' });
  }

  #append(ev: string, monoNs: number, wallMs: number, fields: AuditFields): void {
    const line: Record<string, string | number> = { ev, mono: Math.round(monoNs), wall: Math.round(wallMs) };
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) line[name] = typeof value === 'string' ? printable(value) : value;
    }
    line.prev = this.#prev;
    this.#logger.info(line);
    const bytes = withCrc(this.#json);
    this.#prev = lineHash(bytes);
    this.#file.append(bytes);
    this.lines++;
  }
}
