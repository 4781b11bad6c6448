import { adler32, type Checksum, crc32, sum8 } from '../protocol/checksums.js';
import type { ChecksumKind, Span } from '../scenario/layout.js';

export const CHECKSUMS: Readonly<Record<ChecksumKind, Checksum>> = { crc32, adler32, sum8 };

/** Where the fields of the packet at hand begin and end: filled by a writer or reader, one for each layout, used again and again. */
export class FieldPlaces {
  start = 0;
  end = 0;
  readonly starts: Int32Array;
  readonly ends: Int32Array;

  constructor(fields: number) {
    this.starts = new Int32Array(fields);
    this.ends = new Int32Array(fields);
  }

  /** Where the part begins that field `index` names. */
  spanStart(span: Span, index: number): number {
    if (typeof span === 'number') return this.starts[span]!;
    return span === 'rest' ? this.ends[index]! : this.start;
  }

  spanEnd(span: Span, index: number): number {
    if (typeof span === 'number') return this.ends[span]!;
    return span === 'before' ? this.starts[index]! : this.end;
  }

  /** The checksum of the part that field `index` names, the field itself taken as zeros. */
  checksum(compute: Checksum, span: Span, index: number, bytes: Uint8Array): number {
    return compute(bytes, this.spanStart(span, index), this.spanEnd(span, index), this.starts[index]!, this.ends[index]!);
  }
}
