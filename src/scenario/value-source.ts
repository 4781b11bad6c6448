/** Values that a client got from a feeder or an answer, as templates and expressions see them: bytes, found and copied without an object. */
import { copyBytes } from '../protocol/bytes.js';
import type { ClientValue, Expression } from './expression.js';

/** Finds the values of the client that the context points at. */
export interface ValueSource {
  /** After field() or capture() returned true: the value is bytes[start..end), as text in UTF-8. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** It stands in JSON as it is, without quotes: a number, true, an object. */
  readonly isBare: boolean;
  /** False when no row is left for this client. */
  field(feeder: number, column: number): boolean;
  /** False when nothing was captured yet. */
  capture(capture: number): boolean;
}

/** A byte of text becomes at most that many in JSON: \u0000. */
export const MOST_ESCAPED = 6;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const MINUS = 0x2d;
const HEX = new TextEncoder().encode('0123456789abcdef');
const ESCAPED_AS_UNICODE = new TextEncoder().encode('\\u00');

interface Context {
  readonly values?: ValueSource | undefined;
}

export function findValue(values: ValueSource | undefined, value: ClientValue): values is ValueSource {
  if (values === undefined) return false;
  return value.kind === 'field' ? values.field(value.feeder, value.column) : values.capture(value.capture);
}

/** A function that writes the value: as it is, or as JSON. An absent one writes nothing: who sends looks before (client-values.ts). */
export function compileValue(
  part: Expression & { kind: 'field' | 'capture' | 'json' },
): (context: Context, out: Uint8Array, at: number) => number {
  if (part.kind !== 'json') {
    return ({ values }, out, at) => (findValue(values, part) ? copyBytes(values.bytes, values.start, values.end, out, at) : at);
  }
  const { value, isAlone } = part;
  return ({ values }, out, at) => {
    if (!findValue(values, value)) return at;
    if (!isAlone) return writeEscaped(values.bytes, values.start, values.end, out, at);
    if (values.isBare) return copyBytes(values.bytes, values.start, values.end, out, at);
    out[at] = QUOTE;
    const end = writeEscaped(values.bytes, values.start, values.end, out, at + 1);
    out[end] = QUOTE;
    return end + 1;
  };
}

/** Text as it stands between the quotes of a JSON string (RFC 8259 section 7). */
function writeEscaped(bytes: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  let to = at;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE || byte === BACKSLASH) {
      out[to++] = BACKSLASH;
      out[to++] = byte;
    } else if (byte < 0x20) {
      to = copyBytes(ESCAPED_AS_UNICODE, 0, 4, out, to);
      out[to++] = HEX[byte >> 4]!;
      out[to++] = HEX[byte & 15]!;
    } else out[to++] = byte;
  }
  return to;
}

/** The number that a text is; NaN when it is none. Whole numbers of up to 15 digits take no allocation. */
export function numberAt(bytes: Uint8Array, start: number, end: number): number {
  const isNegative = bytes[start] === MINUS;
  const from = isNegative ? start + 1 : start;
  let value = 0;
  let at = from;
  if (end - from <= 15) {
    for (; at < end; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
  }
  if (at === end && end > from) return isNegative ? -value : value;
  const text = Buffer.from(bytes.slice(start, end)).toString('latin1').trim();
  if (text === 'true' || text === 'false') return text === 'true' ? 1 : 0;
  return text === '' ? Number.NaN : Number(text);
}
