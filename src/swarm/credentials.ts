import { TREND } from '../measure/metric-names.js';
import type { Recorder } from '../measure/recorder.js';
import type { ScenarioRecorder } from '../measure/scenario-recorder.js';
import { copyBytes } from '../protocol/bytes.js';
import type { EvaluationContext } from '../scenario/expression-evaluate.js';
import { type ClientTable, WAIT_LOGIN } from './client-table.js';
import type { CompiledLogin } from './compiled-steps.js';
import type { ErrorCounts } from './error-counts.js';
import { LoginQuestions } from './login-questions.js';
import type { Credential, LoginColumns, SessionsReply } from './messages.js';
import { parseSessions, type SessionText } from './session-json.js';
import { IDS_BYTES, SCAN_SID, SessionScan } from './session-scan.js';
import type { Wakes } from './wakes.js';

/** Layout of an entry of the slab; the token comes last. */
export const SECRET = 0;
export const DFP = 32;
export const SID = 64;
export const SNONCE = 80;
export const CNONCE = 96;
export const TOKEN = 112;

const SECRET_BYTES = 32;
const DFP_BYTES = 32;
const SID_BYTES = 16;
const MAX_TOKEN_BYTES = 1024;

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
  readonly #byScenario: ScenarioRecorder | undefined;
  readonly #scenario: ClientTable['scenario'];
  readonly #errors: ErrorCounts;
  readonly #wakes: Wakes;
  readonly #generation: Uint16Array;
  readonly #questions: LoginQuestions;
  readonly #scan = new SessionScan();
  /** Entry of each row, plus one; 0: none. */
  readonly #entryOf: Uint32Array;
  #state = new Uint8Array(0);
  #tokenBytes = new Uint16Array(0);
  #askedUs = new Float64Array(0);
  #hasNonce = new Uint8Array(0);
  #isKept = new Uint8Array(0);
  #kept = 0;
  #tokenRoom = 512;
  #free: number[] = [];
  #used = 0;
  #asked = 0;

  constructor(
    table: ClientTable,
    recorder: Recorder,
    errors: ErrorCounts,
    wakes: Wakes,
    post: (questions: LoginColumns) => void,
    byScenario?: ScenarioRecorder,
  ) {
    this.#byScenario = byScenario;
    this.#scenario = table.scenario;
    this.#entryOf = new Uint32Array(table.rows);
    this.#generation = table.generation;
    this.#recorder = recorder;
    this.#errors = errors;
    this.#wakes = wakes;
    this.#questions = new LoginQuestions(post);
  }

  /** Entries in use: asked for, or waiting for their AUTH. */
  get size(): number {
    return this.#used - this.#free.length;
  }

  /** Entries of clients on their way to a session: those that are kept for later connections do not hold others up. */
  get onTheirWay(): number {
    return this.size - this.#kept;
  }

  /** The session of this row stands, and its entry is kept for its next connection. */
  keep(row: number): void {
    const entry = this.#entryOf[row]!;
    if (entry === 0 || this.#isKept[entry - 1] === 1) return;
    this.#isKept[entry - 1] = 1;
    this.#kept++;
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

  /** When the questions that were asked are to leave at the latest; Infinity when all have. */
  get flushDueUs(): number {
    return this.#questions.dueUs;
  }

  /** Asks for the credentials of a row, whom `context` points at. The question leaves with one of the next flush(). */
  ask(row: number, login: CompiledLogin, context: EvaluationContext, nowUs: number): void {
    const entry = this.#entryOf[row] === 0 ? this.#take(row) : this.#entryOf[row]! - 1;
    this.#state[entry] = CREDENTIAL_ASKED;
    this.#askedUs[entry] = nowUs;
    this.#asked++;
    this.#questions.add(row, this.#generation[row]!, login, context, nowUs);
  }

  /** Sends the questions that have waited long enough for others to go with. */
  flush(nowUs: number): void {
    this.#questions.flush(nowUs);
  }

  /** Takes the answer to many questions as the server wrote it. A client whose session is not all there fails. */
  acceptReply({ json, rows, generations, dfps }: SessionsReply, nowUs: number): void {
    const isScanned = this.#scan.read(json, rows.length);
    const sessions = isScanned ? undefined : parseSessions(json, rows.length);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      if (!this.#isAwaited(row, generations[i]!)) continue;
      const entry = this.#entryOf[row]! - 1;
      const isStored = sessions === undefined ? this.#storeScanned(entry, json, i) : this.#storeText(entry, sessions[i]);
      if (isStored) copyBytes(dfps, i * DFP_BYTES, (i + 1) * DFP_BYTES, this.bytes, entry * this.#stride + DFP);
      this.#settle(row, entry, isStored, nowUs);
    }
    this.#scan.release();
  }

  accept(credentials: readonly Credential[], nowUs: number): void {
    for (const credential of credentials) {
      const { row, generation } = credential;
      if (!this.#isAwaited(row, generation)) continue;
      const entry = this.#entryOf[row]! - 1;
      const isStored =
        this.#storeText(entry, credential) &&
        (this.bytes as Buffer).write(credential.dfp, entry * this.#stride + DFP, DFP_BYTES, 'base64url') === DFP_BYTES;
      this.#settle(row, entry, isStored, nowUs);
    }
  }

  reject(rows: readonly number[], code: string): void {
    for (const row of rows) {
      if (this.state(row) !== CREDENTIAL_ASKED) continue;
      this.#asked--;
      this.#byScenario?.select(this.#scenario[row]!);
      this.#refuse(row, this.#entryOf[row]! - 1, code);
    }
  }

  /** The entry of this row is not needed any more. */
  release(row: number): void {
    const entry = this.#entryOf[row]!;
    if (entry === 0) return;
    if (this.#state[entry - 1] === CREDENTIAL_ASKED) this.#asked--;
    this.#state[entry - 1] = CREDENTIAL_NONE;
    this.#kept -= this.#isKept[entry - 1]!;
    this.#isKept[entry - 1] = 0;
    this.#entryOf[row] = 0;
    this.#free.push(entry - 1);
  }

  get #stride(): number {
    return TOKEN + this.#tokenRoom;
  }

  /** Whether an answer to this generation of the row is still waited for. */
  #isAwaited(row: number, generation: number): boolean {
    return this.#generation[row] === generation && this.state(row) === CREDENTIAL_ASKED;
  }

  #settle(row: number, entry: number, isStored: boolean, nowUs: number): void {
    this.#asked--;
    this.#byScenario?.select(this.#scenario[row]!);
    if (!isStored) {
      this.#refuse(row, entry, 'login.bad-reply');
      return;
    }
    this.#state[entry] = CREDENTIAL_READY;
    this.#recorder.record(TREND.login_duration, nowUs - this.#askedUs[entry]!);
    this.#wakes.satisfy(row, WAIT_LOGIN);
  }

  #refuse(row: number, entry: number, code: string): void {
    this.#errors.add(code, 'the login was refused');
    this.#state[entry] = CREDENTIAL_FAILED;
    // A client that asked ahead of its start learns it when its flow comes to the login.
    this.#wakes.satisfy(row, WAIT_LOGIN);
  }

  /** Copies what the scan has found of session `index` of a reply; false when its token has no length that it may have. */
  #storeScanned(entry: number, json: Uint8Array, index: number): boolean {
    const { tokens, ids } = this.#scan;
    const start = tokens[index * 2]!;
    const end = tokens[index * 2 + 1]!;
    if (!this.#makeRoom(end - start)) return false;
    const at = entry * this.#stride;
    const idsAt = index * IDS_BYTES;
    copyBytes(ids, idsAt, idsAt + SECRET_BYTES, this.bytes, at + SECRET);
    copyBytes(ids, idsAt + SCAN_SID, idsAt + IDS_BYTES, this.bytes, at + SID);
    copyBytes(json, start, end, this.bytes, at + TOKEN);
    this.#tokenBytes[entry] = end - start;
    return true;
  }

  #storeText(entry: number, session: SessionText | undefined): boolean {
    if (session === undefined || !this.#makeRoom(session.token.length)) return false;
    const { token, secret, sid } = session;
    const slab = this.bytes as Buffer;
    const at = entry * this.#stride;
    this.#tokenBytes[entry] = token.length;
    return (
      slab.write(secret, at + SECRET, SECRET_BYTES, 'base64url') === SECRET_BYTES &&
      slab.write(sid, at + SID, SID_BYTES, 'base64url') === SID_BYTES &&
      slab.write(token, at + TOKEN, token.length, 'latin1') === token.length
    );
  }

  /** Whether a token of this length may be stored; there is room for it then. */
  #makeRoom(tokenBytes: number): boolean {
    if (tokenBytes === 0 || tokenBytes > MAX_TOKEN_BYTES) return false;
    if (tokenBytes > this.#tokenRoom) this.#resize(this.#state.length, Math.ceil(tokenBytes / 64) * 64);
    return true;
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
    if (stride === oldStride) bytes.set(this.bytes.subarray(0, this.#used * stride));
    else for (let i = 0; i < this.#used; i++) bytes.set(this.bytes.subarray(i * oldStride, (i + 1) * oldStride), i * stride);
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
    const isKept = new Uint8Array(entries);
    isKept.set(this.#isKept);
    this.#isKept = isKept;
    const askedUs = new Float64Array(entries);
    askedUs.set(this.#askedUs);
    this.#askedUs = askedUs;
  }
}
