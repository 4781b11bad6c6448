import type { SendStep } from '../scenario/program.js';
import { JsonPointer } from './json-pointer.js';
import { LayoutKey } from './layout-key.js';

/**
 * What pairs an answer with its request: the same place is read in both, and its bytes become a key of 64 bits. A text
 * that has nothing at that place has no key.
 */
export class AnswerMatch {
  /** The key of the last message that read() found one in. */
  low = 0;
  high = 0;
  readonly #pointer: JsonPointer | undefined;
  readonly #offset: number;
  readonly #width: number;
  readonly #request: LayoutKey | undefined;
  readonly #answer: LayoutKey | undefined;

  constructor(match: NonNullable<SendStep['match']>) {
    this.#pointer = match.by === 'json' ? new JsonPointer(match.pointer) : undefined;
    this.#offset = match.by === 'bytes' ? match.offset : 0;
    this.#width = match.by === 'bytes' ? match.width : 0;
    this.#request = match.by === 'field' ? new LayoutKey(match.request) : undefined;
    this.#answer = match.by === 'field' ? new LayoutKey(match.answer) : undefined;
  }

  /** Reads the key of the answer bytes[start..end); false when it has none. */
  readAnswer(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#answer === undefined ? this.read(bytes, start, end) : this.#readField(this.#answer, bytes, start, end);
  }

  /** Reads the key of the request bytes[start..end); false when it has none. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#request !== undefined) return this.#readField(this.#request, bytes, start, end);
    const pointer = this.#pointer;
    if (pointer === undefined) {
      const from = start + this.#offset;
      if (from + this.#width > end) return false;
      this.#hash(bytes, from, from + this.#width);
      return true;
    }
    if (!pointer.find(bytes, start, end)) return false;
    this.#hash(bytes, pointer.start, pointer.end);
    return true;
  }

  #readField(key: LayoutKey, bytes: Uint8Array, start: number, end: number): boolean {
    if (!key.find(bytes, start, end)) return false;
    if (key.isNumber) {
      this.low = key.low;
      this.high = key.high;
    } else this.#hash(bytes, key.start, key.end);
    return true;
  }

  // Two FNV-1a hashes of the same bytes from different seeds. Fields of up to four bytes are their own key.
  #hash(bytes: Uint8Array, start: number, end: number): void {
    let low = 0x811c9dc5;
    let high = 0x9e3779b9;
    if (end - start <= 4 && this.#pointer === undefined) {
      low = 0;
      high = 0;
      for (let i = start; i < end; i++) low = (low << 8) | bytes[i]!;
    } else {
      for (let i = start; i < end; i++) {
        low = Math.imul(low ^ bytes[i]!, 0x01000193);
        high = Math.imul(high ^ bytes[i]! ^ (low >>> 15), 0x01000193);
      }
    }
    this.low = low >>> 0;
    this.high = high >>> 0;
  }
}
