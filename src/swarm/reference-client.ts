import { randomFillSync } from 'node:crypto';
import { TREND } from '../measure/metric-names.js';
import { copyBytes, readU16, readU64 } from '../protocol/bytes.js';
import { deriveConnectionKeys } from '../protocol/keys.js';
import type { MacTable } from '../protocol/mac.js';
import * as W from '../protocol/packet.js';
import * as C from './client-table.js';
import type { ConnectionParts, Connections } from './connections.js';
import { CNONCE, CREDENTIAL_READY, DFP, SECRET, SID, SNONCE, TOKEN } from './credentials.js';
import type { Heartbeats } from './heartbeats.js';
import type { ReferenceClosing } from './reference-closing.js';
import type { ReferenceOperations } from './reference-operations.js';
import { PAYLOAD_AT } from './sender.js';

const NONCE_POOL_BYTES = 4096;

/**
 * The client's side of the reference protocol (docs/protocol.md): checks every packet that comes in and hands it to the
 * part that it concerns; HELLO, AUTH and AUTH_OK are its own.
 */
export class ReferenceClient {
  readonly #parts: ConnectionParts;
  readonly #connections: Connections;
  readonly #macs: MacTable;
  readonly #heartbeats: Heartbeats;
  readonly #operations: ReferenceOperations;
  readonly #closing: ReferenceClosing;
  /** Random bytes for cnonces, drawn many at a time. */
  readonly #nonces = new Uint8Array(NONCE_POOL_BYTES);
  #nonceAt = NONCE_POOL_BYTES;
  readonly #auth: W.AuthFields = {
    flags: 0,
    clientUnixMs: 0,
    cnonce: this.#nonces,
    cnonceAt: 0,
    dfp: this.#nonces,
    dfpAt: 0,
    lastAckNonce: null,
    lastAckNonceAt: 0,
    token: this.#nonces,
    tokenStart: 0,
    tokenEnd: 0,
    snonce: this.#nonces,
    snonceAt: 0,
  };

  constructor(
    parts: ConnectionParts,
    connections: Connections,
    macs: MacTable,
    heartbeats: Heartbeats,
    operations: ReferenceOperations,
    closing: ReferenceClosing,
  ) {
    this.#parts = parts;
    this.#connections = connections;
    this.#macs = macs;
    this.#heartbeats = heartbeats;
    this.#operations = operations;
    this.#closing = closing;
  }

  /** The flow has come to its auth step: AUTH leaves now, or when HELLO has come. */
  authenticate(row: number, nowUs: number): void {
    if (this.#parts.credentials.hasNonce(row)) this.#sendAuth(row, nowUs);
  }

  /** A binary message of one to 64 whole packets. */
  onMessage(row: number, bytes: Uint8Array, start: number, end: number, nowUs: number): void {
    const { phase } = this.#parts.table;
    let packets = 0;
    let at = start;
    do {
      const packetEnd = this.#measure(row, bytes, at, end, nowUs);
      if (packetEnd < 0) return;
      if (++packets > W.MAX_SERVER_BUNDLE) {
        this.#connections.fault(row, 'server.bundle', `a message holds more than ${W.MAX_SERVER_BUNDLE} packets`, nowUs);
        return;
      }
      this.#onPacket(row, bytes, at, packetEnd, nowUs);
      at = packetEnd;
    } while (at < end && phase[row]! < C.CLOSING);
  }

  /** The end of the packet at bytes[at..end), its header and length checked; -1 after a fault. */
  #measure(row: number, bytes: Uint8Array, at: number, end: number, nowUs: number): number {
    if (end - at < W.HEADER_BYTES) return this.#fault(row, 'server.length', 'a message ends inside a packet header', nowUs);
    const bodyBytes = W.packetBodyBytes(bytes, at);
    const packetEnd = at + W.HEADER_BYTES + bodyBytes;
    if (packetEnd > end) return this.#fault(row, 'server.length', 'a packet is longer than its message', nowUs);
    const type = W.packetType(bytes, at);
    const { min, max } = W.SERVER_BODY;
    if (min[type]! > max[type]!) return this.#fault(row, 'server.type', 'a packet has a type that servers do not send', nowUs);
    if (bodyBytes < min[type]! || bodyBytes > max[type]!)
      return this.#fault(row, 'server.length', 'a packet has a length that its type does not allow', nowUs);
    return packetEnd;
  }

  #onPacket(row: number, bytes: Uint8Array, at: number, end: number, nowUs: number): void {
    const phase = this.#parts.table.phase[row]!;
    const type = W.packetType(bytes, at);
    if (type === W.HELLO) this.#onHello(row, bytes, at, nowUs);
    else if (type === W.AUTH_OK) this.#onAuthOk(row, bytes, at, end, nowUs);
    else if (type === W.AUTH_ERR) this.#onRefused(row, 'auth', readU16(bytes, at + W.AUTH_ERR_CODE), nowUs);
    else if (type === W.ERROR) this.#onRefused(row, 'error', readU16(bytes, at + W.ERROR_CODE), nowUs);
    else if (phase !== C.READY && phase !== C.DRAINING)
      this.#fault(row, 'server.state', 'a packet came before the session was authenticated', nowUs);
    else if (type === W.OP_ACK) this.#operations.onAck(row, bytes, at, end, nowUs);
    else if (type === W.PONG) this.#heartbeats.onPong(row, bytes, at, end, nowUs);
    else if (type === W.ROOM_STATE) this.#operations.onRoomState(row, bytes, at, end, nowUs);
    else if (type === W.JOINED) this.#operations.onRoomAnswer(row, 'join', readU16(bytes, at + W.JOINED_CODE), nowUs);
    else if (type === W.LEFT) this.#operations.onRoomAnswer(row, 'leave', readU16(bytes, at + W.LEFT_CODE), nowUs);
    else if (type === W.DISCONNECT) this.#closing.onDisconnect(row, readU16(bytes, at + W.DISCONNECT_REASON), nowUs);
    else if (type === W.ACK_CLOSE) this.#closing.onAckClose(row, bytes, at, nowUs);
  }

  #onHello(row: number, bytes: Uint8Array, at: number, nowUs: number): void {
    const { table, credentials } = this.#parts;
    if (table.phase[row] !== C.OPEN || credentials.hasNonce(row)) {
      this.#fault(row, 'server.state', 'a second HELLO', nowUs);
      return;
    }
    if (readU16(bytes, at + W.HELLO_VERSION) !== W.PROTOCOL_VERSION) {
      this.#fault(row, 'server.version', `the server speaks version ${readU16(bytes, at + W.HELLO_VERSION)}`, nowUs);
      return;
    }
    this.#operations.serverOffsetMs = readU64(bytes, at + W.HELLO_SERVER_UNIX_MS) - nowUs / 1000;
    credentials.keepNonce(row, bytes, at + W.HELLO_SNONCE);
    if (table.waits[row] === C.WAIT_AUTH) this.#sendAuth(row, nowUs);
  }

  #sendAuth(row: number, nowUs: number): void {
    const { table, credentials, sender } = this.#parts;
    if (credentials.state(row) !== CREDENTIAL_READY) {
      this.#fault(row, 'auth.no-login', 'the flow authenticates without a login before it', nowUs);
      return;
    }
    const entryAt = credentials.entryAt(row);
    const slab = credentials.bytes;
    const tokenBytes = credentials.tokenBytes(row);
    this.#drawNonce(slab, entryAt + CNONCE);
    deriveConnectionKeys(slab, entryAt + SECRET, slab, entryAt + SNONCE, slab, entryAt + CNONCE, this.#macs, row * 2, row * 2 + 1);
    const auth = this.#auth;
    auth.clientUnixMs = Math.floor(this.#operations.serverOffsetMs + nowUs / 1000);
    auth.cnonce = auth.dfp = auth.token = auth.snonce = slab;
    auth.cnonceAt = entryAt + CNONCE;
    auth.dfpAt = entryAt + DFP;
    auth.tokenStart = entryAt + TOKEN;
    auth.tokenEnd = entryAt + TOKEN + tokenBytes;
    auth.snonceAt = entryAt + SNONCE;
    const sequence = table.nextSequence(row);
    table.phase[row] = C.AUTHENTICATING;
    table.tcpUs[row] = table.sinceUs(row, nowUs); // since connect(), for the time that the session takes in all
    table.beginStep(row, nowUs);
    sender.sendBinary(row, W.writeAuth(sender.scratch, PAYLOAD_AT, sequence, auth, this.#macs, row * 2));
  }

  #drawNonce(out: Uint8Array, at: number): void {
    if (this.#nonceAt === NONCE_POOL_BYTES) {
      randomFillSync(this.#nonces);
      this.#nonceAt = 0;
    }
    copyBytes(this.#nonces, this.#nonceAt, this.#nonceAt + 16, out, at);
    this.#nonceAt += 16;
  }

  #onAuthOk(row: number, bytes: Uint8Array, at: number, end: number, nowUs: number): void {
    const { table, credentials, recorder, timers, wakes, flows } = this.#parts;
    if (table.phase[row] !== C.AUTHENTICATING) {
      this.#fault(row, 'server.state', 'an AUTH_OK that no AUTH asked for', nowUs);
      return;
    }
    const entryAt = credentials.entryAt(row);
    const isProven =
      W.verifyPacket(bytes, at, end, W.AUTH_OK_TAG, this.#macs, row * 2 + 1) &&
      sameBytes(bytes, at + W.AUTH_OK_SID, credentials.bytes, entryAt + SID);
    if (!isProven) {
      this.#fault(row, 'server.tag', 'the server did not prove that it knows the session', nowUs);
      return;
    }
    recorder.record(TREND.auth_duration, table.sinceUs(row, nowUs));
    if (flows[table.scenario[row]!]!.keepsCredentials) credentials.keep(row);
    else credentials.release(row);
    timers.cancelFlow(row);
    this.#connections.authenticated(row, nowUs);
    this.#connections.releaseSlot(row);
    wakes.satisfyNow(row, C.WAIT_AUTH, nowUs);
  }

  /** The server says why it is about to end the connection. */
  #onRefused(row: number, kind: 'auth' | 'error', code: number, nowUs: number): void {
    const hex = code.toString(16).padStart(4, '0');
    this.#connections.fault(row, `${kind}.${hex}`, `the server answered ${W.codeName(code)}`, nowUs);
  }

  #fault(row: number, code: string, text: string, nowUs: number): number {
    this.#connections.fault(row, code, text, nowUs);
    return -1;
  }
}

function sameBytes(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number): boolean {
  for (let i = 0; i < 16; i++) if (a[aAt + i] !== b[bAt + i]) return false;
  return true;
}
