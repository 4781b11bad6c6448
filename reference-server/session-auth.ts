import { readU16, readU32 } from '../src/protocol/bytes.js';
import { deriveConnectionKeys } from '../src/protocol/keys.js';
import * as P from '../src/protocol/packet.js';
import { AuthResult, REASON_NAMES, REASON_NO_SESSION, REASON_OK, REASON_STORE_DOWN } from './auth/auth-result.js';
import type { Authenticator } from './auth/authenticator.js';
import { AUTH_FAILED, AUTH_PASSED, PACKETS_OUT, REPLACED } from './counters.js';
import type { RoomHost } from './rooms/room-host.js';
import type { SessionCore } from './session-core.js';
import type { SessionIndex } from './session-index.js';
import type { SigningMemory } from './session-signing.js';
import { CLOSED, READY } from './session-states.js';
import { NOT_ASKED, STORE_DOWN, type StoreAsker } from './store-messages.js';
import type { SessionTakeovers } from './threads/session-takeovers.js';

/** Why an AUTH failed, behind the reasons of auth/auth-result.ts: the tag was not made with the session secret. */
const REASON_TAG = -1;

/** AUTH: the token, the device and the possession of the session secret, cheap checks before dear ones (security.md section 3). */
export class AuthPackets {
  readonly #core: SessionCore;
  readonly #authenticator: Authenticator;
  readonly #index: SessionIndex;
  readonly #signing: SigningMemory;
  readonly #takeovers: SessionTakeovers | undefined;
  readonly #rooms: RoomHost;
  readonly #heartbeatMs: number;
  readonly #silenceUs: number;
  /** Absent where no other process shares the store. */
  readonly #questions: StoreAsker | undefined;
  readonly #result = new AuthResult();
  readonly #answer = new Uint8Array(16);

  constructor(
    core: SessionCore,
    authenticator: Authenticator,
    index: SessionIndex,
    signing: SigningMemory,
    takeovers: SessionTakeovers | undefined,
    rooms: RoomHost,
    heartbeatMs: number,
    silenceUs: number,
    questions?: StoreAsker,
  ) {
    this.#questions = questions;
    this.#core = core;
    this.#authenticator = authenticator;
    this.#index = index;
    this.#signing = signing;
    this.#takeovers = takeovers;
    this.#rooms = rooms;
    this.#heartbeatMs = heartbeatMs;
    this.#silenceUs = silenceUs;
  }

  /**
   * Runs the AUTH at bytes[at..end) of a message that begins at `start`. False when the connection is being closed. A session that
   * this process does not know waits for the word of the shared store, and then runs once more with its `verdict`.
   */
  run(slot: number, bytes: Uint8Array, start: number, at: number, end: number, nowUs: number, verdict = NOT_ASKED): boolean {
    const core = this.#core;
    const seq = P.packetSeq(bytes, at);
    if (readU16(bytes, at + P.AUTH_VERSION) !== P.PROTOCOL_VERSION) {
      return core.fault(slot, P.CODE_VERSION, P.AUTH, seq, at + P.AUTH_VERSION - start);
    }
    const flags = readU16(bytes, at + P.AUTH_FLAGS);
    if ((flags & ~P.AUTH_FLAG_RESUME) !== 0) return core.fault(slot, P.CODE_LENGTH, P.AUTH, seq, at + P.AUTH_FLAGS - start);
    if (readU16(bytes, at + P.AUTH_TOKEN_BYTES) !== end - at - P.AUTH_TOKEN) {
      return core.fault(slot, P.CODE_LENGTH, P.AUTH, seq, at + P.AUTH_TOKEN_BYTES - start);
    }
    if (readU16(bytes, at + P.AUTH_RESERVED) !== 0) return core.fault(slot, P.CODE_LENGTH, P.AUTH, seq, at + P.AUTH_RESERVED - start);

    const result = this.#result;
    const snonces = core.columns.identity;
    let reason = this.#authenticator.verifyToken(bytes, at + P.AUTH_TOKEN, end, bytes, at + P.AUTH_DFP, result);
    if (reason !== REASON_OK) return this.#refuse(slot, seq, reason);
    deriveConnectionKeys(result.secret, 0, snonces, slot * 16, bytes, at + P.AUTH_CNONCE, core.macs, 2 * slot, 2 * slot + 1);
    if (!P.verifyAuth(bytes, at, end, snonces, slot * 16, core.macs, 2 * slot)) return this.#refuse(slot, seq, REASON_TAG);
    reason = this.#authenticator.lookup(result);
    if (reason === REASON_NO_SESSION && this.#questions !== undefined) {
      if (verdict === NOT_ASKED) return this.#askStore(this.#questions, slot, bytes, at, end);
      if (verdict === STORE_DOWN) reason = REASON_STORE_DOWN;
    }
    if (reason !== REASON_OK) return this.#refuse(slot, seq, reason);
    this.#accept(slot, seq, (flags & P.AUTH_FLAG_RESUME) !== 0, bytes, at + P.AUTH_LAST_ACK_NONCE, nowUs);
    return core.columns.state[slot] !== CLOSED;
  }

  #askStore(questions: StoreAsker, slot: number, bytes: Uint8Array, at: number, end: number): true {
    const { uid, uidLength, sid, jti } = this.#result;
    const name = Buffer.from(uid.buffer, uid.byteOffset, uidLength).toString('latin1');
    return questions.ask({ what: 'admit', slot, uid: name, sid: sid.slice(), proof: jti.slice() }, bytes, at, end);
  }

  /** Refuses an AUTH or its absence with one AUTH_ERR; the reason goes to the audit only. */
  refuseWith(slot: number, seq: number, code: number, detail: string): void {
    const core = this.#core;
    core.counters.values[AUTH_FAILED]!++;
    core.audit('auth.fail', slot, code, detail);
    core.farewell(slot, this.#answer, P.writeAuthErr(this.#answer, 0, seq, code, 0), P.AUTH_ERR, P.closeCodeOf(code));
  }

  #refuse(slot: number, seq: number, reason: number): false {
    const code = reason === REASON_STORE_DOWN ? P.CODE_STORE_DOWN : P.CODE_AUTH_FAILED;
    this.refuseWith(slot, seq, code, reason === REASON_TAG ? 'tag' : REASON_NAMES[reason]!);
    return false;
  }

  #accept(slot: number, seq: number, wantsSeat: boolean, bytes: Uint8Array, lastAckNonceAt: number, nowUs: number): void {
    const core = this.#core;
    const { columns, replies } = core;
    const result = this.#result;
    const values = core.counters.values;
    const older = this.#index.find(result.sid, 0);
    // From here on the 16 bytes hold the sid: the nonce has done its work.
    for (let i = 0; i < 16; i++) {
      columns.identity[slot * 16 + i] = result.sid[i]!;
      columns.user[slot * 16 + i] = result.userHash[i]!;
    }
    columns.uids.set(slot, result.uid, result.uidLength);
    if (older >= 0) this.#index.remove(older);
    this.#index.insert(slot);
    this.#takeovers?.claim(slot, result.sessionRow, result.sid);
    this.#dropAnswered(slot, bytes, lastAckNonceAt, nowUs);
    const rooms = this.#rooms;
    rooms.enter(slot, result.sessionRow);
    const isSeatKept = wantsSeat && (older >= 0 ? rooms.handOver(older, slot) : rooms.adopt(result.sessionRow, slot));

    columns.sessionExpS[slot] = result.sessionExpS;
    columns.expiresUs[slot] = core.clock.monotonicUs(result.accessExpS);
    core.enter(slot, READY);
    columns.deadlineUs[slot] = nowUs + this.#silenceUs;
    core.wheel.set(slot, Math.min(columns.deadlineUs[slot]!, columns.expiresUs[slot]!));
    const flags = isSeatKept ? P.AUTH_OK_FLAG_SEAT_KEPT : 0;
    replies.end = P.writeAuthOk(
      replies.bytes,
      replies.end,
      seq,
      result.sid,
      0,
      result.accessExpS,
      this.#heartbeatMs,
      flags,
      core.macs,
      2 * slot + 1,
    );
    values[PACKETS_OUT[P.AUTH_OK]!]!++;
    values[AUTH_PASSED]!++;
    core.trail?.authOk(result, seq, core.gateway.peer(slot), nowUs);
    if (older < 0 || core.isOver(older)) return;
    // The new connection hears that it stands before the old one hears that it fell (ruling 30).
    values[REPLACED]!++;
    core.fault(older, P.CODE_REPLACED, 0, 0, 0);
  }

  /** The client has the answer to this nonce, so it will not send an older one again (ruling 30). */
  #dropAnswered(slot: number, bytes: Uint8Array, nonceAt: number, nowUs: number): void {
    const low = readU32(bytes, nonceAt);
    const high = readU32(bytes, nonceAt + 4);
    if ((low | high) !== 0) this.#signing.rings.dropOlder(this.#core.columns.identity, slot * 16, low, high, nowUs);
  }
}
