import { CHECKSUM_BYTES, fixedBytes, type Layout, NUMBERS } from '../scenario/layout.js';
import { numberReader, type ReadNumber } from './layout-numbers.js';
import { CHECKSUMS, FieldPlaces } from './layout-spans.js';

/**
 * Finds the fields of a packet in a message. Nothing is believed: a length that points outside of the message, a length or
 * checksum that is not that of its part, and bytes left over all mean that the message is no such packet.
 */
export class LayoutReader {
  readonly places: FieldPlaces;
  /** By field: reads its number; undefined where it is none. */
  readonly numbers: readonly (ReadNumber | undefined)[];
  readonly #layout: Layout;
  /** By field: bytes of all fields behind it, as far as they are of a fixed size. */
  readonly #behind: readonly number[];
  /** By field: the field before it that holds its length; -1 for none. */
  readonly #toldBy: readonly number[];

  constructor(layout: Layout) {
    const { fields } = layout;
    this.#layout = layout;
    this.places = new FieldPlaces(fields.length);
    this.numbers = fields.map((field) => {
      if (field.kind === 'number') return numberReader(field.number, field.littleEndian);
      if (field.kind === 'checksum') return numberReader(CHECKSUM_BYTES[field.checksum] === 1 ? 'u8' : 'u32', field.littleEndian);
      return (field.kind === 'text' || field.kind === 'bytes') && field.prefix !== undefined
        ? numberReader(field.prefix, field.littleEndian)
        : undefined;
    });
    this.#behind = fields.map((_, index) => fields.slice(index + 1).reduce((sum, behind) => sum + (fixedBytes(behind) ?? 0), 0));
    this.#toldBy = fields.map((_, index) =>
      fields.slice(0, index).findIndex((before) => before.kind === 'number' && before.lengthOf === index),
    );
  }

  /** Notes in `places` where each field of bytes[start..end) stands; false when the message is no such packet. */
  find(bytes: Uint8Array, start: number, end: number): boolean {
    const { places } = this;
    const { fields } = this.#layout;
    places.start = start;
    places.end = end;
    let at = start;
    for (let i = 0; i < fields.length; i++) {
      const length = this.#lengthOf(i, bytes, at, end);
      if (length < 0 || length > end - at) return false;
      places.starts[i] = at;
      at += length;
      places.ends[i] = at;
    }
    return at === end && this.#holds(bytes);
  }

  /** Bytes of field `index`, which begins at `at`, its own length included; -1 when there are too few to tell. */
  #lengthOf(index: number, bytes: Uint8Array, at: number, end: number): number {
    const field = this.#layout.fields[index]!;
    const fixed = fixedBytes(field);
    if (fixed !== undefined) return fixed;
    if ((field.kind === 'text' || field.kind === 'bytes') && field.prefix !== undefined) {
      const width = NUMBERS[field.prefix].bytes;
      return width > end - at ? -1 : width + this.numbers[index]!(bytes, at);
    }
    const told = this.#toldBy[index]!;
    return told >= 0 ? this.numbers[told]!(bytes, this.places.starts[told]!) : end - at - this.#behind[index]!;
  }

  /** Whether lengths and checksums are what they must be. */
  #holds(bytes: Uint8Array): boolean {
    const { places, numbers } = this;
    const { fields } = this.#layout;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i]!;
      if (field.kind === 'number' && field.lengthOf !== undefined) {
        const length = places.spanEnd(field.lengthOf, i) - places.spanStart(field.lengthOf, i);
        if (numbers[i]!(bytes, places.starts[i]!) !== length) return false;
      } else if (field.kind === 'checksum') {
        if (numbers[i]!(bytes, places.starts[i]!) !== places.checksum(CHECKSUMS[field.checksum], field.of, i, bytes)) return false;
      }
    }
    return true;
  }
}
