import { compileNumber, type NumberOf } from '../scenario/expression-evaluate.js';
import type { BroadcastStep } from '../scenario/program.js';
import { AnswerMatch } from './answer-match.js';

/** The `broadcast` of a send step, compiled: once a worker. */
export class CompiledBroadcast {
  readonly match: AnswerMatch;
  /** The same text for the same way to find a message. */
  readonly matchText: string;
  /** How many shall receive it; undefined: every other client that is connected. */
  readonly receivers: NumberOf | undefined;
  readonly withinUs: number;
  /** Given by Deliveries: the number of its way, and of the queue of its messages. */
  way = 0;
  queue = 0;

  constructor({ match, receivers, withinUs }: BroadcastStep) {
    this.match = new AnswerMatch(match);
    this.matchText = JSON.stringify(match);
    this.receivers = receivers && compileNumber(receivers);
    this.withinUs = withinUs;
  }
}
