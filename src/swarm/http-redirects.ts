import type { RequestTemplate } from '../protocol/http-request.js';
import type { EvaluationContext } from '../scenario/expression-evaluate.js';
import { type CompiledHttp, MAX_LOCATION_BYTES } from './http-step.js';

/** A redirect that a client is following. */
interface Hop {
  readonly template: RequestTemplate<EvaluationContext>;
  readonly isBare: boolean;
  readonly hops: number;
  /** When the first request of the step was meant. */
  readonly intendedUs: number;
}

export interface RedirectAnswer {
  readonly status: number;
  readonly location: string;
  /** Of the server that answered. */
  readonly origin: string;
  readonly intendedUs: number;
}

/** Redirects under way, by client: few, and only of steps that follow any. Never to another host, port or scheme (security.md, G4). */
export class HttpRedirects {
  readonly #hops = new Map<number, Hop>();
  /** The path of each request whose answer may redirect: what a relative Location is relative to. */
  readonly #paths = new Map<number, string>();

  /** What the client sends in place of its step; undefined when it follows no redirect. */
  templateOf(row: number): RequestTemplate<EvaluationContext> | undefined {
    return this.#hops.size === 0 ? undefined : this.#hops.get(row)?.template;
  }

  intendedUsOf(row: number): number | undefined {
    return this.#hops.size === 0 ? undefined : this.#hops.get(row)?.intendedUs;
  }

  /** A request out[0..end) of a step that follows redirects leaves. */
  sending(row: number, out: Uint8Array, end: number): void {
    const line = Buffer.from(out.subarray(0, Math.min(end, MAX_LOCATION_BYTES * 3))).toString('latin1');
    this.#paths.set(row, line.split(' ', 2)[1]!);
  }

  /** Notes where to go on; says why not, when the redirect may not be followed. */
  follow(
    row: number,
    step: CompiledHttp,
    { status, location, origin, intendedUs }: RedirectAnswer,
  ): { code: string; text: string } | undefined {
    const before = this.#hops.get(row);
    const hops = (before?.hops ?? 0) + 1;
    const base = `${origin}${this.#paths.get(row) ?? '/'}`;
    if (status === 304 || status === 300 || location.length > MAX_LOCATION_BYTES || !URL.canParse(location, base))
      return { code: `http.${status}`, text: 'a redirect does not say where to' };
    const url = new URL(location, base);
    if (url.origin !== new URL(origin).origin)
      return { code: 'http.redirect-elsewhere', text: `a redirect leads from ${origin} to another host` };
    if (hops > step.follow) return { code: 'http.redirects', text: `more than ${step.follow} redirects, one behind the other` };
    this.#hops.set(row, { ...step.redirected(status, `${url.pathname}${url.search}`, before?.isBare ?? false), hops, intendedUs });
    return undefined;
  }

  forget(row: number): void {
    if (this.#hops.size > 0) this.#hops.delete(row);
    if (this.#paths.size > 0) this.#paths.delete(row);
  }
}
