import type { EvaluationContext } from '../scenario/expression-evaluate.js';
import type { CompiledLogin } from './compiled-steps.js';
import type { LoginColumns } from './messages.js';

/** As many leave at once, however short they have waited. */
export const QUESTIONS_AT_ONCE = 1000;
/** The longest that one waits for others to go with, microseconds. */
export const GATHER_US = 4_000;

/** Gathers questions for credentials, so that a message to the main thread is paid for many of them. */
export class LoginQuestions {
  readonly #post: (questions: LoginColumns) => void;
  readonly #rows = new Int32Array(QUESTIONS_AT_ONCE);
  readonly #generations = new Int32Array(QUESTIONS_AT_ONCE);
  readonly #uidEnds = new Int32Array(QUESTIONS_AT_ONCE);
  #uids = new Uint8Array(QUESTIONS_AT_ONCE * 16);
  #uidBytes = 0;
  #proofs: (string | undefined)[] = [];
  #count = 0;
  #dueUs = Number.POSITIVE_INFINITY;

  constructor(post: (questions: LoginColumns) => void) {
    this.#post = post;
  }

  /** When flush() is due; Infinity while nothing waits. */
  get dueUs(): number {
    return this.#dueUs;
  }

  /** Takes the question of one client, whom `context` points at. The values are worked out now. */
  add(row: number, generation: number, login: CompiledLogin, context: EvaluationContext, nowUs: number): void {
    const index = this.#count++;
    if (index === 0) this.#dueUs = nowUs + GATHER_US;
    this.#rows[index] = row;
    this.#generations[index] = generation;
    if (this.#uidBytes + login.maxUidBytes > this.#uids.length) this.#grow(login.maxUidBytes);
    this.#uidBytes = login.writeUid(context, this.#uids, this.#uidBytes);
    this.#uidEnds[index] = this.#uidBytes;
    const proof = login.proofOf(context);
    if (proof !== undefined) this.#proofs[index] = proof;
    if (this.#count === QUESTIONS_AT_ONCE) this.#send();
  }

  /** Sends what has waited long enough. */
  flush(nowUs: number): void {
    if (nowUs >= this.#dueUs) this.#send();
  }

  #send(): void {
    const columns = {
      rows: this.#rows.slice(0, this.#count),
      generations: this.#generations.slice(0, this.#count),
      uids: this.#uids.slice(0, this.#uidBytes),
      uidEnds: this.#uidEnds.slice(0, this.#count),
    };
    this.#post(this.#proofs.length === 0 ? columns : { ...columns, proofs: Array.from(columns.rows, (_row, i) => this.#proofs[i]) });
    this.#proofs = [];
    this.#count = 0;
    this.#uidBytes = 0;
    this.#dueUs = Number.POSITIVE_INFINITY;
  }

  #grow(moreBytes: number): void {
    const uids = new Uint8Array(Math.max(this.#uids.length * 2, this.#uidBytes + moreBytes));
    uids.set(this.#uids.subarray(0, this.#uidBytes));
    this.#uids = uids;
  }
}
