import type { Expression } from '../scenario/expression.js';
import {
  compileNumber,
  compileTemplate,
  type EvaluationContext,
  type NumberOf,
  templateMaxBytes,
  type WriteTemplate,
} from '../scenario/expression-evaluate.js';
import type { Expectation } from '../scenario/program.js';
import { CompiledCapture } from './capture.js';
import { JsonPointer, sameText } from './json-pointer.js';
import { bytesCheck, LayoutCheck } from './layout-check.js';

const QUOTE = 0x22;

/** One `pointer: value` of an expectation. */
class JsonCheck {
  readonly #pointer: JsonPointer;
  readonly #write: WriteTemplate;
  readonly #number: NumberOf;
  readonly #isText: boolean;
  /** A column or capture: text where the message has text, else a number. */
  readonly #isEither: boolean;
  readonly #wanted: Uint8Array;

  constructor(pointer: string, equals: Expression) {
    this.#pointer = new JsonPointer(pointer);
    this.#isText = equals.kind === 'string' || (equals.kind === 'call' && equals.name === 'uuid');
    this.#isEither = equals.kind === 'field' || equals.kind === 'capture';
    this.#write = compileTemplate({ parts: [equals] });
    this.#number = compileNumber(equals);
    this.#wanted = new Uint8Array(templateMaxBytes({ parts: [equals] }));
  }

  holds(context: EvaluationContext, bytes: Uint8Array, start: number, end: number): boolean {
    const pointer = this.#pointer;
    if (!pointer.find(bytes, start, end)) return false;
    const wantedEnd = this.#write(context, this.#wanted, 0);
    if (this.#isText || (this.#isEither && bytes[pointer.start] === QUOTE))
      return bytes[pointer.start] === QUOTE && sameText(bytes, pointer.start, pointer.end, this.#wanted, wantedEnd);
    if (sameBytes(bytes, pointer.start, pointer.end, this.#wanted, wantedEnd)) return true;
    // 1 and 1.0 and 1e0 are one number.
    if (bytes[pointer.start] === QUOTE) return false;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + pointer.start, pointer.end - pointer.start).toString('latin1');
    return /^[-0-9]/.test(text) && Number(text) === this.#number(context);
  }
}

/** What an answer must be, compiled once for a step and shared by all its clients. */
export class AnswerCheck {
  readonly withinUs: number;
  /** Result code that an OP_ACK must have; -1: any. */
  readonly code: number;
  /** What the client keeps of it. */
  readonly captures: readonly CompiledCapture[];
  readonly #contains: WriteTemplate | undefined;
  readonly #text: WriteTemplate | undefined;
  readonly #json: readonly JsonCheck[];
  readonly #packet: LayoutCheck | undefined;
  readonly #bytes: ReturnType<typeof bytesCheck> | undefined;
  readonly #wanted: Uint8Array;

  constructor(expectation: Expectation) {
    this.#packet = expectation.packet && new LayoutCheck(expectation.packet);
    this.#bytes = expectation.bytes && bytesCheck(expectation.bytes);
    const { contains, text } = expectation;
    this.withinUs = expectation.withinUs;
    this.code = expectation.code ?? -1;
    this.captures = (expectation.captures ?? []).map((rule) => new CompiledCapture(rule));
    this.#contains = contains && compileTemplate(contains);
    this.#text = text && compileTemplate(text);
    this.#json = (expectation.json ?? []).map(({ pointer, equals }) => new JsonCheck(pointer, equals));
    this.#wanted = new Uint8Array(Math.max(contains ? templateMaxBytes(contains) : 0, text ? templateMaxBytes(text) : 0));
  }

  /** Whether the message bytes[start..end) is what was expected of the client in `context`. */
  holds(context: EvaluationContext, bytes: Uint8Array, start: number, end: number): boolean {
    const wanted = this.#wanted;
    if (this.#packet !== undefined && !this.#packet.holds(context, bytes, start, end)) return false;
    if (this.#bytes !== undefined && !this.#bytes(context, bytes, start, end)) return false;
    if (this.#text !== undefined && !sameBytes(bytes, start, end, wanted, this.#text(context, wanted, 0))) return false;
    if (this.#contains !== undefined && !includes(bytes, start, end, wanted, this.#contains(context, wanted, 0))) return false;
    for (let i = 0; i < this.#json.length; i++) if (!this.#json[i]!.holds(context, bytes, start, end)) return false;
    return true;
  }
}

function sameBytes(bytes: Uint8Array, start: number, end: number, wanted: Uint8Array, wantedEnd: number): boolean {
  if (end - start !== wantedEnd) return false;
  for (let i = 0; i < wantedEnd; i++) if (bytes[start + i] !== wanted[i]) return false;
  return true;
}

function includes(bytes: Uint8Array, start: number, end: number, wanted: Uint8Array, wantedEnd: number): boolean {
  for (let at = start; at <= end - wantedEnd; at++) if (sameBytes(bytes, at, at + wantedEnd, wanted, wantedEnd)) return true;
  return false;
}
