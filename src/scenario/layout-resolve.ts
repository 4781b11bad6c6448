/** `layouts:` of a valid file -> layouts, or every problem that only shows when fields are looked at together. */
import { type BlobField, fixedBytes, type Layout, type LayoutField, type NumberField, type Span } from './layout.js';
import { didYouMean } from './nearest-name.js';
import { fieldValue, hasValue, type ValueReader } from './packet-values.js';
import type { FieldEntry, LayoutEntry } from './schema-layouts.js';

type Path = readonly PropertyKey[];
const SPANS = ['packet', 'before', 'rest'] as const;

export function resolveLayouts(entries: Readonly<Record<string, LayoutEntry>>, reader: ValueReader): Map<string, Layout> {
  return new Map(Object.entries(entries).map(([name, entry]) => [name, layoutOf(name, entry, ['layouts', name, 'fields'], reader)]));
}

function layoutOf(name: string, entry: LayoutEntry, path: Path, reader: ValueReader): Layout {
  const names = entry.fields.map((field) => field.name ?? '');
  for (const [index, field] of names.entries()) {
    const at = [...path, index, 'name'];
    if (field !== '' && names.indexOf(field) < index) reader.refuse(at, 'two fields have this name', { given: field });
    if ((SPANS as readonly string[]).includes(field))
      reader.refuse(at, 'this name has a meaning of its own', { given: field, hint: 'choose another name' });
  }
  const fields = entry.fields.map((field, index) => fieldOf(field, entry.endian, names, [...path, index], reader));
  for (const [index, field] of fields.entries()) if (fixedBytes(field) === undefined) checkEnd(fields, index, [...path, index], reader);
  return { name, fields };
}

function fieldOf(entry: FieldEntry, endian: 'little' | 'big', names: readonly string[], path: Path, reader: ValueReader): LayoutField {
  const { name = '', type, length, lengthOf, value } = entry;
  const littleEndian = (entry.endian ?? endian) === 'little';
  switch (type) {
    case 'padding':
      return { kind: 'padding', name, bytes: Number(length) };
    case 'crc32':
    case 'adler32':
    case 'sum8':
      return { kind: 'checksum', name, checksum: type, littleEndian, of: spanOf(entry.of ?? 'before', names, [...path, 'of'], reader) };
    case 'text':
    case 'bytes': {
      const size = length === undefined ? {} : typeof length === 'number' ? { bytes: length } : { prefix: length };
      return withValue({ kind: type, name, littleEndian, ...size }, value, path, reader);
    }
    default: {
      const number = type === 'bool' ? 'u8' : type === 'enum' ? (entry.as ?? 'u8') : type;
      const field: NumberField = {
        kind: 'number',
        name,
        number,
        littleEndian,
        ...(type === 'enum' ? { names: entry.values ?? {} } : {}),
        ...(type === 'bool' ? { isBool: true } : {}),
        ...(lengthOf === undefined ? {} : { lengthOf: spanOf(lengthOf, names, [...path, 'lengthOf'], reader) }),
      };
      return withValue(field, value, path, reader);
    }
  }
}

function withValue<Field extends NumberField | BlobField>(
  field: Field,
  given: FieldEntry['value'],
  path: Path,
  reader: ValueReader,
): Field {
  if (given === undefined || !hasValue(field)) return field;
  const value = fieldValue(field, given, [...path, 'value'], reader);
  return value === undefined ? field : { ...field, value };
}

function spanOf(text: string, names: readonly string[], path: Path, reader: ValueReader): Span {
  const span = SPANS.find((known) => known === text);
  if (span !== undefined) return span;
  const index = names.indexOf(text);
  if (index >= 0 && text !== '') return index;
  const known = [...names.filter((name) => name !== ''), ...SPANS];
  const hint = didYouMean(text, known);
  reader.refuse(path, 'there is no such field', { given: text, allowed: known.join(', '), ...(hint === undefined ? {} : { hint }) });
  return 'packet';
}

/** A field as long as its value needs a place from which a reader learns its end. */
function checkEnd(fields: readonly LayoutField[], index: number, path: Path, reader: ValueReader): void {
  const field = fields[index] as BlobField;
  const isTold = fields.slice(0, index).some((before) => before.kind === 'number' && before.lengthOf === index);
  const isLast = fields.slice(index + 1).every((behind) => fixedBytes(behind) !== undefined);
  if (field.prefix !== undefined || isTold || isLast) return;
  reader.refuse([...path, 'name'], 'where this field ends cannot be known', {
    given: field.name,
    allowed: 'length: 16, length: u8, a field before it with lengthOf, or only fields of a fixed size behind it',
  });
}
