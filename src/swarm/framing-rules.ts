import type { Framing } from '../scenario/framing.js';

/** Verdicts of FramingRule.measure() below 0: more must come, or the stream cannot be read any further. */
export const FRAME_INCOMPLETE = -1;
export const FRAME_TOO_LONG = -2;
export const FRAME_TOO_SHORT = -3;
export const FRAME_ENDLESS = -4;

/** One framing, compiled: where a message begins and ends, for both directions. Shared by all clients. */
export class FramingRule {
  readonly kind: Framing['kind'];
  /** Bytes that gwrk puts before and behind each message. */
  readonly prefixBytes: number;
  readonly suffix: Uint8Array;
  readonly maxBytes: number;
  readonly #headerBytes: number;
  readonly #lengthAt: number;
  readonly #width: number;
  readonly #littleEndian: boolean;
  /** What the length counts besides what follows the header. */
  readonly #counted: number;

  constructor(framing: Framing) {
    const length = framing.kind === 'length' ? framing : undefined;
    this.kind = framing.kind;
    this.prefixBytes = length?.isAdded === true ? length.width : 0;
    this.suffix = Uint8Array.from(Buffer.from(framing.kind === 'delimiter' ? framing.hex : '', 'hex'));
    this.maxBytes = framing.kind === 'fixed' ? framing.bytes : framing.kind === 'none' ? 0 : framing.maxBytes;
    this.#headerBytes = length?.headerBytes ?? 0;
    this.#lengthAt = length?.offset ?? 0;
    this.#width = length?.width ?? 0;
    this.#littleEndian = length?.littleEndian ?? true;
    this.#counted = length?.includesHeader === true ? length.headerBytes : 0;
  }

  /**
   * Bytes of the frame that begins at bytes[at], with what gwrk takes off it; more than there are while only its length is
   * known, FRAME_INCOMPLETE before that. For length and fixed size only.
   */
  measure(bytes: Uint8Array, at: number, end: number): number {
    if (this.kind === 'fixed') return this.maxBytes;
    if (end - at < this.#lengthAt + this.#width) return FRAME_INCOMPLETE;
    const follows = this.#read(bytes, at + this.#lengthAt) - this.#counted;
    if (follows < 0) return FRAME_TOO_SHORT;
    const frameBytes = this.#headerBytes + follows;
    return frameBytes - this.prefixBytes > this.maxBytes ? FRAME_TOO_LONG : frameBytes;
  }

  /** Bytes that must be there before measure() can say more. */
  get neededBytes(): number {
    return this.kind === 'fixed' ? this.maxBytes : this.#lengthAt + this.#width;
  }

  /** Writes what goes before and behind the message out[start..end), and returns where the suffix ends; it begins at start - prefixBytes. */
  wrap(out: Uint8Array, start: number, end: number): number {
    const { prefixBytes, suffix } = this;
    if (prefixBytes > 0) {
      const length = end - start + this.#counted;
      for (let i = 0; i < prefixBytes; i++) {
        const shift = 8 * (this.#littleEndian ? i : prefixBytes - 1 - i);
        out[start - prefixBytes + i] = length >>> shift;
      }
    }
    for (let i = 0; i < suffix.length; i++) out[end + i] = suffix[i]!;
    return end + suffix.length;
  }

  #read(bytes: Uint8Array, at: number): number {
    let value = 0;
    if (this.#littleEndian) for (let i = this.#width - 1; i >= 0; i--) value = value * 256 + bytes[at + i]!;
    else for (let i = 0; i < this.#width; i++) value = value * 256 + bytes[at + i]!;
    return value;
  }
}
