import type { AuditFile } from './audit-file.js';
import type { AuditLog } from './audit-log.js';
import { type AuditRecord, AuditRingReader } from './audit-ring.js';
import type { AuditStatus } from './audit-status.js';
import type { KernelEvent, KernelSource } from './kernel-event.js';

/** Records of one turn: then the thread looks at its other work. */
const RECORDS_A_TURN = 20_000;
/** A process that opens files in a loop must not push the events of players out of the rotation. */
const KERNEL_EVENTS_A_SECOND = 2_000;

const nowNs = (): number => Number(process.hrtime.bigint());

/** Four hex digits, as docs/protocol.md writes codes. */
const hex = (code: number): string => code.toString(16).padStart(4, '0');

/** Carries events from the rings and from the kernel into the log, and counts what became of them. Without a log it only counts. */
export class AuditPump {
  readonly #readers: readonly AuditRingReader[];
  readonly #next: (AuditRecord | undefined)[];
  readonly #log: AuditLog | undefined;
  readonly #file: AuditFile | undefined;
  readonly #status: AuditStatus;
  #source: KernelSource = 'none';
  #toldLost = 0;
  #kernelEvents = 0;
  #kernelSecond = 0;
  #kernelInSecond = 0;
  #kernelSkipped = 0;
  #sourceDrops = 0;

  constructor(rings: readonly SharedArrayBuffer[], log: AuditLog | undefined, file: AuditFile | undefined, status: AuditStatus) {
    this.#readers = rings.map((ring) => new AuditRingReader(ring));
    this.#next = rings.map(() => undefined);
    this.#log = log;
    this.#file = file;
    this.#status = status;
  }

  /** Says how the log goes on from what was there. */
  begin(): void {
    if (this.#file?.goesOn) this.#log?.goOn(nowNs(), Date.now());
    if (this.#file !== undefined && this.#file.tornBytes > 0) {
      this.#write('audit.torn', { detail: `${this.#file.tornBytes} bytes of a line that a crash cut off were removed` });
    }
    this.#flush();
  }

  /** Writes what the rings hold, in the order of its time over all of them. */
  drain(): void {
    // Wall time of a moment of the monotonic clock: both are looked at once a turn.
    const wallAtZeroMs = Date.now() - nowNs() / 1e6;
    for (let count = 0; count < RECORDS_A_TURN; count++) {
      const record = this.#take();
      if (record === undefined) break;
      this.#writeRecord(record, wallAtZeroMs);
    }
    this.#tellLost();
    this.#flush();
  }

  kernelEvent(event: KernelEvent): void {
    const second = Math.floor(event.monoNs / 1e9);
    if (second !== this.#kernelSecond) {
      this.#kernelSecond = second;
      this.#kernelInSecond = 0;
    }
    if (++this.#kernelInSecond > KERNEL_EVENTS_A_SECOND) {
      this.#kernelSkipped++;
      return;
    }
    this.#status.set('kernelEvents', ++this.#kernelEvents);
    const { kind, monoNs, pid, tid, path, local, remote } = event;
    const wallMs = Date.now() - (nowNs() - monoNs) / 1e6;
    this.#log?.write(`kernel.${kind}`, monoNs, wallMs, {
      source: this.#source,
      ...(pid === 0 ? {} : { pid, tid }),
      path,
      local,
      remote,
    });
  }

  /** Which source runs from now on, of what process and for what port: joins need both. */
  kernelSource(source: KernelSource, reasons: readonly string[], pid: number, port: number): void {
    this.#source = source;
    this.#write('kernel.source', { source, pid, port, detail: reasons.join('; ') });
  }

  /** What the source itself dropped since its start. */
  setKernelDrops(drops: number): void {
    this.#sourceDrops = drops;
  }

  /** The last lines; waits up to this time for a disk that takes them. */
  end(limitMs: number): void {
    const untilMs = performance.now() + limitMs;
    this.drain();
    this.#write('audit.stop', {});
    // Only a full disk leaves something: a short block here keeps nobody waiting but the end of the process.
    while (this.#file?.flush(Number.POSITIVE_INFINITY) === false && performance.now() < untilMs) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
    this.#count();
    this.#file?.close();
  }

  /** The earliest record of all rings. */
  #take(): AuditRecord | undefined {
    let first = -1;
    for (let i = 0; i < this.#readers.length; i++) {
      const record = (this.#next[i] ??= this.#readers[i]!.next());
      if (record !== undefined && (first < 0 || record.monoUs < this.#next[first]!.monoUs)) first = i;
    }
    if (first < 0) return undefined;
    const record = this.#next[first];
    this.#next[first] = undefined;
    return record;
  }

  #writeRecord(record: AuditRecord, wallAtZeroMs: number): void {
    const { ev, monoUs, tookUs, code, seq, sid, uidHash, dfpHash, peer, detail, tid } = record;
    this.#log?.write(ev, monoUs * 1_000, wallAtZeroMs + monoUs / 1_000, {
      sid,
      uidHash,
      dfpHash,
      peer,
      seq: seq === 0 ? undefined : seq,
      ...(ev === 'close' ? { close: code } : { code: hex(code) }),
      // An operation with a detail ran on another thread than the one that wrote it down.
      ...(tookUs === undefined ? {} : { took: Math.round(tookUs * 1_000), ...(tid === 0 || detail !== undefined ? {} : { tid }) }),
      detail,
    });
  }

  #write(ev: string, fields: Record<string, string | number>): void {
    this.#log?.write(ev, nowNs(), Date.now(), fields);
  }

  /** One line with the sums whenever more is lost and there is room to say so. */
  #tellLost(): void {
    const ring = this.#readers.reduce((sum, reader) => sum + reader.lost, 0);
    const disk = this.#log?.lost ?? 0;
    const kernel = this.#kernelSkipped + this.#sourceDrops;
    this.#status.set('lostRing', ring);
    this.#status.set('lostDisk', disk);
    this.#status.set('kernelDrops', kernel);
    const lost = ring + disk + kernel;
    if (lost === this.#toldLost || this.#log === undefined) return;
    const isTold = this.#log.write('audit.lost', nowNs(), Date.now(), { lost, ring, disk, kernel });
    // The line itself is no event: that it found no room is seen in what it would have told.
    if (isTold) this.#toldLost = lost;
    else this.#log.lost--;
  }

  #flush(): void {
    this.#file?.flush(performance.now());
    this.#count();
  }

  #count(): void {
    const [log, file, status] = [this.#log, this.#file, this.#status];
    if (log === undefined || file === undefined) return;
    status.set('lines', log.lines);
    status.set('bytes', file.writtenBytes);
    status.set('waitingBytes', file.waitingBytes);
    status.set('writeFailures', file.failures);
    status.set('rotations', file.rotations);
  }
}
