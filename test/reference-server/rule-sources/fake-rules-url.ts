import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type Asked, FakeService } from './fake-service.js';

interface Held {
  readonly response: ServerResponse;
  readonly etag: string;
}

/** A URL with a rules text: entity tags, and with `holds` the preference of RFC 7240 to wait for a change. */
export class FakeRulesUrl extends FakeService {
  text: string;
  /** Answer by this instead, with this Location. */
  redirect: string | undefined;
  /** A server that knows no conditions. */
  hasTags = true;
  readonly #holds: boolean;
  #held: Held[] = [];

  constructor(text: string, { holds = false }: { readonly holds?: boolean } = {}) {
    super();
    this.text = text;
    this.#holds = holds;
  }

  get heldCount(): number {
    return this.#held.length;
  }

  publish(text: string): void {
    this.text = text;
    this.release();
  }

  /** Ends the waiting, as the server does by itself after 30 s. */
  release(): void {
    for (const { response, etag } of this.#held.splice(0)) this.#send(response, etag, true);
  }

  protected answer({ url, headers }: Asked, response: ServerResponse): void {
    const etag = headers['if-none-match'] ?? '';
    const mayWait = this.#holds && /^wait=\d+$/.test(String(headers.prefer ?? ''));
    if (this.redirect !== undefined && url.pathname === '/rules') response.writeHead(307, { location: this.redirect }).end();
    else if (mayWait && etag === this.#etag) this.#held.push({ response, etag });
    else this.#send(response, etag, mayWait);
  }

  get #etag(): string {
    return `"${createHash('sha1').update(this.text).digest('hex')}"`;
  }

  #send(response: ServerResponse, etag: string, applied: boolean): void {
    const headers = { ...(this.hasTags && { etag: this.#etag }), ...(applied && { 'preference-applied': 'wait=30' }) };
    if (this.hasTags && etag === this.#etag) response.writeHead(304, headers).end();
    else response.writeHead(200, { ...headers, 'content-type': 'application/json' }).end(this.text);
  }
}
