import { CODE_FULL, CODE_INTERNAL, CODE_STORE_DOWN, OPERATIONS } from '../../src/protocol/packet.js';
import { NO_CALL, OpenCalls, wholeMs } from './open-calls.js';
import type { ResourceGuard } from './resource-guard.js';
import type { RuleSet } from './rule.js';
import { type ChangeListener, type ResourceReport, RuleBook } from './rule-book.js';

const REPORT_EVERY_US = 1_000_000;
/** A packet's seq is less. */
const SEQS = 2 ** 32;
const OPCODES = Math.max(...OPERATIONS.map(({ opcode }) => opcode)) + 1;

/** The rules of one gateway thread: those whose resource is op:<name of an operation>. Their statistics are this thread's own. */
export class OpGuards {
  /** 0 while no operation has a rule. */
  count = 0;
  readonly #book: RuleBook;
  /** By opcode, sent as OP, then by opcode, sent as OP_SIGNED. */
  readonly #guards: (ResourceGuard | undefined)[] = new Array(2 * OPCODES).fill(undefined);
  readonly #calls = new OpenCalls();
  readonly #later = new Map<number, number>();
  #hasTold = false;
  #nextReportUs = 0;

  constructor(onChange: ChangeListener) {
    this.#book = new RuleBook(onChange);
  }

  apply({ breakers, flows }: RuleSet): void {
    const isOwn = ({ resource }: { resource: string }): boolean => resource.startsWith('op:');
    this.#book.apply({ breakers: breakers.filter(isOwn), flows: flows.filter(isOwn) });
    for (const { opcode, name, plain, signed } of OPERATIONS) {
      const guard = this.#book.guard(`op:${name}`);
      this.#guards[opcode] = plain ? guard : undefined;
      this.#guards[OPCODES + opcode] = signed ? guard : undefined;
    }
    this.count = this.#guards.filter((guard) => guard !== undefined).length;
  }

  /** True when the rules refuse this operation now; the refusal is counted. Without rules this is one comparison. */
  isRefused(opcode: number, isSigned: boolean, nowUs: number): boolean {
    if (this.count === 0) return false;
    const guard = this.#of(opcode, isSigned);
    return guard !== undefined && guard.ask(wholeMs(nowUs)) !== 0;
  }

  /** The number of a call that the rules do not refuse, which leave() is owed; NO_CALL when no rule is concerned. */
  enter(opcode: number, isSigned: boolean, nowUs: number): number {
    const guard = this.count === 0 ? undefined : this.#of(opcode, isSigned);
    if (guard === undefined) return NO_CALL;
    const permit = guard.enter(wholeMs(nowUs));
    return permit < 0 ? NO_CALL : this.#calls.add(guard, permit, nowUs);
  }

  /** The operation of this call was answered with this code. */
  leave(call: number, code: number, nowUs: number): void {
    if (call !== NO_CALL) this.#calls.end(call, nowUs, isServerFault(code));
  }

  /** The operation of this call is answered later: the answer will name the slot and seq of its packet. */
  later(call: number, slot: number, seq: number): void {
    if (call === NO_CALL) return;
    const key = slot * SEQS + seq;
    const older = this.#later.get(key);
    // The slot's connection of before asked at the same seq, and its answer was never told.
    if (older !== undefined) this.#calls.forget(older);
    this.#later.set(key, call);
  }

  /** The operation that was to be answered later has been, whether anyone hears it or not. */
  answered(slot: number, seq: number, code: number, nowUs: number): void {
    if (this.#later.size === 0) return;
    const key = slot * SEQS + seq;
    this.leave(this.#later.get(key) ?? NO_CALL, code, nowUs);
    this.#later.delete(key);
  }

  /** How the guards stand, for the main thread, once a second; undefined in between and when there is nothing that was not said. */
  report(nowUs: number): ResourceReport[] | undefined {
    if (nowUs < this.#nextReportUs || (this.#book.size === 0 && !this.#hasTold)) return undefined;
    this.#nextReportUs = nowUs + REPORT_EVERY_US;
    this.#hasTold = this.#book.size > 0;
    return this.#book.report(wholeMs(nowUs));
  }

  #of(opcode: number, isSigned: boolean): ResourceGuard | undefined {
    return opcode < OPCODES ? this.#guards[isSigned ? OPCODES + opcode : opcode] : undefined;
  }
}

/** True for the code of an operation that failed by the server's fault; a client's own fault says nothing about the server. */
function isServerFault(code: number): boolean {
  return code === CODE_INTERNAL || code === CODE_STORE_DOWN || code === CODE_FULL;
}
