import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type Asked, FakeService } from './fake-service.js';

interface Release {
  readonly notificationId: number;
  readonly releaseKey: string;
  readonly configurations: Readonly<Record<string, string>>;
}

interface Held {
  readonly response: ServerResponse;
  readonly namespace: string;
  readonly notificationId: number;
}

/** An Apollo config service for one app and cluster: notifications, releases and, with a secret, signed requests. */
export class FakeApollo extends FakeService {
  readonly #appId: string;
  readonly #cluster: string;
  readonly #releases = new Map<string, Release>();
  #held: Held[] = [];
  #ids = 100;
  secret: string | undefined;

  constructor(appId: string, cluster: string) {
    super();
    this.#appId = appId;
    this.#cluster = cluster;
  }

  get heldCount(): number {
    return this.#held.length;
  }

  publish(namespace: string, configurations: Readonly<Record<string, string>>): void {
    const notificationId = ++this.#ids;
    this.#releases.set(namespace, { notificationId, releaseKey: `2026-${notificationId}`, configurations });
    this.#answerHeld(false);
  }

  /** The minute is over. */
  release(): void {
    this.#answerHeld(true);
  }

  protected answer(asked: Asked, response: ServerResponse): void {
    const { url } = asked;
    if (!this.#isSigned(asked)) response.writeHead(401).end('{"status":401,"message":"Unauthorized"}');
    else if (url.pathname === '/notifications/v2') this.#notify(url, response);
    else if (url.pathname.startsWith('/configs/')) this.#configs(url, response);
    else response.writeHead(404).end();
  }

  #isSigned({ url, headers }: Asked): boolean {
    if (this.secret === undefined) return true;
    const text = `${headers.timestamp}\n${url.pathname}${url.search}`;
    const signature = createHmac('sha1', this.secret).update(text).digest('base64');
    return headers.authorization === `Apollo ${this.#appId}:${signature}`;
  }

  #notify({ searchParams }: URL, response: ServerResponse): void {
    const { appId, cluster, notifications = '' } = Object.fromEntries(searchParams);
    if (appId !== this.#appId || cluster !== this.#cluster) {
      response.writeHead(400).end();
      return;
    }
    const [{ namespaceName, notificationId }] = JSON.parse(notifications) as [{ namespaceName: string; notificationId: number }];
    this.#held.push({ response, namespace: namespaceName, notificationId });
    this.#answerHeld(false);
  }

  #answerHeld(isOver: boolean): void {
    for (const held of this.#held.splice(0)) {
      const id = this.#releases.get(held.namespace)?.notificationId;
      if (id !== undefined && id !== held.notificationId) {
        const details = { [`${this.#appId}+${this.#cluster}+${held.namespace}`]: id };
        held.response.writeHead(200).end(JSON.stringify([{ namespaceName: held.namespace, notificationId: id, messages: { details } }]));
      } else if (isOver) held.response.writeHead(304).end();
      else this.#held.push(held);
    }
  }

  #configs({ pathname, searchParams }: URL, response: ServerResponse): void {
    const [appId, cluster, namespace = ''] = pathname.split('/').slice(2).map(decodeURIComponent);
    const release = this.#releases.get(namespace);
    if (appId !== this.#appId || cluster !== this.#cluster || release === undefined) {
      response.writeHead(404).end(`{"status":404,"message":"Could not load configurations"}`);
    } else if (searchParams.get('releaseKey') === release.releaseKey) response.writeHead(304).end();
    else {
      const { configurations, releaseKey } = release;
      response.writeHead(200).end(JSON.stringify({ appId, cluster, namespaceName: namespace, configurations, releaseKey }));
    }
  }
}
