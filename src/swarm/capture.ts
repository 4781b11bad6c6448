import { MAX_VALUE_BYTES } from '../scenario/feeder.js';
import type { CaptureRule } from '../scenario/program.js';
import { JsonPointer } from './json-pointer.js';
import type { ValueSlabs } from './value-slabs.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
/** Decimal digits of 2^64. */
const MAX_DIGITS = 20;

/** Where one value stands in an answer, compiled once for a step and shared by all its clients. */
export class CompiledCapture {
  readonly #capture: number;
  readonly #pointer: JsonPointer | undefined;
  readonly #offset: number;
  readonly #width: number;
  readonly #littleEndian: boolean;
  /** What find() found: in the message, or in #text where it had to be written anew. */
  #start = 0;
  #end = 0;
  #text: Uint8Array | undefined;
  #isBare = false;
  readonly #digits = new Uint8Array(MAX_DIGITS);
  readonly #limbs = new Uint16Array(4);

  constructor(rule: CaptureRule) {
    this.#capture = rule.capture;
    this.#pointer = rule.by === 'json' ? new JsonPointer(rule.pointer) : undefined;
    this.#offset = rule.by === 'bytes' ? rule.offset : 0;
    this.#width = rule.by === 'bytes' ? rule.width : 0;
    this.#littleEndian = rule.by === 'bytes' && rule.littleEndian;
  }

  /** Whether the message bytes[start..end) has the value, and it is not too long. */
  find(bytes: Uint8Array, start: number, end: number): boolean {
    this.#text = undefined;
    if (this.#pointer === undefined) return this.#findNumber(bytes, start + this.#offset, end);
    if (!this.#pointer.find(bytes, start, end)) return false;
    const { start: from, end: to } = this.#pointer;
    this.#isBare = bytes[from] !== QUOTE;
    this.#start = this.#isBare ? from : from + 1;
    this.#end = this.#isBare ? to : to - 1;
    if (!this.#isBare && hasBackslash(bytes, from, to)) return this.#unescape(bytes, from, to);
    return this.#end - this.#start <= MAX_VALUE_BYTES;
  }

  /** Keeps what find() found in `bytes` for the client on this row. */
  keep(slabs: ValueSlabs, row: number, bytes: Uint8Array): void {
    slabs.set(this.#capture, row, this.#text ?? bytes, this.#start, this.#end, this.#isBare);
  }

  // Escapes are rare; only then does a value become a string on its way.
  #unescape(bytes: Uint8Array, start: number, end: number): boolean {
    try {
      const text: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8'));
      this.#text = Buffer.from(String(text), 'utf8');
    } catch {
      return false;
    }
    this.#start = 0;
    this.#end = this.#text.length;
    return this.#end <= MAX_VALUE_BYTES;
  }

  /** The number as decimal digits, by long division: 64 bits are more than a number of JavaScript holds. */
  #findNumber(bytes: Uint8Array, from: number, end: number): boolean {
    const width = this.#width;
    if (from + width > end) return false;
    const limbs = this.#limbs.fill(0);
    for (let i = 0; i < width; i++) {
      const weight = this.#littleEndian ? i : width - 1 - i;
      limbs[weight >> 1]! |= bytes[from + i]! << (8 * (weight & 1));
    }
    let at = MAX_DIGITS;
    do {
      let rest = 0;
      for (let limb = 3; limb >= 0; limb--) {
        const value = rest * 65_536 + limbs[limb]!;
        limbs[limb] = Math.floor(value / 10);
        rest = value % 10;
      }
      this.#digits[--at] = ZERO + rest;
    } while ((limbs[0]! | limbs[1]! | limbs[2]! | limbs[3]!) !== 0);
    this.#text = this.#digits;
    this.#start = at;
    this.#end = MAX_DIGITS;
    this.#isBare = true;
    return true;
  }
}

function hasBackslash(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] === BACKSLASH) return true;
  return false;
}
