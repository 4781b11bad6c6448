import { compileNumber, compileTemplate, type EvaluationContext } from '../scenario/expression-evaluate.js';
import {
  type BlobField,
  fixedBytes,
  type LayoutField,
  NUMBERS,
  type Packet,
  type PacketValue,
  packetMaxBytes,
} from '../scenario/layout.js';
import { numberWriter } from './layout-numbers.js';
import { CHECKSUMS, FieldPlaces } from './layout-spans.js';

/** What write() returns when a value does not fit its field. */
export const PACKET_UNFIT = -1;

/** Writes one field to out[at..] and returns its end, or PACKET_UNFIT. */
type WriteField = (context: EvaluationContext, out: Uint8Array, at: number) => number;
/** Fills in what can only be known once all fields stand. False when it does not fit. */
type FillField = (out: Uint8Array) => boolean;

/** A packet, compiled once into writers over the sender's scratch. Writing allocates nothing. */
export class LayoutWriter {
  readonly maxBytes: number;
  readonly #places: FieldPlaces;
  readonly #writers: readonly WriteField[];
  /** Lengths, and behind them checksums, which may cover lengths. */
  readonly #fillers: readonly FillField[];

  constructor(packet: Packet) {
    const { fields } = packet.layout;
    const places = new FieldPlaces(fields.length);
    this.#places = places;
    this.maxBytes = packetMaxBytes(packet);
    this.#writers = fields.map((field, index) => fieldWriter(field, packet.values[index] ?? null));
    const lengths = fields.flatMap((field, index) => lengthFiller(field, index, places));
    const checksums = fields.flatMap((field, index) => checksumFiller(field, index, places));
    this.#fillers = [...lengths, ...checksums];
  }

  /** Writes the packet to out[at..] and returns its end; PACKET_UNFIT when a value does not fit its field. */
  write(context: EvaluationContext, out: Uint8Array, at: number): number {
    const places = this.#places;
    const writers = this.#writers;
    let end = at;
    places.start = at;
    for (let i = 0; i < writers.length; i++) {
      places.starts[i] = end;
      end = writers[i]!(context, out, end);
      if (end === PACKET_UNFIT) return PACKET_UNFIT;
      places.ends[i] = end;
    }
    places.end = end;
    for (let i = 0; i < this.#fillers.length; i++) if (!this.#fillers[i]!(out)) return PACKET_UNFIT;
    return end;
  }
}

function fieldWriter(field: LayoutField, value: PacketValue | null): WriteField {
  if (field.kind === 'text' || field.kind === 'bytes') return blobWriter(field, value);
  if (field.kind !== 'number' || field.lengthOf !== undefined) {
    const width = fixedBytes(field)!;
    return (_context, out, at) => {
      for (let i = 0; i < width; i++) out[at + i] = 0;
      return at + width;
    };
  }
  const { bytes: width, min, max } = field.isBool === true ? { ...NUMBERS.u8, max: 1 } : NUMBERS[field.number];
  const number = value?.kind === 'number' ? compileNumber(value.value) : () => 0;
  const write = numberWriter(field.number, field.littleEndian);
  const isWhole = field.number !== 'f32' && field.number !== 'f64';
  return (context, out, at) => {
    const given = number(context);
    // NaN is in no range.
    if (!(given >= min && given <= max)) return PACKET_UNFIT;
    write(out, at, isWhole ? Math.trunc(given) : given);
    return at + width;
  };
}

function blobWriter({ bytes, prefix, littleEndian }: BlobField, value: PacketValue | null): WriteField {
  const content = contentWriter(value);
  if (bytes !== undefined) {
    return (context, out, at) => {
      const end = content(context, out, at);
      if (end > at + bytes) return PACKET_UNFIT;
      for (let i = end; i < at + bytes; i++) out[i] = 0;
      return at + bytes;
    };
  }
  if (prefix === undefined) return content;
  const { bytes: width, max } = NUMBERS[prefix];
  const writeLength = numberWriter(prefix, littleEndian);
  return (context, out, at) => {
    const end = content(context, out, at + width);
    const length = end - at - width;
    if (length > max) return PACKET_UNFIT;
    writeLength(out, at, length);
    return end;
  };
}

function contentWriter(value: PacketValue | null): WriteField {
  if (value?.kind === 'text') return compileTemplate(value.value);
  const bytes = Uint8Array.from(Buffer.from(value?.kind === 'bytes' ? value.hex : '', 'hex'));
  return (_context, out, at) => {
    for (let i = 0; i < bytes.length; i++) out[at + i] = bytes[i]!;
    return at + bytes.length;
  };
}

function lengthFiller(field: LayoutField, index: number, places: FieldPlaces): FillField[] {
  if (field.kind !== 'number' || field.lengthOf === undefined) return [];
  const { lengthOf, number, littleEndian } = field;
  const { max } = NUMBERS[number];
  const write = numberWriter(number, littleEndian);
  return [
    (out) => {
      const length = places.spanEnd(lengthOf, index) - places.spanStart(lengthOf, index);
      if (length > max) return false;
      write(out, places.starts[index]!, length);
      return true;
    },
  ];
}

function checksumFiller(field: LayoutField, index: number, places: FieldPlaces): FillField[] {
  if (field.kind !== 'checksum') return [];
  const { checksum, of: span, littleEndian } = field;
  const write = numberWriter(checksum === 'sum8' ? 'u8' : 'u32', littleEndian);
  return [
    (out) => {
      write(out, places.starts[index]!, places.checksum(CHECKSUMS[checksum], span, index, out));
      return true;
    },
  ];
}
