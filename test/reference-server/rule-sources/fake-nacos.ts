import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type Asked, FakeService } from './fake-service.js';

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

interface Held {
  readonly response: ServerResponse;
  readonly key: string;
  readonly md5: string;
}

/** The part of Nacos 2's open HTTP API that serves configurations, as nacos.io describes it. */
export class FakeNacos extends FakeService {
  /** "tenant/group/dataId" to text. */
  readonly #texts = new Map<string, string>();
  #held: Held[] = [];
  /** Needed where set. */
  credentials: { readonly username: string; readonly password: string } | undefined;
  #validToken = '';
  #tokens = 0;
  /** A server whose notion of the MD5 is behind: everything has always changed. */
  saysAlwaysChanged = false;
  /** Of the last time a question was held, from its header. */
  askedToHoldMs = 0;

  get heldCount(): number {
    return this.#held.length;
  }

  publish(key: string, text: string): void {
    this.#texts.set(key, text);
    this.#answerHeld(false);
  }

  remove(key: string): void {
    this.#texts.delete(key);
    this.#answerHeld(false);
  }

  /** The half minute is over. */
  release(): void {
    this.#answerHeld(true);
  }

  expireTokens(): void {
    this.#validToken = '';
  }

  protected answer(asked: Asked, response: ServerResponse): void {
    const route = `${asked.method} ${asked.url.pathname}`;
    if (route === 'POST /nacos/v1/auth/login') return this.#login(asked, response);
    if (this.credentials !== undefined && asked.url.searchParams.get('accessToken') !== this.#validToken) {
      response.writeHead(403).end('{"status":403,"error":"Forbidden","message":"token invalid!"}');
    } else if (route === 'GET /nacos/v1/cs/configs') this.#get(asked, response);
    else if (route === 'POST /nacos/v1/cs/configs/listener') this.#listen(asked, response);
    else response.writeHead(404).end();
  }

  #login({ body }: Asked, response: ServerResponse): void {
    const form = new URLSearchParams(body);
    if (form.get('username') !== this.credentials?.username || form.get('password') !== this.credentials?.password) {
      response.writeHead(403).end('unknown user!');
      return;
    }
    this.#validToken = `token-${++this.#tokens}`;
    response.writeHead(200).end(JSON.stringify({ accessToken: this.#validToken, tokenTtl: 18_000, globalAdmin: true }));
  }

  #get({ url }: Asked, response: ServerResponse): void {
    const { dataId, group, tenant = '' } = Object.fromEntries(url.searchParams);
    const text = this.#texts.get(`${tenant}/${group}/${dataId}`);
    if (text === undefined) response.writeHead(404).end('config data not exist');
    else response.writeHead(200, { 'content-type': 'text/plain', 'content-md5': md5(text) }).end(text);
  }

  #listen({ body, headers }: Asked, response: ServerResponse): void {
    const line = new URLSearchParams(body).get('Listening-Configs') ?? '';
    const [dataId, group, given, tenant = ''] = line.replace(/\x01$/u, '').split('\x02');
    this.askedToHoldMs = Number(headers['long-pulling-timeout']);
    if (!line.endsWith('\x01') || group === undefined || given === undefined || !(this.askedToHoldMs > 0)) {
      response.writeHead(400).end('invalid probeModify');
      return;
    }
    this.#held.push({ response, key: `${tenant}/${group}/${dataId}`, md5: given });
    this.#answerHeld(false);
  }

  #answerHeld(isOver: boolean): void {
    for (const held of this.#held.splice(0)) {
      const text = this.#texts.get(held.key);
      const hasChanged = this.saysAlwaysChanged || (text === undefined ? '' : md5(text)) !== held.md5;
      const [tenant, group, dataId] = held.key.split('/');
      const words = [dataId, group, ...(tenant === '' ? [] : [tenant])];
      if (hasChanged) held.response.writeHead(200).end(`${encodeURIComponent(`${words.join('\x02')}\x01`)}\n`);
      else if (isOver) held.response.writeHead(200).end();
      else this.#held.push(held);
    }
  }
}
