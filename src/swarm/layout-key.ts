import type { FieldPlace } from '../scenario/program.js';
import { LayoutReader } from './layout-reader.js';

const TWO_32 = 4_294_967_296;

/** The field of a packet that pairs answers with requests: a number by its value, whatever its width and byte order. */
export class LayoutKey {
  readonly isNumber: boolean;
  /** Of the number, where the field is one. */
  low = 0;
  high = 0;
  /** Of its bytes, where it is none. */
  start = 0;
  end = 0;
  readonly #reader: LayoutReader;
  readonly #field: number;
  readonly #prefixBytes: number;

  constructor({ layout, field }: FieldPlace) {
    const place = layout.fields[field]!;
    this.#reader = new LayoutReader(layout);
    this.#field = field;
    this.isNumber = place.kind === 'number';
    const prefix = place.kind === 'text' || place.kind === 'bytes' ? place.prefix : undefined;
    this.#prefixBytes = prefix === undefined ? 0 : Number(prefix.slice(1)) / 8;
  }

  /** Reads the field of the message bytes[start..end); false when it is no such packet. */
  find(bytes: Uint8Array, start: number, end: number): boolean {
    const { places, numbers } = this.#reader;
    if (!this.#reader.find(bytes, start, end)) return false;
    this.start = places.starts[this.#field]! + this.#prefixBytes;
    this.end = places.ends[this.#field]!;
    if (this.isNumber) {
      const value = numbers[this.#field]!(bytes, this.start);
      this.low = value >>> 0;
      this.high = Math.floor(value / TWO_32) >>> 0;
    }
    return true;
  }
}
