import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const DFP = Buffer.alloc(32, 7).toString('base64url');
const HEAD_END = Buffer.from('\r\n\r\n');

interface Waiting {
  readonly resolve: (isIn: boolean) => void;
  readonly reject: (error: Error) => void;
}

/** One kept connection that logs users in, written by hand: node:http would cost this side more than the server. */
export class LoginConnection {
  readonly #socket: Socket;
  readonly #host: string;
  /** Logins without an answer, in the order in which they were sent (HTTP/1.1 pipelining). */
  readonly #waiting: Waiting[] = [];
  #read: Buffer = Buffer.alloc(0);

  static async open(url: URL): Promise<LoginConnection> {
    const socket = connect(Number(url.port), url.hostname);
    await once(socket, 'connect');
    return new LoginConnection(socket, url.host);
  }

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('close', () => this.#fail(new Error('the server closed a connection')));
    socket.on('error', () => {});
  }

  /** Resolves with true when the login is answered 200, with false when the store had no answer in time (503); rejects for any other. */
  login(uid: string): Promise<boolean> {
    const body = `{"uid":"${uid}","dfp":"${DFP}"}`;
    const head = `POST /v1/login HTTP/1.1\r\nhost: ${this.#host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    this.#socket.write(head + body, 'latin1');
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#read = this.#read.length === 0 ? chunk : Buffer.concat([this.#read, chunk]);
    for (;;) {
      const headEnd = this.#read.indexOf(HEAD_END);
      if (headEnd < 0) return;
      const head = this.#read.toString('latin1', 0, headEnd);
      const end = headEnd + 4 + Number(/content-length: (\d+)/iu.exec(head)?.[1]);
      if (this.#read.length < end) return;
      this.#read = this.#read.subarray(end);
      const { resolve, reject } = this.#waiting.shift()!;
      if (/^HTTP\/1\.1 (200|503) /u.test(head)) resolve(head.startsWith('HTTP/1.1 200'));
      else reject(new Error(head.split('\r\n', 1)[0]));
    }
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
