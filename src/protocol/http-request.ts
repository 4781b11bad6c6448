/** Requests of HTTP/1.1 (RFC 9112 section 3), written by a template that was put together once. */
import { ascii } from './http-head.js';

/** Text that is the same in every request, or what writes it to out[at..] and returns its end. */
export type RequestPart<Context> = string | ((context: Context, out: Uint8Array, at: number) => number);

export interface RequestTemplateOptions<Context> {
  /** In capital letters. */
  readonly method: string;
  /** The Host header. */
  readonly host: string;
  /** Path and query. */
  readonly path: readonly RequestPart<Context>[];
  readonly headers: readonly { readonly name: string; readonly value: readonly RequestPart<Context>[] }[];
  /** Bytes, or what writes them; absent: a request without a body. */
  readonly body?: Uint8Array | Exclude<RequestPart<Context>, string>;
  /** The longest that path, headers and body can be together. */
  readonly maxBytes: number;
}

/** As much of a path may grow: each of its bytes can become %XX. */
const PERCENT_BYTES = 3;
const HEX = ascii('0123456789ABCDEF');
const SPACE = 0x20;

const CRLF = ascii('\r\n');
const LENGTH = ascii('content-length: ');

type Write<Context> = (context: Context, out: Uint8Array, at: number) => number;

export class RequestTemplate<Context> {
  readonly method: string;
  readonly isHead: boolean;
  /** No request is longer. */
  readonly maxBytes: number;
  readonly #whole: Uint8Array | undefined;
  /** Everything up to the path, and between path and the headers of the caller. */
  readonly #beforePath: Uint8Array;
  readonly #behindPath: Uint8Array;
  readonly #path: Write<Context>;
  readonly #headers: readonly { readonly name: Uint8Array; readonly value: Write<Context> }[];
  readonly #writeBody: Write<Context> | undefined;
  /** Its length stands in front of it, so a body that differs is written here first. */
  readonly #body: Uint8Array | undefined;

  constructor({ method, host, path, headers, body, maxBytes }: RequestTemplateOptions<Context>) {
    this.method = method;
    this.isHead = method === 'HEAD';
    this.#beforePath = ascii(`${method} `);
    this.#behindPath = ascii(` HTTP/1.1\r\nhost: ${host}\r\n`);
    this.#path = inOrder(path);
    this.#headers = headers.map(({ name, value }) => ({ name: ascii(`${name}: `), value: inOrder(value) }));
    this.#writeBody = typeof body === 'function' ? body : undefined;
    this.#body = typeof body === 'function' ? new Uint8Array(maxBytes) : body;
    const names = headers.reduce((sum, { name }) => sum + name.length + 4, 0);
    this.maxBytes = this.#beforePath.length + this.#behindPath.length + names + maxBytes * PERCENT_BYTES + (this.#body?.length ?? 0) + 64;
    const isFixed =
      this.#writeBody === undefined && [path, ...headers.map(({ value }) => value)].flat().every((part) => typeof part === 'string');
    if (!isFixed) return;
    const whole = new Uint8Array(this.maxBytes);
    this.#whole = whole.slice(0, this.#write(undefined as Context, whole, 0));
  }

  /** Writes the request to out[at..] and returns its end. Whatever the values are, no byte of them can end a line. */
  write(context: Context, out: Uint8Array, at: number): number {
    return this.#whole === undefined ? this.#write(context, out, at) : put(this.#whole, out, at);
  }

  #write(context: Context, out: Uint8Array, at: number): number {
    const pathAt = put(this.#beforePath, out, at);
    let end = put(this.#behindPath, out, escapePath(out, pathAt, this.#path(context, out, pathAt)));
    for (const { name, value } of this.#headers) {
      const valueAt = put(name, out, end);
      end = put(CRLF, out, cleanLine(out, valueAt, value(context, out, valueAt)));
    }
    const body = this.#body;
    if (body === undefined) return put(CRLF, out, end);
    const length = this.#writeBody === undefined ? body.length : this.#writeBody(context, body, 0);
    end = put(CRLF, out, put(CRLF, out, putDigits(length, out, put(LENGTH, out, end))));
    for (let i = 0; i < length; i++) out[end + i] = body[i]!;
    return end + length;
  }
}

function inOrder<Context>(parts: readonly RequestPart<Context>[]): Write<Context> {
  const writes = parts.map((part): Write<Context> => {
    if (typeof part !== 'string') return part;
    const bytes = new Uint8Array(Buffer.from(part));
    return (_context, out, at) => put(bytes, out, at);
  });
  return (context, out, at) => {
    let end = at;
    for (let i = 0; i < writes.length; i++) end = writes[i]!(context, out, end);
    return end;
  };
}

function put(bytes: Uint8Array, out: Uint8Array, at: number): number {
  out.set(bytes, at);
  return at + bytes.length;
}

function putDigits(value: number, out: Uint8Array, at: number): number {
  let digits = 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  for (let i = digits - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 10)) out[at + i] = 0x30 + (rest % 10);
  return at + digits;
}

const mustEscape = (byte: number): boolean =>
  byte <= SPACE || byte >= 0x7f || byte === 0x23 || byte === 0x22 || byte === 0x3c || byte === 0x3e;

/** Percent-encodes in place what a path may not hold (RFC 3986 section 3.3); returns the new end. */
function escapePath(out: Uint8Array, start: number, end: number): number {
  let more = 0;
  for (let at = start; at < end; at++) if (mustEscape(out[at]!)) more += 2;
  let to = end + more;
  for (let at = end - 1; to - 1 > at; at--) {
    const byte = out[at]!;
    if (!mustEscape(byte)) {
      out[--to] = byte;
      continue;
    }
    out[--to] = HEX[byte & 15]!;
    out[--to] = HEX[byte >> 4]!;
    out[--to] = 0x25;
  }
  return end + more;
}

/** A control byte in a value would end its line, and what follows would be a header of somebody else's. */
function cleanLine(out: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) if ((out[at]! < SPACE && out[at] !== 0x09) || out[at] === 0x7f) out[at] = SPACE;
  return end;
}
