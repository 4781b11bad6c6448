/** An http step with its `{{ }}` values compiled: once a worker, shared by all its clients. */
import { type RequestPart, RequestTemplate } from '../protocol/http-request.js';
import type { Template } from '../scenario/expression.js';
import { compileTemplate, type EvaluationContext, templateMaxBytes } from '../scenario/expression-evaluate.js';
import type { HttpStep } from '../scenario/program.js';
import { AnswerCheck } from './answer-check.js';

/** Of a body that something is expected of so much is kept; a longer one is read to its end, but nothing more of it looked at. */
const KEPT_BYTES = 262_144;
/** Room for the path of a redirect. */
export const MAX_LOCATION_BYTES = 4_096;

type Part = RequestPart<EvaluationContext>;

const partsOf = ({ parts }: Template): Part[] =>
  parts.map((part) => (typeof part === 'string' ? part : compileTemplate({ parts: [part] })));

export class CompiledHttp {
  readonly check: AnswerCheck;
  readonly follow: number;
  readonly keepalive: boolean;
  /** "http://host:port" of a server beside the target. */
  readonly origin: string | undefined;
  readonly template: RequestTemplate<EvaluationContext>;
  /** Bytes of the body that the check looks at; 0: none. */
  readonly keptBytes: number;
  /** No request of it is longer, redirects included. */
  readonly maxBytes: number;
  readonly #step: HttpStep;
  readonly #host: string;
  readonly #bytes: number;

  /** `host` and `defaultPath` are those of the target. */
  constructor(step: HttpStep, host: string, defaultPath: string) {
    const { origin, expect } = step;
    this.#step = step;
    this.#host = origin === undefined ? host : new URL(origin).host;
    this.check = new AnswerCheck(expect);
    this.follow = step.follow;
    this.keepalive = step.keepalive;
    this.origin = origin;
    const path = step.path ?? { parts: [defaultPath] };
    const { body } = step;
    const bodyBytes = body === undefined ? 0 : body.kind === 'text' ? templateMaxBytes(body.text) : body.hex.length / 2;
    this.#bytes = templateMaxBytes(path) + step.headers.reduce((sum, { value }) => sum + templateMaxBytes(value), bodyBytes) + 16;
    this.template = this.#templateOf(step.method, partsOf(path), true);
    const looks = expect.text !== undefined || expect.contains !== undefined || expect.json !== undefined || expect.captures !== undefined;
    this.keptBytes = looks ? KEPT_BYTES : 0;
    this.maxBytes = this.template.maxBytes + (step.follow > 0 ? MAX_LOCATION_BYTES * 3 : 0);
  }

  /** Whether an answer of this status can pass. */
  passes(status: number): boolean {
    const { statuses } = this.#step;
    return statuses === undefined ? status < 400 : statuses.includes(status);
  }

  /** The request that follows a redirect (RFC 9110 section 15.4): 303 asks for a GET, and so does everybody read 301 and 302 of a POST. */
  redirected(
    status: number,
    path: string,
    isBare: boolean,
  ): { readonly template: RequestTemplate<EvaluationContext>; readonly isBare: boolean } {
    const { method } = this.#step;
    const becomesGet = isBare || (status === 303 && method !== 'HEAD') || ((status === 301 || status === 302) && method === 'POST');
    return { template: this.#templateOf(becomesGet ? 'GET' : method, [path], !becomesGet), isBare: becomesGet };
  }

  #templateOf(method: string, path: readonly Part[], withBody: boolean): RequestTemplate<EvaluationContext> {
    const { headers, body, keepalive } = this.#step;
    const kept = withBody ? headers : headers.filter(({ name }) => !name.startsWith('content-'));
    const content =
      body === undefined || !withBody
        ? {}
        : { body: body.kind === 'text' ? compileTemplate(body.text) : new Uint8Array(Buffer.from(body.hex, 'hex')) };
    // A body that may have values but has none is written once and for all.
    const fixed = body?.kind === 'text' && withBody && body.text.parts.every((part) => typeof part === 'string');
    return new RequestTemplate<EvaluationContext>({
      method,
      host: this.#host,
      path,
      headers: [
        ...(keepalive ? [] : [{ name: 'connection', value: ['close'] }]),
        ...kept.map(({ name, value }) => ({ name, value: partsOf(value) })),
      ],
      ...(fixed ? { body: new Uint8Array(Buffer.from(body.text.parts.join(''))) } : content),
      maxBytes: this.#bytes + (typeof path[0] === 'string' ? path[0].length * 3 : 0),
    });
  }
}
