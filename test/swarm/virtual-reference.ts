import { createHash } from 'node:crypto';
import type { Credential, LoginColumns } from '../../src/swarm/messages.js';
import * as wire from '../reference-server/reference-wire.js';
import type { VirtualRun } from './virtual-run.js';
import type { Script, VirtualServer } from './virtual-transport.js';

const bytesOf = (label: string, count: number): Buffer => createHash('sha256').update(label).digest().subarray(0, count);

/** A client's question for credentials. */
export interface LoginRequest {
  readonly row: number;
  readonly generation: number;
  readonly uid: string;
  readonly proof?: string;
}

/** The columns that a worker sends, one object a client. */
export function requestsOf({ rows, generations, uids, uidEnds, proofs }: LoginColumns): LoginRequest[] {
  return Array.from(rows, (row, i) => {
    const uid = Buffer.from(uids.subarray(i === 0 ? 0 : uidEnds[i - 1]!, uidEnds[i]!)).toString('utf8');
    const proof = proofs?.[i];
    return { row, generation: generations[i]!, uid, ...(proof !== undefined && { proof }) };
  });
}

/** Credentials that a login server would give: made from the uid, so that both ends know them. */
export function credentialOf({ row, generation, uid }: LoginRequest): Credential {
  return {
    row,
    generation,
    token: `token-of-${uid}`,
    secret: bytesOf(`secret ${uid}`, 32).toString('base64url'),
    sid: bytesOf(`sid ${uid}`, 16).toString('base64url'),
    dfp: bytesOf(`dfp ${uid}`, 32).toString('base64url'),
  };
}

/** Answers questions for credentials after a delay. */
export function loginAfter(delayUs: number, asked: string[] = []) {
  return (requests: readonly LoginRequest[], run: VirtualRun): void => {
    asked.push(...requests.map(({ uid }) => uid));
    run.transport.at(run.transport.nowUs() + delayUs, () => run.credentials.accept(requests.map(credentialOf), run.transport.nowUs()));
  };
}

interface Session {
  keys: wire.Keys;
  snonce: Buffer;
  uid: string;
  seq: number;
  ops: number;
  heartbeat: number;
  closing: boolean;
}

/** What a test may change: return true when the packet has been dealt with. */
export type Deviation = (server: VirtualServer, row: number, packet: wire.Packet, session: Session) => boolean;

/**
 * A server of the reference protocol in virtual time, made from the wire as test/reference-server/reference-wire.ts knows
 * it. It is strict: anything that the specification forbids a client throws.
 */
export class VirtualReference implements Script {
  readonly sessions = new Map<number, Session>();
  readonly log: { row: number; type: number; atUs: number; body: Buffer }[] = [];
  readonly #deviation: Deviation;
  readonly #delayUs: number;

  constructor(deviation: Deviation = () => false, delayUs = 500) {
    this.#deviation = deviation;
    this.#delayUs = delayUs;
  }

  types(row: number): number[] {
    return this.log.filter((entry) => entry.row === row).map(({ type }) => type);
  }

  onOpen(server: VirtualServer, row: number): void {
    const snonce = bytesOf(`snonce ${row} ${server.nowUs}`, 16);
    const none = Buffer.alloc(32);
    this.sessions.set(row, { keys: { c2s: none, s2c: none }, snonce, uid: '', seq: 0, ops: 0, heartbeat: 0, closing: false });
    const unixMs = 1_800_000_000_000;
    server.send(
      row,
      wire.packet(wire.TYPE.HELLO, 0, wire.fields([2, 1], [2, 0], [4, 10_000], [2, 4096], [2, 16], [4, 0], [8, unixMs], snonce)),
    );
  }

  onMessage(server: VirtualServer, row: number, message: Buffer, isText: boolean): void {
    if (isText) throw new Error('a text message');
    const session = this.sessions.get(row)!;
    for (const packet of wire.parse(message)) {
      if (packet.seq !== ++session.seq) throw new Error(`seq ${packet.seq} after ${session.seq - 1}`);
      if (session.closing && packet.type !== wire.TYPE.ACK_CLOSE) throw new Error(`type ${packet.type} after DISCONNECT`);
      this.log.push({ row, type: packet.type, atUs: server.nowUs, body: packet.body });
      if (packet.type === wire.TYPE.AUTH) this.#learnKeys(session, packet);
      if (!this.#deviation(server, row, packet, session)) this.#answer(server, row, packet, session);
    }
  }

  authOk(session: Session, seq: number, key = session.keys.s2c): Buffer {
    const body = wire.fields(bytesOf(`sid ${session.uid}`, 16), [4, 1_900_000_000], [4, 10_000], [4, 0], [4, 0], Buffer.alloc(16));
    return wire.signed(key, wire.TYPE.AUTH_OK, seq, body, 32);
  }

  pong(
    session: Session,
    { seq, body }: wire.Packet,
    opsSeen = session.ops,
    heartbeat = body.readUInt32LE(0),
    key = session.keys.s2c,
  ): Buffer {
    const fields = wire.fields([4, heartbeat], [4, opsSeen], body.subarray(8, 16), [8, 1], Buffer.alloc(16));
    return wire.signed(key, wire.TYPE.PONG, seq, fields, 24);
  }

  opAck(seq: number, code = 0): Buffer {
    return wire.packet(wire.TYPE.OP_ACK, seq, wire.fields([2, code], [2, 0], [4, 1], [8, 1_800_000_000_000]));
  }

  #learnKeys(session: Session, { type, seq, body }: wire.Packet): void {
    session.uid = body.toString('latin1', 88).replace('token-of-', '');
    const secret = bytesOf(`secret ${session.uid}`, 32);
    session.keys = wire.connectionKeys(secret, session.snonce, body.subarray(12, 28));
    if (!body.subarray(28, 60).equals(bytesOf(`dfp ${session.uid}`, 32))) throw new Error('another device fingerprint');
    if (type !== wire.TYPE.AUTH || body.readUInt16LE(68) !== body.length - 88) throw new Error('a bad AUTH');
    const head = Buffer.from(body.subarray(0, 72));
    const expected = wire.signed(
      session.keys.c2s,
      type,
      seq,
      Buffer.concat([head, Buffer.alloc(16), body.subarray(88)]),
      72,
      session.snonce,
    );
    if (!expected.subarray(8).equals(body)) throw new Error('the tag of AUTH does not hold');
  }

  #answer(server: VirtualServer, row: number, packet: wire.Packet, session: Session): void {
    const { type, seq, body } = packet;
    const reply = (bytes: Buffer): void => server.send(row, bytes, this.#delayUs);
    switch (type) {
      case wire.TYPE.AUTH:
        reply(this.authOk(session, seq));
        break;
      case wire.TYPE.PING:
        if (!wire.hasGoodTag(session.keys.c2s, packet, 16)) throw new Error('the tag of PING does not hold');
        if (body.readUInt32LE(0) !== ++session.heartbeat) throw new Error('hbNo');
        if (body.readUInt32LE(4) !== session.ops) throw new Error('opsSent');
        reply(this.pong(session, packet));
        break;
      case wire.TYPE.OP_SIGNED:
        if (!wire.hasGoodTag(session.keys.c2s, packet, 24)) throw new Error('the tag of OP_SIGNED does not hold');
        session.ops++;
        reply(this.opAck(seq));
        break;
      case wire.TYPE.OP:
        session.ops++;
        reply(this.opAck(seq));
        break;
      case wire.TYPE.ROOM_JOIN:
        reply(wire.packet(wire.TYPE.JOINED, seq, wire.fields([4, body.readUInt32LE(0)], [2, 0], [2, 1], [4, 1], [2, 100], [2, 0])));
        break;
      case wire.TYPE.ROOM_LEAVE:
        reply(wire.packet(wire.TYPE.LEFT, seq, wire.fields([4, body.readUInt32LE(0)], [2, 0], [2, 0])));
        break;
      case wire.TYPE.DISCONNECT:
        session.closing = true;
        reply(wire.ackClose(seq, 1, 0, 0, 0));
        server.send(row, wire.ackClose(seq, 2, session.ops, session.ops, seq), this.#delayUs * 2);
        break;
      case wire.TYPE.ACK_CLOSE:
        if (body[0] !== 2) break;
        if (body.readUInt32LE(4) !== session.ops || body.readUInt32LE(8) !== session.ops)
          throw new Error('the ledger of the client differs');
        server.close(row, 1000, this.#delayUs);
        break;
      default:
        throw new Error(`type ${type} from a client`);
    }
  }
}
