import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Prng } from '../../../src/core/prng.js';
import * as wire from '../reference-wire.js';
import { TYPE } from '../reference-wire.js';
import { Bench, ECHO, MOVE, type Peer, position, TRADE } from './bench.js';

const seed = Number(process.env.GWRK_SEED ?? Date.now() % 1_000_000);
const HISTORIES = 3_000;
const ROOMS = 4;

type State = 'greeted' | 'ready' | 'leaving' | 'closed';

/** What the specification says of one connection, in plain words: every packet gives an answer or ends it. */
class Model {
  state: State = 'greeted';
  lastSeq = 0;
  heartbeat = 0;
  ops = 0;
  room = -1;
  readonly nonces = new Map<string, number>();
  passedUs: number[] = [];
  lastPingUs = 0;
  leavingSinceUs = 0;
  openedUs: number;
  closeCode = 0;

  constructor(nowUs: number) {
    this.openedUs = nowUs;
  }

  fault(code: number): string {
    return this.close(`ERROR ${code}`, 4_000 + 100 * (code >>> 8) + (code & 255));
  }

  close(answer: string, closeCode: number): string {
    this.state = 'closed';
    this.closeCode = closeCode;
    return answer;
  }

  ack(code: number, flags = 0): string {
    this.ops++;
    return `OP_ACK ${code} ${flags}`;
  }

  /** Time alone can end a connection; the wheel looks every 100 ms. */
  pass(nowUs: number): string[] {
    if (this.state === 'greeted' && nowUs - this.openedUs >= 5_000_000) return [this.close('AUTH_ERR 514', 4_202)];
    if (this.state === 'leaving' && nowUs - this.leavingSinceUs >= 5_000_000) this.close('', 1_000);
    if (this.state === 'ready' && nowUs - this.lastPingUs >= 31_000_000) return [this.fault(0x0503)];
    return [];
  }
}

/** One packet of a history: its bytes and what the model answers to it. */
interface Act {
  readonly bytes: Buffer;
  readonly type: number;
  readonly legalIn: readonly State[];
  /** Offset from the right seq: 0 is right. */
  readonly seqShift: number;
  readonly answer: (model: Model, nowUs: number) => string[];
}

/** How often each kind of packet is sent. */
const CHOICES = Object.entries({
  ping: 8,
  op: 6,
  'op-signed': 14,
  join: 4,
  leave: 2,
  auth: 0.5,
  pong: 0.5,
  disconnect: 0.5,
  'ack-close': 0.5,
}).flatMap(([kind, weight]) => new Array<string>(weight * 2).fill(kind));

function chooseAct(random: Prng, peer: Peer, model: Model, credential: wire.Credential): Act {
  // A wrong seq, a flipped tag, a skipped heartbeat: each now and then.
  const seqShift = random.between(0, 39) === 0 ? random.between(1, 3) * (random.between(0, 1) * 2 - 1) : 0;
  const seq = Math.max(0, peer.seq + 1 + seqShift);
  const isTagBad = random.between(0, 49) === 0;
  const spoil = (bytes: Buffer, tagAt: number): Buffer => {
    if (isTagBad) bytes[8 + tagAt + random.between(0, 15)]! ^= 1 << random.between(0, 7);
    return bytes;
  };
  const act = (type: number, legalIn: readonly State[], bytes: Buffer, answer: Act['answer']): Act => ({
    bytes,
    type,
    legalIn,
    seqShift: seq - peer.seq - 1,
    answer,
  });
  const usual = random.between(0, 9) > 0;
  const choice =
    usual && model.state === 'greeted'
      ? 'auth'
      : usual && model.state === 'leaving'
        ? 'ack-close'
        : CHOICES[random.between(0, CHOICES.length - 1)];
  switch (choice) {
    case 'auth': {
      const bytes = wire.auth(peer.keys, seq, credential, peer.snonce, peer.cnonce);
      return act(TYPE.AUTH, ['greeted'], spoil(bytes, 72), (m, nowUs) => {
        if (isTagBad) return [m.close('AUTH_ERR 513', 4_201)];
        m.state = 'ready';
        m.lastPingUs = nowUs;
        return ['AUTH_OK'];
      });
    }
    case 'ping': {
      const shift = random.between(0, 29) === 0 ? random.between(1, 2) : 0;
      const lie = random.between(0, 29) === 0 ? 1 : 0;
      const bytes = wire.ping(peer.keys, seq, peer.heartbeat + 1 + shift, peer.ops + lie);
      return act(TYPE.PING, ['ready'], spoil(bytes, 16), (m, nowUs) => {
        if (isTagBad) return [m.fault(0x0206)];
        if (shift !== 0 || lie !== 0) return [m.fault(0x0207)];
        m.heartbeat++;
        m.lastPingUs = nowUs;
        return [`PONG ${m.heartbeat} ${m.ops}`];
      });
    }
    case 'op': {
      const opcode = [ECHO, MOVE, TRADE, 77][random.between(0, 3)]!;
      const payload = opcode === MOVE && random.between(0, 3) > 0 ? position(1, 2) : Buffer.alloc(random.between(0, 20));
      const flags = random.between(0, 49) === 0 ? 4 : 0;
      return act(TYPE.OP, ['ready'], wire.op(seq, opcode, payload, flags), (m) => {
        if (flags !== 0) return [m.fault(0x0102)];
        if (opcode === ECHO) return [m.ack(0)];
        if (opcode !== MOVE || payload.length !== 8) return [m.ack(0x0404)];
        return [m.ack(m.room < 0 ? 0x0403 : 0)];
      });
    }
    case 'op-signed': {
      const opcode = [ECHO, MOVE, TRADE][random.between(0, 2)]!;
      const payload = Buffer.alloc(random.between(0, 4) === 0 ? 3 : 8);
      const skewMs = random.between(0, 9) === 0 ? 300_001 : 0;
      const nonce = Buffer.alloc(8, random.between(1, 40));
      const bytes = wire.opSigned(peer.keys, seq, opcode, peer.bench.clock.wallMs + skewMs, nonce, payload);
      return act(TYPE.OP_SIGNED, ['ready'], spoil(bytes, 24), (m, nowUs) => {
        if (isTagBad) return [m.fault(0x0206)];
        if (skewMs !== 0) return [m.ack(0x0208)];
        const known = m.nonces.get(nonce.toString('hex'));
        if (known !== undefined) return [m.ack(known, 1)];
        m.passedUs = m.passedUs.filter((atUs) => atUs > nowUs - 10_000_000);
        if (m.passedUs.length === 5) return [m.ack(0x0302)];
        m.passedUs.push(nowUs);
        const code = opcode === ECHO ? 0 : opcode === MOVE || payload.length !== 8 ? 0x0404 : m.room < 0 ? 0x0403 : 0;
        m.nonces.set(nonce.toString('hex'), code);
        return [m.ack(code)];
      });
    }
    case 'join': {
      const room = random.between(0, ROOMS);
      return act(TYPE.ROOM_JOIN, ['ready'], wire.join(seq, room), (m) => {
        if (room >= ROOMS) return ['JOINED 1025'];
        m.room = room;
        return ['JOINED 0'];
      });
    }
    case 'leave': {
      const room = random.between(0, ROOMS - 1);
      return act(TYPE.ROOM_LEAVE, ['ready'], wire.leave(seq, room), (m) => {
        if (m.room !== room) return ['LEFT 1027'];
        m.room = -1;
        return ['LEFT 0'];
      });
    }
    case 'pong':
      return act(TYPE.PONG, [], wire.packet(TYPE.PONG, seq, Buffer.alloc(40)), () => []);
    case 'disconnect':
      return act(TYPE.DISCONNECT, ['ready'], wire.disconnect(seq), (m, nowUs) => {
        m.state = 'leaving';
        m.leavingSinceUs = nowUs;
        return [`ACK_CLOSE 1 0`, `ACK_CLOSE 2 ${m.ops}`];
      });
    default:
      return act(TYPE.ACK_CLOSE, ['leaving'], wire.ackClose(seq, 2, model.ops, model.ops, seq - 1), (m) => {
        m.close('', 1_000);
        return [];
      });
  }
}

/** One message: what the model says to its packets in order, up to the one that ends the connection. */
function expected(model: Model, acts: Act[], nowUs: number): string[] {
  const answers: string[] = [];
  for (const act of acts) {
    if (model.state === 'closed') break;
    if (!act.legalIn.includes(model.state)) answers.push(model.fault(0x0104));
    else if (act.seqShift !== 0) answers.push(model.fault(0x0105));
    else {
      model.lastSeq++;
      answers.push(...act.answer(model, nowUs));
    }
  }
  return answers;
}

function describeAnswer({ type, body }: wire.Packet): string[] {
  if (type === TYPE.ROOM_STATE) return [];
  if (type === TYPE.ERROR) return [`ERROR ${body.readUInt16LE(0)}`];
  if (type === TYPE.AUTH_ERR) return [`AUTH_ERR ${body.readUInt16LE(0)}`];
  if (type === TYPE.AUTH_OK) return ['AUTH_OK'];
  if (type === TYPE.PONG) return [`PONG ${body.readUInt32LE(0)} ${body.readUInt32LE(4)}`];
  if (type === TYPE.OP_ACK) return [`OP_ACK ${body.readUInt16LE(0)} ${body.readUInt16LE(2)}`];
  if (type === TYPE.JOINED) return [`JOINED ${body.readUInt16LE(14)}`];
  if (type === TYPE.LEFT) return [`LEFT ${body.readUInt16LE(4)}`];
  if (type === TYPE.ACK_CLOSE) return [`ACK_CLOSE ${body[0]} ${body.readUInt32LE(4)}`];
  return [`type ${type}`];
}

describe('the session machine', () => {
  for (const workers of [0, 2])
    it(`answers ${HISTORIES} random histories as the model of the specification does, with ${workers} logic workers (GWRK_SEED=${seed})`, () => {
      const bench = new Bench({ capacity: 8, rooms: ROOMS, workers });
      const seen = new Set<string>();
      for (let history = 0; history < HISTORIES; history++) {
        const random = new Prng(seed + history);
        const credential = bench.login(`player${history}`);
        const peer = bench.connect();
        peer.keys = wire.connectionKeys(credential.secret, peer.snonce, peer.cnonce);
        const model = new Model(bench.clock.us);
        // Some clients are slow to say anything at all.
        if (random.between(0, 19) === 0) bench.pass(random.between(46, 51) * 100, 100);
        const early = peer.take().flat().flatMap(describeAnswer);
        assert.deepEqual(early, model.pass(bench.clock.us), `seed ${seed + history}`);
        for (const answer of early) seen.add(answer);
        for (let message = 0; message < 14 && model.state !== 'closed'; message++) {
          const acts: Act[] = [];
          const shadow = { seq: peer.seq, heartbeat: peer.heartbeat, ops: peer.ops };
          for (let i = random.between(1, 4); i > 0; i--) {
            const act = chooseAct(random, peer, model, credential);
            acts.push(act);
            // What a client that believes in itself would count on.
            peer.seq++;
            if (act.type === TYPE.PING) peer.heartbeat++;
            if (act.type === TYPE.OP || act.type === TYPE.OP_SIGNED) peer.ops++;
          }
          const got = peer
            .send(...acts.map(({ bytes }) => bytes))
            .flat()
            .flatMap(describeAnswer);
          const want = expected(model, acts, bench.clock.us);
          const where = `seed ${seed + history}, message ${message}, from ${JSON.stringify(shadow)}`;
          assert.deepEqual(got, want, where);
          assert.equal(peer.closeCode, model.closeCode, where);
          for (const answer of want) seen.add(answer.split(' ', 2).join(' '));
          if (model.closeCode !== 0) break;
          // Multiples of the wheel's tick, so that model and wheel look at the same moments.
          bench.pass(random.between(0, 9) === 0 ? random.between(1, 80) * 400 : random.between(0, 10) * 100, 100);
          const silent = peer.take().flat().flatMap(describeAnswer);
          const due = model.pass(bench.clock.us);
          assert.deepEqual(silent, due, `${where}, time`);
          for (const answer of due) seen.add(answer);
          assert.equal(peer.closeCode, model.closeCode, `${where}, time`);
        }
        peer.end();
        for (const name of ['connections_ready', 'connections_leaving', 'connections_closing', 'connections_unauthenticated', 'seats']) {
          assert.equal(bench.count(name), 0, `${name} after seed ${seed + history}`);
        }
      }
      // A test that never met these would have proved nothing about them.
      for (const answer of [
        'AUTH_OK',
        'AUTH_ERR 513',
        'AUTH_ERR 514',
        'PONG 1',
        'OP_ACK 0',
        'OP_ACK 770',
        'OP_ACK 520',
        'OP_ACK 1027',
        'JOINED 0',
      ]) {
        assert.ok(seen.has(answer), `${answer} never came up; seed ${seed}`);
      }
      for (const code of [0x0102, 0x0104, 0x0105, 0x0206, 0x0207, 0x0503])
        assert.ok(seen.has(`ERROR ${code}`), `${code} never came up; seed ${seed}`);
    });
});
