/** What a file says that a field holds -> a value of that field's kind. */
import type { Expression, Template } from './expression.js';
import { type BlobField, type LayoutField, NUMBERS, type NumberField, type PacketValue, valueMaxBytes } from './layout.js';
import { didYouMean } from './nearest-name.js';
import type { IssueDetails } from './schema-values.js';
import { parseCount } from './units.js';

type Path = readonly PropertyKey[];
export type Given = string | number | boolean;

/** How the surrounding compiler reads `{{ }}` and tells problems. */
export interface ValueReader {
  text(value: Given, path: Path): Template;
  expression(value: Given, path: Path): Expression;
  refuse(path: Path, summary: string, details: IssueDetails): void;
}

const HEX = /^([0-9a-fA-F]{2}|\s)*$/;
const ONE_EXPRESSION = /^\s*\{\{((?!\}\}).)*\}\}\s*$/s;

/** Whether steps may say what the field holds. */
export const hasValue = (field: LayoutField): field is NumberField | BlobField =>
  field.kind === 'text' || field.kind === 'bytes' || (field.kind === 'number' && field.lengthOf === undefined);

/** Undefined once a problem has been told. */
export function fieldValue(field: NumberField | BlobField, given: Given, path: Path, reader: ValueReader): PacketValue | undefined {
  if (field.kind === 'number') return numberValue(field, given, path, reader);
  const value = field.kind === 'text' ? textValue(given, path, reader) : bytesValue(given, path, reader);
  if (value === undefined) return undefined;
  const most = field.bytes ?? (field.prefix === undefined ? 65_535 : NUMBERS[field.prefix].max);
  const isConstant = value.kind === 'bytes' || (value.kind === 'text' && value.value.parts.every((part) => typeof part === 'string'));
  if (isConstant && valueMaxBytes(value) > most) {
    reader.refuse(path, `this is too long for the field ${field.name}`, {
      given: `${valueMaxBytes(value)} bytes`,
      allowed: `${most} bytes`,
    });
    return undefined;
  }
  return value;
}

function numberValue(field: NumberField, given: Given, path: Path, reader: ValueReader): PacketValue | undefined {
  const literal = (value: number): PacketValue => ({ kind: 'number', value: { kind: 'number', value } });
  if (typeof given === 'string' && ONE_EXPRESSION.test(given)) return { kind: 'number', value: reader.expression(given, path) };
  if (field.names !== undefined && typeof given === 'string') {
    const known = Object.keys(field.names);
    if (Object.hasOwn(field.names, given)) return literal(field.names[given]!);
    const hint = didYouMean(given, known);
    reader.refuse(path, `${field.name} has no such value`, { given, allowed: known.join(', '), ...(hint === undefined ? {} : { hint }) });
    return undefined;
  }
  const { min, max } = field.isBool === true ? { min: 0, max: 1 } : NUMBERS[field.number];
  const isFloat = field.number === 'f32' || field.number === 'f64';
  const number =
    typeof given === 'boolean' ? (field.isBool === true ? Number(given) : Number.NaN) : isFloat ? numberOf(given) : wholeOf(given);
  if (number >= min && number <= max) return literal(number);
  reader.refuse(
    path,
    Number.isNaN(number) ? `${field.name} is ${isFloat ? 'a number' : 'a whole number'}` : 'this number is out of range',
    {
      given: String(given),
      allowed: field.isBool === true ? 'true, false, or one "{{ }}"' : `${min} to ${max}, or one "{{ }}"`,
    },
  );
  return undefined;
}

const numberOf = (given: string | number): number => (typeof given === 'number' ? given : given.trim() === '' ? Number.NaN : Number(given));
function wholeOf(given: string | number): number {
  const number = typeof given === 'number' ? given : (parseCount(given) ?? numberOf(given));
  return Number.isSafeInteger(number) ? number : Number.NaN;
}

const textValue = (given: Given, path: Path, reader: ValueReader): PacketValue => ({ kind: 'text', value: reader.text(given, path) });

function bytesValue(given: Given, path: Path, reader: ValueReader): PacketValue | undefined {
  const text = String(given);
  if (HEX.test(text)) return { kind: 'bytes', hex: text.replace(/\s+/g, '').toLowerCase() };
  reader.refuse(path, 'these are not bytes', { given: text, allowed: 'pairs of hex digits' });
  return undefined;
}

/** Whether the value is the same for every client, so that a packet that comes can be known by it. */
export function isConstant(value: PacketValue): boolean {
  if (value.kind === 'bytes') return true;
  if (value.kind === 'text') return value.value.parts.every((part) => typeof part === 'string');
  return value.value.kind === 'number';
}
