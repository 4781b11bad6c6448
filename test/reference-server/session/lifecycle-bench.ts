import { type AuthResult, REASON_OK } from '../../../reference-server/auth/auth-result.js';
import { Authenticator } from '../../../reference-server/auth/authenticator.js';
import { SessionTable } from '../../../reference-server/auth/session-table.js';
import { Counters } from '../../../reference-server/counters.js';
import { SessionMachine } from '../../../reference-server/session.js';
import type { AuditEvent } from '../../../reference-server/session-audit.js';
import { SessionClock } from '../../../reference-server/session-clock.js';
import { SigningMemory } from '../../../reference-server/session-signing.js';
import { SessionTakeovers } from '../../../reference-server/threads/session-takeovers.js';
import { readU32 } from '../../../src/protocol/bytes.js';
import { deriveMasterKeys } from '../../../src/protocol/keys.js';
import type { MacTable } from '../../../src/protocol/mac.js';
import { type Packet, TYPE } from '../reference-wire.js';
import { FakeGateway, ManualClock } from './fake-gateway.js';
import { ROOMS, SLOTS } from './lifecycle-model.js';

/** A tag is good when its first byte is 1: what tags are worth is proved elsewhere, and real ones would cost the most here. */
const trustingMacs: MacTable = {
  setKey: () => {},
  clear: () => {},
  tag: (_row, _bytes, _s1, _e1, _s2, _e2, _extra, _s3, _e3, out, outAt) => {
    out[outAt] = 1;
  },
  verify: (_row, _bytes, _s1, _e1, _s2, _e2, _extra, _s3, _e3, tagBytes, tagAt) => tagBytes[tagAt] === 1,
};

interface Word {
  readonly thread: number;
  readonly sid: Uint8Array;
  readonly claim: number;
}

/** The product's session machines, one a thread, with everything real but the sockets, the clock, the tokens and the tags. */
export class LifecycleBench {
  readonly clock = new ManualClock();
  readonly gateways: FakeGateway[] = [];
  readonly machines: SessionMachine[] = [];
  readonly counters: Counters[] = [];
  readonly signing: SigningMemory;
  readonly audit: AuditEvent[] = [];
  /** Word of takeovers on its way from thread to thread. */
  readonly words: Word[] = [];

  /** Session n is of user userOf[n]; its token is the bytes of n and of the Unix second at which it ends. */
  constructor(threads: number, userOf: readonly number[]) {
    const buffers = SigningMemory.allocate(64);
    this.signing = new SigningMemory(buffers, undefined);
    const homes = new SharedArrayBuffer(SessionTakeovers.bytesFor(userOf.length));
    const keys = deriveMasterKeys(Buffer.alloc(32, 7));
    for (let thread = 0; thread < threads; thread++) {
      const gateway = new FakeGateway(SLOTS);
      const clock = new SessionClock(this.clock, () => {});
      const authenticator = new Authenticator({ keys, kid: 1, table: SessionTable.create(1), clock });
      let session = 0;
      authenticator.verifyToken = (bytes, start, _end, _dfp, _dfpAt, out: AuthResult) => {
        session = readU32(bytes, start);
        out.sid.fill(session + 1);
        out.userHash.fill(userOf[session]! + 1);
        out.accessExpS = readU32(bytes, start + 4);
        return REASON_OK;
      };
      authenticator.lookup = (out) => {
        out.sessionRow = session;
        return REASON_OK;
      };
      const counters = Counters.create();
      this.gateways.push(gateway);
      this.counters.push(counters);
      this.machines.push(
        new SessionMachine({
          gateway,
          authenticator,
          clock,
          counters,
          audit: (event) => this.audit.push(event),
          heartbeatMs: 10_000,
          rooms: ROOMS,
          roomTickMs: 100,
          macs: trustingMacs,
          signing: new SigningMemory(buffers, undefined),
          ...(threads === 1
            ? {}
            : { takeovers: new SessionTakeovers(homes, thread, SLOTS, (to, sid, claim) => this.words.push({ thread: to, sid, claim })) }),
        }),
      );
    }
  }

  /** A turn of each thread's loop, and the one behind it, by which all word of takeovers is on its way. */
  turn(): void {
    for (const machine of this.machines) {
      machine.onTick(this.clock.us);
      machine.onTick(this.clock.us);
    }
    this.signing.sweep(this.clock.us);
  }

  deliver(): void {
    const { thread, sid, claim } = this.words.shift()!;
    this.machines[thread]!.receive({ type: 'replaced', sid, claim }, this.clock.us);
  }

  /** A counter by its number, of all threads. */
  sum(index: number): number {
    let sum = 0;
    for (const { values } of this.counters) sum += values[index]!;
    return sum;
  }
}

/** A packet as the model writes it; nothing for a ROOM_STATE, which time brings about. */
export function words({ type, body }: Packet): string[] {
  switch (type) {
    case TYPE.HELLO:
      return ['HELLO'];
    case TYPE.AUTH_OK:
      return [`AUTH_OK ${body.readUInt32LE(24)}`];
    case TYPE.AUTH_ERR:
      return [`AUTH_ERR ${body.readUInt16LE(0)}`];
    case TYPE.PONG:
      return [`PONG ${body.readUInt32LE(0)} ${body.readUInt32LE(4)}`];
    case TYPE.OP_ACK:
      return [`OP_ACK ${body.readUInt16LE(0)} ${body.readUInt16LE(2)}`];
    case TYPE.JOINED:
      return [`JOINED ${body.readUInt16LE(14)}`];
    case TYPE.LEFT:
      return [`LEFT ${body.readUInt16LE(4)}`];
    case TYPE.DISCONNECT:
      return ['DISCONNECT'];
    case TYPE.ACK_CLOSE:
      return [`ACK_CLOSE ${body[0]} ${body.readUInt32LE(4)} ${body.readUInt32LE(8)} ${body.readUInt32LE(12)}`];
    case TYPE.ERROR:
      return [`ERROR ${body.readUInt16LE(0)}`];
    case TYPE.ROOM_STATE:
      return [];
    default:
      return [`type ${type}`];
  }
}
