import { WebSocket } from 'ws';
import * as wire from './reference-wire.js';
import { type Credential, type Keys, type Packet, TYPE } from './reference-wire.js';

/** A guard, not a claim: no answer of a server that works takes so long on any machine. */
const ANSWER_MS = 60_000;

/** A client of the reference protocol on npm ws: the conversation of docs/protocol.md, one packet a message. */
export class ReferenceClient {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  readonly #waiting: ((packet: Packet | undefined) => void)[] = [];
  readonly #arrived: Packet[] = [];
  readonly states: Packet[] = [];
  snonce = Buffer.alloc(0);
  keys: Keys = { c2s: Buffer.alloc(32), s2c: Buffer.alloc(32) };
  seq = 0;
  heartbeat = 0;
  opsSent = 0;
  opsAcked = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('message', (data: Buffer) => {
      for (const packet of wire.parse(data)) this.#deliver(packet);
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', (code) => {
        resolve(code);
        for (const wake of this.#waiting.splice(0)) wake(undefined);
      });
    });
  }

  /** A connection that has read its HELLO. */
  static async connect(port: number): Promise<ReferenceClient> {
    return ReferenceClient.greeted(new WebSocket(`ws://127.0.0.1:${port}/v1/ws`, { perMessageDeflate: false }));
  }

  /** A connection that has passed AUTH; the server's proof is checked. */
  static async ready(port: number, credential: Credential): Promise<ReferenceClient> {
    return (await ReferenceClient.connect(port)).authenticate(credential);
  }

  /** The same on a socket of the caller's. */
  static async enter(socket: WebSocket, credential: Credential): Promise<ReferenceClient> {
    return (await ReferenceClient.greeted(socket)).authenticate(credential);
  }

  static async greeted(socket: WebSocket): Promise<ReferenceClient> {
    const client = new ReferenceClient(socket);
    const hello = await client.next(TYPE.HELLO);
    client.snonce = Buffer.from(hello.body.subarray(24, 40));
    return client;
  }

  /** Passes AUTH on a greeted connection; the server's proof is checked. */
  async authenticate(credential: Credential): Promise<this> {
    const cnonce = wire.fresh(16);
    this.keys = wire.connectionKeys(credential.secret, this.snonce, cnonce);
    this.send(wire.auth(this.keys, ++this.seq, credential, this.snonce, cnonce));
    const ok = await this.next(TYPE.AUTH_OK);
    if (!wire.hasGoodTag(this.keys.s2c, ok, 32)) throw new Error('AUTH_OK is not signed by the server');
    return this;
  }

  send(...packets: Uint8Array[]): void {
    this.socket.send(Buffer.concat(packets));
  }

  /** The next packet but ROOM_STATE, which must be of this type. */
  async next(type: number): Promise<Packet> {
    const packet = this.#arrived.shift() ?? (await this.#wait());
    if (packet === undefined) throw new Error(`closed while waiting for type ${type}`);
    if (packet.type !== type) throw new Error(`expected type ${type}, got ${packet.type}: ${packet.body.toString('hex')}`);
    return packet;
  }

  /** One heartbeat; throws when the PONG is not signed or its ledger is not ours. */
  async beat(): Promise<void> {
    this.send(wire.ping(this.keys, ++this.seq, ++this.heartbeat, this.opsSent));
    const pong = await this.next(TYPE.PONG);
    if (!wire.hasGoodTag(this.keys.s2c, pong, 24)) throw new Error('PONG is not signed by the server');
    if (pong.seq !== this.seq || pong.body.readUInt32LE(0) !== this.heartbeat) throw new Error('PONG of another PING');
    if (pong.body.readUInt32LE(4) !== this.opsSent) throw new Error('the ledgers differ');
  }

  /** One operation, signed or not; returns the code of its answer. */
  async op(opcode: number, payload: Uint8Array, isSigned = false): Promise<{ code: number; flags: number; result: Buffer }> {
    this.opsSent++;
    const seq = ++this.seq;
    this.send(isSigned ? wire.opSigned(this.keys, seq, opcode, Date.now(), wire.fresh(8), payload) : wire.op(seq, opcode, payload));
    const answer = await this.next(TYPE.OP_ACK);
    if (answer.seq !== seq) throw new Error('OP_ACK of another OP');
    this.opsAcked++;
    return wire.opAck(answer);
  }

  /** Leaves in order; returns the close code. Throws when the server's ledger is not ours. */
  async leave(): Promise<number> {
    const seq = ++this.seq;
    this.send(wire.disconnect(seq));
    const heard = await this.next(TYPE.ACK_CLOSE);
    const drained = await this.next(TYPE.ACK_CLOSE);
    if (heard.body[0] !== 1 || drained.body[0] !== 2) throw new Error('phases out of order');
    const ledger = [4, 8, 12].map((at) => drained.body.readUInt32LE(at));
    if (ledger[0] !== this.opsSent || ledger[1] !== this.opsAcked || ledger[2] !== seq) throw new Error(`the ledgers differ: ${ledger}`);
    this.send(wire.ackClose(++this.seq, 2, this.opsSent, this.opsAcked, seq));
    return this.closed;
  }

  #deliver(packet: Packet): void {
    if (packet.type === TYPE.ROOM_STATE) this.states.push(packet);
    else {
      const wake = this.#waiting.shift();
      if (wake === undefined) this.#arrived.push(packet);
      else wake(packet);
    }
  }

  #wait(): Promise<Packet | undefined> {
    if (this.socket.readyState === WebSocket.CLOSED) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer in a minute')), ANSWER_MS);
      this.#waiting.push((packet) => {
        clearTimeout(timer);
        resolve(packet);
      });
    });
  }
}
