import * as P from '../../src/protocol/packet.js';
import type { OperationPackets } from '../operations-packets.js';
import type { SessionCore } from '../session-core.js';
import type { HeldMessage, HeldMessages } from '../session-held.js';
import type { RoomPackets } from './packets.js';
import type { RoomAnswer, RoomAnswers } from './room-answer.js';

/** What goes on with a connection once its answer is there. */
export interface MessageRunner {
  /** Runs the rest of a message; false when the connection is being closed. */
  runHeld(slot: number, held: HeldMessage, nowUs: number): boolean;
  /** Sends the answers that were written. */
  sendAnswers(slot: number, nowUs: number): void;
  /** Notes the packet that is answered now. */
  beginPacket(type: number, seq: number): void;
  /** Ends the connection at which something of ours broke. */
  contain(slot: number, error: unknown): void;
}

/** Answers the operations that logic workers ran, and goes on with what their connections sent behind them. */
export class LaterAnswers implements RoomAnswers {
  readonly #core: SessionCore;
  readonly #held: HeldMessages;
  readonly #runner: MessageRunner;
  /** Set once they are made: they need the rooms, which need this. */
  operations!: OperationPackets;
  roomPackets!: RoomPackets;

  constructor(core: SessionCore, held: HeldMessages, runner: MessageRunner) {
    this.#core = core;
    this.#held = held;
    this.#runner = runner;
  }

  onAnswer(answer: RoomAnswer, isGone: boolean, nowUs: number): void {
    const { slot, packetType } = answer;
    if (packetType === P.OP || packetType === P.OP_SIGNED) this.operations.end(answer, nowUs);
    if (packetType === P.OP_SIGNED) this.operations.remember(answer, nowUs);
    if (isGone || this.#core.isOver(slot)) return;
    this.#core.replies.begin(slot);
    this.#runner.beginPacket(packetType, answer.seq);
    try {
      if (packetType === P.OP || packetType === P.OP_SIGNED) this.operations.answerLater(answer, nowUs);
      else this.roomPackets.answerLater(answer);
      this.goOn(slot, nowUs);
    } catch (error) {
      this.#runner.contain(slot, error);
    }
  }

  /** Runs what was sent behind a packet that waited, as far as the next one that has to wait, and sends the answers. */
  goOn(slot: number, nowUs: number): void {
    const { waiting } = this.#core.columns;
    for (let held = this.#held.take(slot); held !== undefined; held = this.#held.take(slot)) {
      if (!this.#runner.runHeld(slot, held, nowUs)) return;
      if (waiting[slot] !== 0) break;
      this.#runner.sendAnswers(slot, nowUs);
      if (this.#core.isOver(slot)) return;
    }
    this.#runner.sendAnswers(slot, nowUs);
    if (waiting[slot] === 0 && !this.#core.isOver(slot)) this.#held.release(slot);
  }
}
