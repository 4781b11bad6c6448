import { compileNumber, compileTemplate, type EvaluationContext } from '../scenario/expression-evaluate.js';
import { type LayoutField, NUMBERS, type Packet, type PacketValue, valueMaxBytes } from '../scenario/layout.js';
import type { Expectation } from '../scenario/program.js';
import { readUnsigned } from './layout-numbers.js';
import { LayoutReader } from './layout-reader.js';

type CheckField = (context: EvaluationContext, bytes: Uint8Array) => boolean;

/** Whether a message is the packet that a step expects. */
export class LayoutCheck {
  readonly #reader: LayoutReader;
  readonly #checks: readonly CheckField[];

  constructor({ layout, values }: Packet) {
    this.#reader = new LayoutReader(layout);
    this.#checks = layout.fields.flatMap((field, index) => {
      const value = values[index] ?? null;
      return value === null ? [] : [fieldCheck(this.#reader, field, index, value)];
    });
  }

  holds(context: EvaluationContext, bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.#reader.find(bytes, start, end)) return false;
    for (let i = 0; i < this.#checks.length; i++) if (!this.#checks[i]!(context, bytes)) return false;
    return true;
  }
}

function fieldCheck({ places, numbers }: LayoutReader, field: LayoutField, index: number, value: PacketValue): CheckField {
  if (value.kind === 'number') {
    const wanted = compileNumber(value.value);
    const read = numbers[index]!;
    const isSingle = field.kind === 'number' && field.number === 'f32';
    return (context, bytes) => read(bytes, places.starts[index]!) === (isSingle ? Math.fround(wanted(context)) : wanted(context));
  }
  const prefixBytes = (field.kind === 'text' || field.kind === 'bytes') && field.prefix !== undefined ? NUMBERS[field.prefix].bytes : 0;
  const isFilledUp = (field.kind === 'text' || field.kind === 'bytes') && field.bytes !== undefined;
  const wanted = new Uint8Array(valueMaxBytes(value));
  const write = value.kind === 'text' ? compileTemplate(value.value) : undefined;
  if (value.kind === 'bytes') wanted.set(Buffer.from(value.hex, 'hex'));
  return (context, bytes) => {
    const length = write === undefined ? wanted.length : write(context, wanted, 0);
    const from = places.starts[index]! + prefixBytes;
    const end = places.ends[index]!;
    if (isFilledUp ? end - from < length : end - from !== length) return false;
    for (let i = 0; i < length; i++) if (bytes[from + i] !== wanted[i]) return false;
    for (let at = from + length; at < end; at++) if (bytes[at] !== 0) return false;
    return true;
  };
}

/** Numbers at fixed places of a message. */
export function bytesCheck(
  places: NonNullable<Expectation['bytes']>,
): (context: EvaluationContext, bytes: Uint8Array, start: number, end: number) => boolean {
  const numbers = places.map(({ equals }) => compileNumber(equals));
  return (context, bytes, start, end) => {
    for (let i = 0; i < places.length; i++) {
      const { offset, width, littleEndian } = places[i]!;
      if (start + offset + width > end) return false;
      if (readUnsigned(bytes, start + offset, width, littleEndian) !== numbers[i]!(context)) return false;
    }
    return true;
  };
}
