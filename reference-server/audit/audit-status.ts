/** What the audit thread tells the others about itself, in shared memory: numbers since the start, one writer. */
const NAMES = [
  'lines',
  'bytes',
  'lostRing',
  'lostDisk',
  'waitingBytes',
  'writeFailures',
  'rotations',
  'kernelEvents',
  'kernelDrops',
] as const;
export type AuditStatusName = (typeof NAMES)[number];

export class AuditStatus {
  readonly buffer: SharedArrayBuffer;
  readonly #values: Float64Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(NAMES.length * 8)) {
    this.buffer = buffer;
    this.#values = new Float64Array(buffer);
  }

  get(name: AuditStatusName): number {
    return this.#values[NAMES.indexOf(name)]!;
  }

  set(name: AuditStatusName, value: number): void {
    this.#values[NAMES.indexOf(name)] = value;
  }
}
