import { CODE_FULL, CODE_INTERNAL, CODE_STORE_DOWN, OPERATIONS } from '../../src/protocol/packet.js';
import type { ResourceGuard } from './resource-guard.js';
import type { RuleSet } from './rule.js';
import { type ChangeListener, type ResourceReport, RuleBook } from './rule-book.js';

const OPCODES = Math.max(...OPERATIONS.map(({ opcode }) => opcode)) + 1;

/** The rules of one gateway thread: those whose resource is op:<name of an operation>. Their statistics are this thread's own. */
export class OpGuards {
  /** Operations that a rule guards. */
  count = 0;
  readonly #book: RuleBook;
  readonly #byOpcode: (ResourceGuard | undefined)[] = new Array(OPCODES).fill(undefined);
  #hasTold = false;

  constructor(onChange: ChangeListener) {
    this.#book = new RuleBook(onChange);
  }

  apply({ breakers, flows }: RuleSet): void {
    const isOwn = ({ resource }: { resource: string }): boolean => resource.startsWith('op:');
    this.#book.apply({ breakers: breakers.filter(isOwn), flows: flows.filter(isOwn) });
    for (const { opcode, name } of OPERATIONS) this.#byOpcode[opcode] = this.#book.guard(`op:${name}`);
    this.count = this.#byOpcode.filter((guard) => guard !== undefined).length;
  }

  /** The guard of an operation. Who enters by it leaves by it. */
  of(opcode: number): ResourceGuard | undefined {
    return opcode < OPCODES ? this.#byOpcode[opcode] : undefined;
  }

  /** How the guards stand, for the main thread; undefined when there is nothing to say that was not said. */
  report(nowUs: number): ResourceReport[] | undefined {
    if (this.#book.size === 0 && !this.#hasTold) return undefined;
    this.#hasTold = this.#book.size > 0;
    return this.#book.report(wholeMs(nowUs));
  }
}

/** Rules count in whole milliseconds. */
export function wholeMs(us: number): number {
  return Math.floor(us / 1_000);
}

/** A response time in the whole milliseconds that rules compare: one that is longer than theirs by a microsecond is longer. */
export function responseTimeMs(startUs: number, endUs: number): number {
  return Math.max(0, Math.ceil((endUs - startUs) / 1_000));
}

/** True for the code of an operation that failed by the server's fault; a client's own fault says nothing about the server. */
export function isServerFault(code: number): boolean {
  return code === CODE_INTERNAL || code === CODE_STORE_DOWN || code === CODE_FULL;
}
