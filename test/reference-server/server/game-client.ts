/** A client of the reference protocol on node:crypto and ws alone, written from the description of the wire and not from src/. */
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface Credentials {
  readonly access: string;
  readonly secret: string;
  readonly dfp: string;
}

export interface Packet {
  readonly type: number;
  readonly seq: number;
  readonly body: Buffer;
}

export class GameClient {
  readonly socket: WebSocket;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  readonly #packets: Packet[] = [];
  #wake: () => void = () => {};

  private constructor(url: string) {
    this.socket = new WebSocket(url);
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.on('error', () => {});
    this.socket.on('message', (data: Buffer) => {
      for (let at = 0; at < data.length; ) {
        const end = at + 8 + data.readUInt16LE(at + 6);
        this.#packets.push({ type: data.readUInt16LE(at), seq: data.readUInt32LE(at + 2), body: data.subarray(at + 8, end) });
        at = end;
      }
      this.#wake();
    });
  }

  /** Connects and waits for the upgrade. */
  static async connect(url: string): Promise<GameClient> {
    const client = new GameClient(url);
    await once(client.socket, 'open');
    return client;
  }

  /** The next packet of this type; others before it are dropped. */
  async next(type: number): Promise<Packet> {
    for (;;) {
      for (let packet = this.#packets.shift(); packet !== undefined; packet = this.#packets.shift()) {
        if (packet.type === type) return packet;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Answers HELLO with AUTH as packet 1. */
  async auth({ access, secret, dfp }: Credentials): Promise<void> {
    const snonce = (await this.next(0x0001)).body.subarray(24, 40);
    const cnonce = randomBytes(16);
    const salt = Buffer.concat([snonce, cnonce]);
    const key = Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'base64url'), salt, 'gwrk/1 c2s', 32));
    const token = Buffer.from(access, 'ascii');
    const head = Buffer.alloc(8 + 72);
    head.writeUInt16LE(0x0002, 0);
    head.writeUInt32LE(1, 2);
    head.writeUInt16LE(88 + token.length, 6);
    head.writeUInt16LE(1, 8);
    head.writeBigUInt64LE(BigInt(Date.now()), 12);
    cnonce.copy(head, 20);
    Buffer.from(dfp, 'base64url').copy(head, 36);
    head.writeUInt16LE(token.length, 76);
    const tag = createHmac('sha256', key).update(head).update(token).update(snonce).digest().subarray(0, 16);
    this.socket.send(Buffer.concat([head, tag, token]));
  }
}
