import * as P from '../src/protocol/packet.js';
import type { OperationPackets } from './operations-packets.js';
import type { LaterAnswers, MessageRunner } from './rooms/later-answers.js';
import type { AuthPackets } from './session-auth.js';
import type { SessionCore } from './session-core.js';
import type { StoreAnswer, StoreAsker, StoreQuestion } from './store-messages.js';

/** In the `waiting` column, beside the kinds of room tasks. */
const WAITS_FOR_STORE = 255;

interface Waiting {
  readonly what: StoreQuestion['what'];
  readonly number: number;
  /** A copy of the packet that waits. */
  readonly packet: Uint8Array;
}

/**
 * Packets that wait for a word of the shared store: the AUTH of a session that this process does not know, critical operations.
 * A gateway thread never waits itself: the connection alone does, and what it sends behind is held (HeldMessages).
 */
export class StoreQuestions implements StoreAsker {
  readonly #core: SessionCore;
  readonly #later: LaterAnswers;
  readonly #runner: MessageRunner;
  readonly #send: (question: StoreQuestion) => void;
  readonly #waiting = new Map<number, Waiting>();
  #number = 0;
  /** Set once they are made: they need this. */
  auth!: AuthPackets;
  operations!: OperationPackets;

  constructor(core: SessionCore, later: LaterAnswers, runner: MessageRunner, send: (question: StoreQuestion) => void) {
    this.#core = core;
    this.#later = later;
    this.#runner = runner;
    this.#send = send;
  }

  ask(question: Pick<StoreQuestion, 'what' | 'slot' | 'uid' | 'sid' | 'proof'>, bytes: Uint8Array, at: number, end: number): true {
    const { what, slot } = question;
    const number = ++this.#number;
    this.#waiting.set(slot, { what, number, packet: bytes.slice(at, end) });
    this.#core.columns.waiting[slot] = WAITS_FOR_STORE;
    this.#send({ type: 'ask', number, ...question });
    return true;
  }

  /** The main thread's answer; nobody's when the connection that asked is gone. */
  receive({ slot, number, verdict }: StoreAnswer, nowUs: number): void {
    const waiting = this.#waiting.get(slot);
    if (waiting === undefined || waiting.number !== number) return;
    this.forget(slot);
    const core = this.#core;
    if (core.isOver(slot)) return;
    const { what, packet } = waiting;
    core.replies.begin(slot);
    this.#runner.beginPacket(what === 'admit' ? P.AUTH : P.OP_SIGNED, P.packetSeq(packet, 0));
    try {
      const stands =
        what === 'admit'
          ? this.auth.run(slot, packet, 0, 0, packet.length, nowUs, verdict)
          : this.operations.runJudged(slot, packet, verdict, nowUs);
      if (!stands) return;
      if (core.columns.waiting[slot] === 0) this.#later.goOn(slot, nowUs);
      else this.#runner.sendAnswers(slot, nowUs);
    } catch (error) {
      this.#runner.contain(slot, error);
    }
  }

  /** The connection is over, or has its answer. */
  forget(slot: number): void {
    if (this.#waiting.size > 0 && this.#waiting.delete(slot)) this.#core.columns.waiting[slot] = 0;
  }
}
