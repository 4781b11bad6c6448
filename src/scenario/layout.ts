/** Packets by a declared layout: what a file says of their fields, resolved. Plain data. */
import type { Expression, Template } from './expression.js';
import { templateMaxBytes } from './expression-evaluate.js';

/** Bytes of each kind of number, and the values that it holds. 64-bit numbers are whole numbers that JavaScript has exactly. */
export const NUMBERS = {
  u8: { bytes: 1, min: 0, max: 0xff },
  u16: { bytes: 2, min: 0, max: 0xffff },
  u32: { bytes: 4, min: 0, max: 0xffffffff },
  u64: { bytes: 8, min: 0, max: Number.MAX_SAFE_INTEGER },
  i8: { bytes: 1, min: -0x80, max: 0x7f },
  i16: { bytes: 2, min: -0x8000, max: 0x7fff },
  i32: { bytes: 4, min: -0x80000000, max: 0x7fffffff },
  i64: { bytes: 8, min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER },
  f32: { bytes: 4, min: -3.4028234663852886e38, max: 3.4028234663852886e38 },
  f64: { bytes: 8, min: -Number.MAX_VALUE, max: Number.MAX_VALUE },
} as const;

export type NumberKind = keyof typeof NUMBERS;
export const CHECKSUM_BYTES = { crc32: 4, adler32: 4, sum8: 1 } as const;
export type ChecksumKind = keyof typeof CHECKSUM_BYTES;
/** Kinds of a length that stands before a text. */
export type PrefixKind = 'u8' | 'u16' | 'u32';

/** Part of a packet: all of it, what stands before or behind the field that names it, or the field with that index. */
export type Span = 'packet' | 'before' | 'rest' | number;

export type PacketValue =
  | { readonly kind: 'number'; readonly value: Expression }
  | { readonly kind: 'text'; readonly value: Template }
  | { readonly kind: 'bytes'; readonly hex: string };

export interface NumberField {
  readonly kind: 'number';
  readonly name: string;
  readonly number: NumberKind;
  readonly littleEndian: boolean;
  /** Names of its values, of an enum. */
  readonly names?: Readonly<Record<string, number>>;
  readonly isBool?: boolean;
  /** Bytes of this part are its value. */
  readonly lengthOf?: Span;
  readonly value?: PacketValue;
}

export interface BlobField {
  readonly kind: 'text' | 'bytes';
  readonly name: string;
  /** Always that many bytes, filled up with zeros. */
  readonly bytes?: number;
  /** Its length stands before it. With neither it is as long as its value. */
  readonly prefix?: PrefixKind;
  readonly littleEndian: boolean;
  readonly value?: PacketValue;
}

export type LayoutField =
  | NumberField
  | BlobField
  | { readonly kind: 'padding'; readonly name: string; readonly bytes: number }
  | {
      readonly kind: 'checksum';
      readonly name: string;
      readonly checksum: ChecksumKind;
      readonly littleEndian: boolean;
      readonly of: Span;
    };

export interface Layout {
  readonly name: string;
  readonly fields: readonly LayoutField[];
}

/** A layout with what its fields hold; null: computed, or where a packet is compared, not looked at. */
export interface Packet {
  readonly layout: Layout;
  readonly values: readonly (PacketValue | null)[];
}

/** Bytes that a field always has; undefined where that differs. */
export function fixedBytes(field: LayoutField): number | undefined {
  if (field.kind === 'number') return NUMBERS[field.number].bytes;
  return field.kind === 'checksum' ? CHECKSUM_BYTES[field.checksum] : field.kind === 'padding' ? field.bytes : field.bytes;
}

export const valueMaxBytes = (value: PacketValue | null): number =>
  value === null || value.kind === 'number' ? 0 : value.kind === 'text' ? templateMaxBytes(value.value) : value.hex.length / 2;

/** Most bytes that a packet can have. */
export function packetMaxBytes({ layout, values }: Packet): number {
  return layout.fields.reduce((sum, field, index) => {
    // A text that turns out too long for its field is noticed only once it stands there.
    const written = valueMaxBytes(values[index] ?? null);
    const prefix = field.kind !== 'number' && 'prefix' in field && field.prefix !== undefined ? NUMBERS[field.prefix].bytes : 0;
    return sum + Math.max(fixedBytes(field) ?? 0, written) + prefix;
  }, 0);
}
