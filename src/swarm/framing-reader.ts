/**
 * Reads the messages of many tcp or tls streams, addressed by row: each row has the framing that its connect step
 * declared. Only a row with half a message has memory here, in a map, and that memory is used again. Whole messages inside
 * a chunk are handed on in place. What is kept grows with what came, never with what a length claims.
 */
import { GrowingBytes } from '../protocol/growing-bytes.js';
import { FRAME_ENDLESS, FRAME_INCOMPLETE, FRAME_TOO_LONG, type FramingRule } from './framing-rules.js';
import { type FramingTable, NO_RULE } from './framing-table.js';

export interface StreamHandler {
  /** A whole message: bytes[start..end), without what gwrk takes off. Valid during the call only. */
  onStreamMessage(row: number, bytes: Uint8Array, start: number, end: number): void;
  /** The server broke the framing; further bytes of the row are ignored until reset(row). `code` is one of docs/errors.md. */
  onFramingFault(row: number, code: string, reason: string): void;
}

const FIRST_CARRY_BYTES = 256;
/** Memory of ended halves that is kept for the next ones: this many, none longer than this. */
const SPARE_CARRIES = 1024;
const LONGEST_SPARE_BYTES = 4096;

export class FramingReader {
  readonly #handler: StreamHandler;
  readonly #rules: readonly FramingRule[];
  readonly #ruleOf: Uint16Array;
  readonly #carries = new Map<number, GrowingBytes>();
  readonly #spare: GrowingBytes[] = [];
  /** Counts resets, so that a loop sees that a callback ended the stream that it reads. */
  #resets = 0;

  constructor({ rules, ruleOf }: Pick<FramingTable, 'rules' | 'ruleOf'>, handler: StreamHandler) {
    this.#rules = rules;
    this.#ruleOf = ruleOf;
    this.#handler = handler;
  }

  /** Feeds bytes[start..end) of the row's stream. */
  push(row: number, bytes: Uint8Array, start: number, end: number): void {
    const number = this.#ruleOf[row]!;
    if (number === NO_RULE) return;
    const rule = this.#rules[number]!;
    if (rule.kind === 'none') return;
    if (rule.kind === 'delimiter') this.#pushDelimited(row, rule, bytes, start, end);
    else this.#pushMeasured(row, rule, bytes, start, end);
  }

  /** Forgets everything of the row: its connection is over. May be called from inside a callback. */
  reset(row: number): void {
    this.#ruleOf[row] = NO_RULE;
    this.#resets++;
    this.#dropCarry(row);
  }

  /** Rows that hold half a message. */
  get rowsWithLeftovers(): number {
    return this.#carries.size;
  }

  #pushMeasured(row: number, rule: FramingRule, bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    const carry = this.#carries.size === 0 ? undefined : this.#carries.get(row);
    if (carry !== undefined) {
      at = this.#fill(row, rule, carry, bytes, start, end);
      if (at < 0) return;
    }
    while (at < end) {
      const frameBytes = rule.measure(bytes, at, end);
      if (frameBytes < FRAME_INCOMPLETE) return this.#fault(row, rule, frameBytes);
      if (frameBytes === FRAME_INCOMPLETE || frameBytes > end - at) {
        this.#carryOf(row).append(bytes, at, end);
        return;
      }
      if (!this.#deliver(row, bytes, at + rule.prefixBytes, at + frameBytes)) return;
      at += frameBytes;
    }
  }

  /** Completes the kept half of a message. Returns where the chunk goes on; -1 when all of it is used or the stream is over. */
  #fill(row: number, rule: FramingRule, carry: GrowingBytes, bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    for (;;) {
      const frameBytes = rule.measure(carry.bytes, 0, carry.length);
      if (frameBytes < FRAME_INCOMPLETE) {
        this.#fault(row, rule, frameBytes);
        return -1;
      }
      const needed = frameBytes === FRAME_INCOMPLETE ? rule.neededBytes : frameBytes;
      if (frameBytes >= 0 && needed === carry.length) break;
      if (at === end) return -1;
      const until = Math.min(end, at + needed - carry.length);
      carry.append(bytes, at, until);
      at = until;
    }
    this.#carries.delete(row);
    const goesOn = this.#deliver(row, carry.bytes, rule.prefixBytes, carry.length);
    this.#keep(carry);
    return goesOn ? at : -1;
  }

  #pushDelimited(row: number, rule: FramingRule, bytes: Uint8Array, start: number, end: number): void {
    const { suffix, maxBytes } = rule;
    const last = suffix[suffix.length - 1]!;
    let carry = this.#carries.size === 0 ? undefined : this.#carries.get(row);
    let from = start;
    for (let at = start; at < end; at++) {
      if (bytes[at] !== last || !endsWith(carry, bytes, from, at + 1, suffix)) continue;
      const kept = carry?.length ?? 0;
      const messageBytes = kept + at + 1 - from - suffix.length;
      if (messageBytes > maxBytes) return this.#fault(row, rule, FRAME_ENDLESS);
      if (carry === undefined) {
        if (!this.#deliver(row, bytes, from, from + messageBytes)) return;
      } else {
        carry.append(bytes, from, at + 1);
        this.#carries.delete(row);
        const goesOn = this.#deliver(row, carry.bytes, 0, messageBytes);
        this.#keep(carry);
        carry = undefined;
        if (!goesOn) return;
      }
      from = at + 1;
    }
    if (from === end) return;
    if ((carry?.length ?? 0) + end - from > maxBytes + suffix.length) return this.#fault(row, rule, FRAME_ENDLESS);
    (carry ?? this.#carryOf(row)).append(bytes, from, end);
  }

  /** Hands a message on; false when the stream was ended meanwhile. */
  #deliver(row: number, bytes: Uint8Array, start: number, end: number): boolean {
    const resets = this.#resets;
    this.#handler.onStreamMessage(row, bytes, start, end);
    return resets === this.#resets || this.#ruleOf[row] !== NO_RULE;
  }

  #fault(row: number, rule: FramingRule, verdict: number): void {
    this.#ruleOf[row] = NO_RULE;
    this.#dropCarry(row);
    if (verdict === FRAME_TOO_LONG)
      this.#handler.onFramingFault(row, 'framing.too-long', `the server announced a message of more than ${rule.maxBytes} bytes`);
    else if (verdict === FRAME_ENDLESS)
      this.#handler.onFramingFault(row, 'framing.no-end', `no delimiter came within ${rule.maxBytes} bytes`);
    else this.#handler.onFramingFault(row, 'framing.too-short', 'the server announced a message shorter than its own header');
  }

  #carryOf(row: number): GrowingBytes {
    const carry = this.#spare.pop() ?? new GrowingBytes(FIRST_CARRY_BYTES);
    carry.length = 0;
    this.#carries.set(row, carry);
    return carry;
  }

  #dropCarry(row: number): void {
    const carry = this.#carries.size === 0 ? undefined : this.#carries.get(row);
    if (carry === undefined) return;
    this.#carries.delete(row);
    this.#keep(carry);
  }

  #keep(carry: GrowingBytes): void {
    if (this.#spare.length < SPARE_CARRIES && carry.bytes.length <= LONGEST_SPARE_BYTES) this.#spare.push(carry);
  }
}

/** Whether carry followed by bytes[start..end) ends with the suffix. */
function endsWith(carry: GrowingBytes | undefined, bytes: Uint8Array, start: number, end: number, suffix: Uint8Array): boolean {
  const kept = carry?.length ?? 0;
  if (kept + end - start < suffix.length) return false;
  for (let back = 2; back <= suffix.length; back++) {
    const at = end - back;
    const byte = at >= start ? bytes[at] : carry!.bytes[kept + at - start];
    if (byte !== suffix[suffix.length - back]) return false;
  }
  return true;
}
