import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What a request may meet instead of its answer. */
export type Fault = 'drop' | 'error' | 'garbage' | 'html' | 'half' | 'silence';

export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An HTTP service on a free port of loopback that can fail in the ways of networks. */
export abstract class FakeService {
  readonly requests: Asked[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #faults: Fault[] = [];
  #server: Server | undefined;
  #port = 0;

  /** The service proper. It may answer later. */
  protected abstract answer(asked: Asked, response: ServerResponse): void;

  /** "127.0.0.1:port". */
  get host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  /** Listens; after stop() at the same port again. */
  async start(): Promise<this> {
    const server = createServer(async (incoming, response) => {
      let body = '';
      for await (const chunk of incoming) body += chunk;
      const asked = { method: incoming.method!, url: new URL(incoming.url!, 'http://fake'), headers: incoming.headers, body };
      this.requests.push(asked);
      const fault = this.#faults.shift();
      if (fault === undefined) this.answer(asked, response);
      else suffer(fault, response);
    });
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
    return this;
  }

  /** The next requests meet these, one each. */
  failNext(...faults: Fault[]): void {
    this.#faults.push(...faults);
  }

  /** As kill -9: every connection ends, none is accepted. */
  async stop(): Promise<void> {
    if (!this.#server?.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

function suffer(fault: Fault, response: ServerResponse): void {
  switch (fault) {
    case 'drop':
      response.socket!.destroy();
      break;
    case 'error':
      response.writeHead(500).end('Internal Server Error');
      break;
    case 'garbage':
      response.writeHead(200).end(Buffer.from([0xff, 0xfe, 0x00, 0x80, 0x5b, 0x5d]));
      break;
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Please log in to the network</html>');
      break;
    case 'half':
      response.writeHead(200, { 'content-length': 1_000 });
      response.write('[{"resource":"login","thr', () => response.socket!.destroy());
      break;
    case 'silence':
      break;
  }
}
