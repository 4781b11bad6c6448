/** Numbers of packets, read and written a byte at a time: fields are not aligned. None of it allocates. */
import { NUMBERS, type NumberKind } from '../scenario/layout.js';

export type WriteNumber = (out: Uint8Array, at: number, value: number) => void;
export type ReadNumber = (bytes: Uint8Array, at: number) => number;

const TWO_32 = 4_294_967_296;
const floatBytes = new Uint8Array(8);
const floats = new DataView(floatBytes.buffer);

/** `width` bytes of a whole number, in two's complement when it is negative. */
function writeInteger(out: Uint8Array, at: number, width: number, littleEndian: boolean, value: number): void {
  const high = Math.floor(value / TWO_32);
  const low = value - high * TWO_32;
  for (let i = 0; i < width; i++) {
    const byte = i < 4 ? low >>> (8 * i) : high >> (8 * (i - 4));
    out[littleEndian ? at + i : at + width - 1 - i] = byte;
  }
}

/** `width` bytes as an unsigned number; exact below 2^53. */
export function readUnsigned(bytes: Uint8Array, at: number, width: number, littleEndian: boolean): number {
  let value = 0;
  for (let i = 0; i < width; i++) value = value * 256 + bytes[littleEndian ? at + width - 1 - i : at + i]!;
  return value;
}

function readSigned(bytes: Uint8Array, at: number, width: number, littleEndian: boolean): number {
  if (width < 8) {
    const value = readUnsigned(bytes, at, width, littleEndian);
    return value >= 2 ** (8 * width - 1) ? value - 2 ** (8 * width) : value;
  }
  // The high half alone is made negative, so that small negative numbers stay exact.
  const low = readUnsigned(bytes, littleEndian ? at : at + 4, 4, littleEndian);
  return readSigned(bytes, littleEndian ? at + 4 : at, 4, littleEndian) * TWO_32 + low;
}

const isFloat = (kind: NumberKind): kind is 'f32' | 'f64' => kind === 'f32' || kind === 'f64';

export function numberWriter(kind: NumberKind, littleEndian: boolean): WriteNumber {
  const { bytes: width } = NUMBERS[kind];
  if (!isFloat(kind)) return (out, at, value) => writeInteger(out, at, width, littleEndian, value);
  return (out, at, value) => {
    if (kind === 'f32') floats.setFloat32(0, value, littleEndian);
    else floats.setFloat64(0, value, littleEndian);
    for (let i = 0; i < width; i++) out[at + i] = floatBytes[i]!;
  };
}

export function numberReader(kind: NumberKind, littleEndian: boolean): ReadNumber {
  const { bytes: width } = NUMBERS[kind];
  if (!isFloat(kind)) {
    const read = kind.startsWith('i') ? readSigned : readUnsigned;
    return (bytes, at) => read(bytes, at, width, littleEndian);
  }
  return (bytes, at) => {
    for (let i = 0; i < width; i++) floatBytes[i] = bytes[at + i]!;
    return kind === 'f32' ? floats.getFloat32(0, littleEndian) : floats.getFloat64(0, littleEndian);
  };
}
