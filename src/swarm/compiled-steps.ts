/** The steps of a program with their `{{ }}` values compiled: once a worker, shared by all its clients. */
import { writeU16, writeU32 } from '../protocol/bytes.js';
import { UpgradeTemplate, writeUpgradeRequest } from '../protocol/websocket-client-handshake.js';
import { OPCODE_BINARY, OPCODE_TEXT } from '../protocol/websocket-frame.js';
import type { Template } from '../scenario/expression.js';
import {
  compileNumber,
  compileTemplate,
  type EvaluationContext,
  type NumberOf,
  templateMaxBytes,
  type WriteTemplate,
  writeConstant,
} from '../scenario/expression-evaluate.js';
import type { Framing } from '../scenario/framing.js';
import type { ConnectStep, LoginStep, OperationStep, PayloadField, SendStep } from '../scenario/program.js';
import { AnswerCheck } from './answer-check.js';
import { AnswerMatch } from './answer-match.js';
import { CompiledBroadcast } from './compiled-broadcast.js';
import { LayoutWriter } from './layout-writer.js';

/** A template as text, for the few places that need a string. */
class Text {
  readonly #write: WriteTemplate;
  readonly #bytes: Buffer;

  constructor(template: Template) {
    this.#write = compileTemplate(template);
    this.#bytes = Buffer.alloc(templateMaxBytes(template));
  }

  of(context: EvaluationContext): string {
    return this.#bytes.toString('utf8', 0, this.#write(context, this.#bytes, 0));
  }
}

export class CompiledLogin {
  readonly timeoutUs: number;
  /** Longest uid it writes, bytes. */
  readonly maxUidBytes: number;
  /** Writes the uid in UTF-8 to out[at..] and returns its end. */
  readonly writeUid: WriteTemplate;
  readonly #showsProof: boolean;
  readonly #secret: Text | undefined;

  constructor(step: LoginStep) {
    this.timeoutUs = step.timeoutUs;
    this.maxUidBytes = templateMaxBytes(step.uid);
    this.writeUid = compileTemplate(step.uid);
    this.#showsProof = step.proof !== 'none';
    this.#secret = step.secret && new Text(step.secret);
  }

  /** What the client shows as its proof; undefined when it shows none. */
  proofOf(context: EvaluationContext): string | undefined {
    return this.#showsProof ? (this.#secret?.of(context) ?? '') : undefined;
  }
}

const isConstant = (template: Template): boolean => template.parts.every((part) => typeof part === 'string');
const plainText = (template: Template): string => template.parts.join('');

/** Builds upgrade requests: from bytes made once where nothing in them differs from client to client. */
export class CompiledConnect {
  readonly timeoutUs: number;
  /** Longest request it writes, bytes. */
  readonly maxBytes: number;
  /** Of a plain stream. */
  readonly framing: Framing | undefined;
  readonly #isStream: boolean;
  readonly #host: string;
  readonly #subprotocol: { subprotocol?: string };
  readonly #template: UpgradeTemplate | undefined;
  readonly #path: Text;
  readonly #headers: readonly { readonly name: string; readonly value: Text }[];

  constructor(step: ConnectStep, host: string, defaultPath: string, isStream = false) {
    const path = step.path ?? { parts: [defaultPath] };
    this.timeoutUs = step.timeoutUs;
    this.#isStream = isStream;
    this.framing = step.framing;
    this.#host = host;
    this.#subprotocol = step.subprotocol === undefined ? {} : { subprotocol: step.subprotocol };
    this.#path = new Text(path);
    this.#headers = step.headers.map(({ name, value }) => ({ name, value: new Text(value) }));
    const headerBytes = step.headers.reduce((sum, { name, value }) => sum + name.length + templateMaxBytes(value) + 4, 0);
    this.maxBytes = 512 + host.length * 3 + templateMaxBytes(path) + headerBytes + (step.subprotocol?.length ?? 0);
    if (!isConstant(path) || !step.headers.every(({ value }) => isConstant(value))) return;
    const headers = step.headers.map(({ name, value }) => `${name}: ${plainText(value)}\r\n`).join('');
    this.#template = new UpgradeTemplate({ host, path: plainText(path), headers, ...this.#subprotocol });
  }

  /** Writes the request to out[at..] and returns its end. A plain stream begins with nothing. */
  write(context: EvaluationContext, out: Uint8Array, at: number, key: Uint8Array): number {
    if (this.#isStream) return at;
    if (this.#template !== undefined) return this.#template.write(out, at, key);
    const headers = this.#headers.map(({ name, value }) => `${name}: ${value.of(context)}\r\n`).join('');
    return writeUpgradeRequest(out, at, { host: this.#host, path: this.#path.of(context), key, headers, ...this.#subprotocol });
  }
}

type WriteField = (context: EvaluationContext, out: Uint8Array, at: number) => number;

function compileField(field: PayloadField): WriteField {
  if (field.kind === 'text') return compileTemplate(field.value);
  if (field.kind === 'bytes') return writeConstant(Buffer.from(field.hex, 'hex'));
  const value: NumberOf = compileNumber(field.value);
  if (field.kind === 'u8') {
    return (context, out, at) => {
      out[at] = value(context);
      return at + 1;
    };
  }
  if (field.kind === 'u16') {
    return (context, out, at) => {
      writeU16(out, at, value(context));
      return at + 2;
    };
  }
  return (context, out, at) => {
    writeU32(out, at, value(context));
    return at + 4;
  };
}

function fieldMaxBytes(field: PayloadField): number {
  if (field.kind === 'text') return templateMaxBytes(field.value);
  return field.kind === 'bytes' ? field.hex.length / 2 : 4;
}

export class CompiledOperation {
  readonly opcode: number;
  readonly signed: boolean;
  readonly check: AnswerCheck;
  readonly maxPayloadBytes: number;
  readonly #fields: readonly WriteField[];

  constructor(step: OperationStep) {
    this.opcode = step.opcode;
    this.signed = step.signed;
    this.check = new AnswerCheck(step.expect);
    this.#fields = step.payload.map(compileField);
    this.maxPayloadBytes = step.payload.reduce((sum, field) => sum + fieldMaxBytes(field), 0);
  }

  /** Writes the payload to out[at..] and returns its end. */
  writePayload(context: EvaluationContext, out: Uint8Array, at: number): number {
    let end = at;
    for (let i = 0; i < this.#fields.length; i++) end = this.#fields[i]!(context, out, end);
    return end;
  }
}

export class CompiledSend {
  /** WebSocket opcode of the message. */
  readonly opcode: number;
  readonly match: AnswerMatch | undefined;
  readonly check: AnswerCheck | undefined;
  readonly broadcast: CompiledBroadcast | undefined;
  readonly maxBytes: number;
  /** Writes the message to out[at..] and returns its end; PACKET_UNFIT when a value does not fit its field. */
  readonly write: WriteField;

  constructor(step: SendStep) {
    const text = step.text ?? { parts: [''] };
    const hex = step.hex?.replace(/\s/g, '') ?? '';
    this.opcode = step.kind === 'text' ? OPCODE_TEXT : OPCODE_BINARY;
    this.match = step.match && new AnswerMatch(step.match);
    this.check = step.expect && new AnswerCheck(step.expect);
    this.broadcast = step.broadcast && new CompiledBroadcast(step.broadcast);
    const packet = step.packet && new LayoutWriter(step.packet);
    this.maxBytes = packet?.maxBytes ?? (step.kind === 'text' ? templateMaxBytes(text) : hex.length / 2);
    if (packet !== undefined) this.write = (context, out, at) => packet.write(context, out, at);
    else this.write = step.kind === 'text' ? compileTemplate(text) : writeConstant(Buffer.from(hex, 'hex'));
  }
}
