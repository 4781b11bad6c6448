import { TREND } from '../measure/metric-names.js';
import type { Recorder } from '../measure/recorder.js';
import { copyBytes } from '../protocol/bytes.js';
import { type ClientTable, WAIT_LOGIN } from './client-table.js';
import type { ErrorCounts } from './error-counts.js';
import type { Credential, LoginRequest } from './messages.js';
import type { Wakes } from './wakes.js';

/** Layout of an entry of the slab; the token comes last. */
export const SECRET = 0;
export const DFP = 32;
export const SID = 64;
export const SNONCE = 80;
export const CNONCE = 96;
export const TOKEN = 112;

export const CREDENTIAL_NONE = 0;
export const CREDENTIAL_ASKED = 1;
export const CREDENTIAL_READY = 2;
export const CREDENTIAL_FAILED = 3;

/**
 * What clients need between login and AUTH. An entry lives from the question to AUTH_OK, so there are as many as
 * clients on their way and not one a client.
 */
export class Credentials {
  /** The entries, one behind the other; replaced when they grow. */
  bytes: Uint8Array = Buffer.alloc(0);
  readonly #recorder: Recorder;
  readonly #errors: ErrorCounts;
  readonly #wakes: Wakes;
  readonly #generation: Uint16Array;
  readonly #post: (requests: readonly LoginRequest[]) => void;
  /** Questions of this tick. */
  #batch: LoginRequest[] = [];
  /** Entry of each row, plus one; 0: none. */
  readonly #entryOf: Uint32Array;
  #state = new Uint8Array(0);
  #tokenBytes = new Uint16Array(0);
  #askedUs = new Float64Array(0);
  #hasNonce = new Uint8Array(0);
  #tokenRoom = 512;
  #free: number[] = [];
  #used = 0;
  #asked = 0;

  constructor(
    table: ClientTable,
    recorder: Recorder,
    errors: ErrorCounts,
    wakes: Wakes,
    post: (requests: readonly LoginRequest[]) => void,
  ) {
    this.#entryOf = new Uint32Array(table.rows);
    this.#generation = table.generation;
    this.#recorder = recorder;
    this.#errors = errors;
    this.#wakes = wakes;
    this.#post = post;
  }

  /** Entries in use: asked for, or waiting for their AUTH. */
  get size(): number {
    return this.#used - this.#free.length;
  }

  /** Questions without an answer. */
  get asked(): number {
    return this.#asked;
  }

  state(row: number): number {
    const entry = this.#entryOf[row]!;
    return entry === 0 ? CREDENTIAL_NONE : this.#state[entry - 1]!;
  }

  /** Where the row's entry begins in `bytes`; makes one when there is none, so that a server's nonce finds a place. */
  entryAt(row: number): number {
    return (this.#entryOf[row] === 0 ? this.#take(row) : this.#entryOf[row]! - 1) * this.#stride;
  }

  /** Keeps the nonce of the server's HELLO, bytes[at..at + 16), until AUTH. */
  keepNonce(row: number, bytes: Uint8Array, at: number): void {
    const entryAt = this.entryAt(row);
    copyBytes(bytes, at, at + 16, this.bytes, entryAt + SNONCE);
    this.#hasNonce[this.#entryOf[row]! - 1] = 1;
  }

  hasNonce(row: number): boolean {
    const entry = this.#entryOf[row]!;
    return entry !== 0 && this.#hasNonce[entry - 1] === 1;
  }

  /** The next connection has a nonce of its own. */
  forgetNonce(row: number): void {
    const entry = this.#entryOf[row]!;
    if (entry !== 0) this.#hasNonce[entry - 1] = 0;
  }

  tokenBytes(row: number): number {
    return this.#tokenBytes[this.#entryOf[row]! - 1]!;
  }

  /** Asks for the credentials of a row. The question leaves with flush(). */
  ask(row: number, login: Omit<LoginRequest, 'row' | 'generation'>, nowUs: number): void {
    const entry = this.#entryOf[row] === 0 ? this.#take(row) : this.#entryOf[row]! - 1;
    this.#state[entry] = CREDENTIAL_ASKED;
    this.#askedUs[entry] = nowUs;
    this.#asked++;
    this.#batch.push({ row, generation: this.#generation[row]!, ...login });
  }

  /** Sends the questions gathered since the last call as one message. */
  flush(): void {
    if (this.#batch.length === 0) return;
    this.#post(this.#batch);
    this.#batch = [];
  }

  accept(credentials: readonly Credential[], nowUs: number): void {
    for (const credential of credentials) {
      const { row, generation } = credential;
      if (this.#generation[row] !== generation || this.state(row) !== CREDENTIAL_ASKED) continue;
      this.#asked--;
      const entry = this.#entryOf[row]! - 1;
      if (!this.#store(entry, credential)) {
        this.#refuse(row, entry, 'login.bad-reply');
        continue;
      }
      this.#state[entry] = CREDENTIAL_READY;
      this.#recorder.record(TREND.login_duration, nowUs - this.#askedUs[entry]!);
      this.#wakes.satisfy(row, WAIT_LOGIN);
    }
  }

  reject(rows: readonly number[], code: string): void {
    for (const row of rows) {
      if (this.state(row) !== CREDENTIAL_ASKED) continue;
      this.#asked--;
      this.#refuse(row, this.#entryOf[row]! - 1, code);
    }
  }

  /** The entry of this row is not needed any more. */
  release(row: number): void {
    const entry = this.#entryOf[row]!;
    if (entry === 0) return;
    if (this.#state[entry - 1] === CREDENTIAL_ASKED) this.#asked--;
    this.#state[entry - 1] = CREDENTIAL_NONE;
    this.#entryOf[row] = 0;
    this.#free.push(entry - 1);
  }

  get #stride(): number {
    return TOKEN + this.#tokenRoom;
  }

  #refuse(row: number, entry: number, code: string): void {
    this.#errors.add(code, 'the login was refused');
    this.#state[entry] = CREDENTIAL_FAILED;
    // A client that asked ahead of its start learns it when its flow comes to the login.
    this.#wakes.satisfy(row, WAIT_LOGIN);
  }

  #store(entry: number, { token, secret, sid, dfp }: Credential): boolean {
    if (token.length === 0 || token.length > 1024) return false;
    if (token.length > this.#tokenRoom) this.#resize(this.#state.length, Math.ceil(token.length / 64) * 64);
    const slab = this.bytes as Buffer;
    const at = entry * this.#stride;
    const fits =
      slab.write(secret, at + SECRET, 32, 'base64url') === 32 &&
      slab.write(dfp, at + DFP, 32, 'base64url') === 32 &&
      slab.write(sid, at + SID, 16, 'base64url') === 16 &&
      slab.write(token, at + TOKEN, token.length, 'latin1') === token.length;
    this.#tokenBytes[entry] = token.length;
    return fits;
  }

  #take(row: number): number {
    let entry = this.#free.pop();
    if (entry === undefined) {
      if (this.#used === this.#state.length) this.#resize(Math.max(64, this.#used * 2), this.#tokenRoom);
      entry = this.#used++;
    }
    this.#entryOf[row] = entry + 1;
    this.#state[entry] = CREDENTIAL_NONE;
    this.#hasNonce[entry] = 0;
    return entry;
  }

  #resize(entries: number, tokenRoom: number): void {
    const oldStride = this.#stride;
    const stride = TOKEN + tokenRoom;
    const bytes = Buffer.alloc(entries * stride);
    for (let i = 0; i < this.#used; i++) bytes.set(this.bytes.subarray(i * oldStride, (i + 1) * oldStride), i * stride);
    this.bytes = bytes;
    this.#tokenRoom = tokenRoom;
    if (entries === this.#state.length) return;
    const state = new Uint8Array(entries);
    state.set(this.#state);
    this.#state = state;
    const tokenBytes = new Uint16Array(entries);
    tokenBytes.set(this.#tokenBytes);
    this.#tokenBytes = tokenBytes;
    const hasNonce = new Uint8Array(entries);
    hasNonce.set(this.#hasNonce);
    this.#hasNonce = hasNonce;
    const askedUs = new Float64Array(entries);
    askedUs.set(this.#askedUs);
    this.#askedUs = askedUs;
  }
}
