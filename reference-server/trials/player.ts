import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { deriveConnectionKeys } from '../../src/protocol/keys.js';
import { createMacTable } from '../../src/protocol/mac.js';
import * as P from '../../src/protocol/packet.js';

const ANSWER_MS = 5_000;
const C2S = 0;
const S2C = 1;
const NONE = new Uint8Array(0);

/** What a login gave, and the device it was for. */
export interface Credential {
  readonly access: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
  readonly dfp: Uint8Array;
}

/** Logs in; rejects with the status when that is refused or takes long. */
export async function login(http: string, uid: string, dfp: Uint8Array = randomBytes(32)): Promise<Credential> {
  const body = JSON.stringify({ uid, dfp: Buffer.from(dfp).toString('base64url') });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${http}/v1/login`, { method: 'POST', headers, body, signal: AbortSignal.timeout(ANSWER_MS) });
  if (answer.status !== 200) throw new Error(`login: ${answer.status} ${await answer.text()}`);
  const { access, secret } = (await answer.json()) as { access: string; secret: string };
  return { access, secret: new Uint8Array(Buffer.from(secret, 'base64url')), dfp };
}

/** A client of the reference protocol for trials that need to send what a real client would not. One question at a time. */
export class Player {
  readonly #socket: WebSocket;
  readonly #macs = createMacTable(2);
  readonly #arrived: Buffer[] = [];
  #wake: (() => void) | undefined;
  #snonce: Uint8Array = NONE;
  #seq = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('message', (data: Buffer) => {
      for (let at = 0; at < data.length; at += P.HEADER_BYTES + P.packetBodyBytes(data, at)) {
        this.#arrived.push(data.subarray(at, at + P.HEADER_BYTES + P.packetBodyBytes(data, at)));
      }
      this.#wake?.();
    });
    socket.on('close', () => this.#wake?.());
  }

  /** A connection that has read its HELLO. */
  static async connect(ws: string): Promise<Player> {
    const player = new Player(new WebSocket(ws, { perMessageDeflate: false, handshakeTimeout: ANSWER_MS }));
    const hello = await player.next();
    if (P.packetType(hello, 0) !== P.HELLO) throw new Error('the server did not say HELLO');
    player.#snonce = hello.subarray(P.HELLO_SNONCE, P.HELLO_SNONCE + 16);
    return player;
  }

  /** A connection that has passed AUTH. */
  static async enter(ws: string, credential: Credential): Promise<Player> {
    const player = await Player.connect(ws);
    const answer = await player.ask(player.auth(credential));
    if (P.packetType(answer, 0) !== P.AUTH_OK) throw new Error('AUTH was refused');
    return player;
  }

  /** The bytes of an AUTH with this credential, which derive the keys of this connection. */
  auth({ access, secret, dfp }: Credential): Uint8Array {
    const cnonce = randomBytes(16);
    deriveConnectionKeys(secret, 0, this.#snonce, 0, cnonce, 0, this.#macs, C2S, S2C);
    const token = Buffer.from(access, 'latin1');
    const fields: P.AuthFields = {
      flags: 0,
      clientUnixMs: Date.now(),
      cnonce,
      cnonceAt: 0,
      dfp,
      dfpAt: 0,
      lastAckNonce: null,
      lastAckNonceAt: 0,
      token,
      tokenStart: 0,
      tokenEnd: token.length,
      snonce: this.#snonce,
      snonceAt: 0,
    };
    const out = new Uint8Array(P.HEADER_BYTES + 88 + token.length);
    P.writeAuth(out, 0, ++this.#seq, fields, this.#macs, C2S);
    return out;
  }

  /** The bytes of a plain echo. */
  echo(): Uint8Array {
    const out = new Uint8Array(64);
    return out.subarray(0, P.writeOp(out, 0, ++this.#seq, P.OPCODE_ECHO, NONE, 0, 0));
  }

  /** The bytes of a signed echo with a nonce of its own, or the given one. */
  signedEcho(nonce: Uint8Array = randomBytes(8)): Uint8Array {
    const out = new Uint8Array(128);
    const end = P.writeOpSigned(out, 0, ++this.#seq, P.OPCODE_ECHO, Date.now(), nonce, 0, NONE, 0, 0, this.#macs, C2S);
    return out.subarray(0, end);
  }

  /** Sends bytes and resolves with the next packet; rejects when the connection ends first, or nothing comes for 5 s. */
  ask(bytes: Uint8Array): Promise<Uint8Array> {
    this.#socket.send(bytes);
    return this.next();
  }

  /** The next packet. */
  async next(): Promise<Uint8Array> {
    const untilMs = performance.now() + ANSWER_MS;
    while (this.#arrived.length === 0) {
      if (this.#socket.readyState === WebSocket.CLOSED) throw new Error('the connection has ended');
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) throw new Error('no answer');
      await this.#change(leftMs);
    }
    return this.#arrived.shift()!;
  }

  /** Ends without a word, as one who has lost interest. */
  async leave(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.#socket, 'close');
    this.#socket.terminate();
    await closed;
  }

  /** Something has arrived, the connection has ended, or the time is over. */
  #change(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }
}

/** The code of an OP_ACK; undefined for any other packet. */
export function ackCode(packet: Uint8Array): number | undefined {
  if (P.packetType(packet, 0) !== P.OP_ACK) return undefined;
  return packet[P.OP_ACK_CODE]! + 256 * packet[P.OP_ACK_CODE + 1]!;
}

/** Whether an OP_ACK says that the operation was done before and is not done again. */
export function isRepeated(packet: Uint8Array): boolean {
  return (packet[P.OP_ACK_FLAGS]! & P.OP_ACK_FLAG_DUP) !== 0;
}
