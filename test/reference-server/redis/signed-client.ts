/** A client of the test's own that also signs operations, on node:crypto and ws alone. */
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { type Credentials, GameClient, type Packet } from '../server/game-client.js';
import { ask, DFP } from '../server/http-client.js';

const OP_SIGNED = 0x0021;
const OP_ACK = 0x0022;
const ECHO = 1;

export async function login(httpPort: number, uid: string): Promise<Credentials & { readonly refresh: string; readonly sid: string }> {
  const answer = await ask(httpPort, '/v1/login', { body: JSON.stringify({ uid, dfp: DFP }) });
  if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.text}`);
  return { ...(answer.json as unknown as Credentials & { refresh: string; sid: string }), dfp: DFP };
}

export class SignedClient {
  readonly game: GameClient;
  readonly #key: Buffer;
  #seq = 1;

  private constructor(game: GameClient, key: Buffer) {
    this.game = game;
    this.#key = key;
  }

  /** Connects and authenticates; `auth` is AUTH_OK. Rejects when the server refuses. */
  static async connect(url: string, credentials: Credentials): Promise<SignedClient> {
    const game = await GameClient.connect(url);
    const hello = await game.next(0x0001);
    const [snonce, cnonce] = [hello.body.subarray(24, 40), randomBytes(16)];
    const salt = Buffer.concat([snonce, cnonce]);
    const key = Buffer.from(hkdfSync('sha256', Buffer.from(credentials.secret, 'base64url'), salt, 'gwrk/1 c2s', 32));
    const token = Buffer.from(credentials.access, 'ascii');
    const head = Buffer.alloc(80);
    head.writeUInt16LE(0x0002, 0);
    head.writeUInt32LE(1, 2);
    head.writeUInt16LE(88 + token.length, 6);
    head.writeUInt16LE(1, 8);
    head.writeBigUInt64LE(BigInt(Date.now()), 12);
    cnonce.copy(head, 20);
    Buffer.from(credentials.dfp, 'base64url').copy(head, 36);
    head.writeUInt16LE(token.length, 76);
    const tag = createHmac('sha256', key).update(head).update(token).update(snonce).digest().subarray(0, 16);
    game.socket.send(Buffer.concat([head, tag, token]));
    const refused = game.closed.then((code) => {
      throw new Error(`closed ${code}`);
    });
    await Promise.race([game.next(0x0003), refused]);
    return new SignedClient(game, key);
  }

  /** Signs echoes, all in one message; resolves with their answers. */
  async sign(count: number): Promise<Packet[]> {
    const packets = Array.from({ length: count }, () => this.#packet());
    this.game.socket.send(Buffer.concat(packets));
    const answers: Packet[] = [];
    while (answers.length < count) answers.push(await this.game.next(OP_ACK));
    return answers;
  }

  #packet(): Buffer {
    const packet = Buffer.alloc(8 + 40 + 4);
    packet.writeUInt16LE(OP_SIGNED, 0);
    packet.writeUInt32LE(++this.#seq, 2);
    packet.writeUInt16LE(packet.length - 8, 6);
    packet.writeUInt16LE(ECHO, 8);
    packet.writeBigUInt64LE(BigInt(Date.now()), 12);
    randomBytes(8).copy(packet, 20);
    packet.writeUInt32LE(this.#seq, 48);
    const tag = createHmac('sha256', this.#key).update(packet.subarray(0, 32)).update(packet.subarray(48)).digest();
    tag.copy(packet, 32, 0, 16);
    return packet;
  }
}

/** Codes of answers. */
export const codesOf = (answers: readonly Packet[]): number[] => answers.map(({ body }) => body.readUInt16LE(0));
