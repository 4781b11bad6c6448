/** How much a plan will send once all its clients are there: from the program alone. */
import { templateMaxBytes } from './expression-evaluate.js';
import { packetMaxBytes } from './layout.js';
import type { ScenarioPlan } from './plan.js';
import {
  type HttpStep,
  INSTRUCTION_WORDS,
  OP_CHOOSE,
  OP_EVERY,
  OP_HEARTBEAT,
  OP_HTTP,
  OP_LOOP,
  OP_NEXT,
  OP_OPERATION,
  OP_SEND,
  OP_THINK,
  type OperationStep,
  type Program,
  type SendStep,
} from './program.js';
import { createSchedule } from './schedule.js';

export interface Traffic {
  /** Messages that clients send by the plan, heartbeats included, all clients together. */
  readonly messagesPerSecond: number;
  /** The same in bytes of WebSocket frames. An estimate: numbers in `{{ }}` are taken at their usual length. */
  readonly bytesPerSecond: number;
  /** There are loops without a period besides: their rate is the server's doing. */
  readonly isAsFastAsAnswered: boolean;
}

const FRAME_BYTES = 6; // header and mask of a short client frame (RFC 6455 section 5.2)
const HEARTBEAT_BYTES = FRAME_BYTES + 8 + 32;
const OPERATION_BYTES = FRAME_BYTES + 8 + 4;
const SIGNED_OPERATION_BYTES = FRAME_BYTES + 8 + 40;
const USUAL_NUMBER_BYTES = 6;

/**
 * The traffic of a scenario while its loops run, and its flow where that is repeated. What else stands outside of loops
 * happens once a client and is left out.
 */
export function estimateTraffic({ program, executor, afterFlow }: ScenarioPlan): Traffic {
  const clients = createSchedule(executor).maxClients;
  let messagesPerSecond = 0;
  let bytesPerSecond = 0;
  let isAsFastAsAnswered = false;
  // Rounds a second of each loop around the current instruction; -1 where it has no period and no think.
  const rounds: number[] = [];
  const { code } = program;
  const shares = sharesOf(program);
  if (afterFlow === 'repeat') rounds.push(thinksPerSecond(program, shares, 0, code.length));
  let besideUntil = 0;
  for (let word = 0; word < code.length; word += INSTRUCTION_WORDS) {
    const opcode = code[word]!;
    const index = code[word + 1]!;
    if (word === besideUntil && word > 0) rounds.pop();
    if (opcode === OP_EVERY) {
      besideUntil = code[word + 2]! * INSTRUCTION_WORDS;
      rounds.push(1e6 / program.everys[index]!.periodUs);
    }
    if (opcode === OP_LOOP) rounds.push(roundsPerSecond(program, shares, index, word, rounds.at(-1)));
    else if (opcode === OP_NEXT) rounds.pop();
    else if (opcode === OP_HEARTBEAT) {
      const beats = clients / (program.heartbeats[index]!.periodUs / 1e6);
      messagesPerSecond += beats;
      bytesPerSecond += beats * HEARTBEAT_BYTES;
    } else if ((opcode === OP_OPERATION || opcode === OP_SEND || opcode === OP_HTTP) && rounds.length > 0) {
      const rate = rounds.at(-1)!;
      if (rate < 0) isAsFastAsAnswered = true;
      else {
        const each = clients * rate * shares[word / INSTRUCTION_WORDS]!;
        messagesPerSecond += each;
        bytesPerSecond +=
          each *
          (opcode === OP_HTTP
            ? httpBytes(program.https[index]!)
            : opcode === OP_SEND
              ? sendBytes(program.sends[index]!)
              : operationBytes(program.operations[index]!));
      }
    }
  }
  return { messagesPerSecond, bytesPerSecond, isAsFastAsAnswered };
}

/** A loop with a period has its own pace; one without has that of its thinks, or the server's. */
function roundsPerSecond(program: Program, shares: Float64Array, loop: number, word: number, outer: number | undefined): number {
  const { code, loops } = program;
  const { periodUs, count } = loops[loop]!;
  if (periodUs !== undefined) return 1e6 / periodUs;
  if (count !== undefined && outer !== undefined) return outer < 0 ? -1 : outer * count;
  return thinksPerSecond(program, shares, word, code[word + 2]! * INSTRUCTION_WORDS);
}

/** Rounds a second of what stands between two words, when only its thinks take time; -1 without any. */
function thinksPerSecond({ code, thinks }: Program, shares: Float64Array, word: number, end: number): number {
  let thinkUs = 0;
  for (let inside = word; inside < end; inside += INSTRUCTION_WORDS) {
    if (code[inside] !== OP_THINK) continue;
    const { minUs, maxUs } = thinks[code[inside + 1]!]!;
    thinkUs += (shares[inside / INSTRUCTION_WORDS]! * (minUs + maxUs)) / 2;
  }
  return thinkUs > 0 ? 1e6 / thinkUs : -1;
}

/** By instruction: in which share of the rounds it is come to. */
function sharesOf({ code, chooses }: Program): Float64Array {
  const shares = new Float64Array(code.length / INSTRUCTION_WORDS).fill(1);
  for (let word = 0; word < code.length; word += INSTRUCTION_WORDS) {
    if (code[word] !== OP_CHOOSE) continue;
    const { upTo, branches, after } = chooses[code[word + 1]!]!;
    for (const [index, start] of branches.entries()) {
      const share = upTo[index]! - (upTo[index - 1] ?? 0);
      for (let pc = start; pc < (branches[index + 1] ?? after); pc++) shares[pc]! *= share;
    }
  }
  return shares;
}

function sendBytes({ text, hex, packet }: SendStep): number {
  return FRAME_BYTES + (packet ? packetMaxBytes(packet) : text ? textBytes(text) : (hex?.length ?? 0) / 2);
}

/** Method, path, Host and the line ends are about as long as their names and a short host. */
function httpBytes({ path, headers, body }: HttpStep): number {
  const lines = headers.reduce((sum, { name, value }) => sum + name.length + 4 + textBytes(value), 0);
  return (
    48 +
    (path ? textBytes(path) : 1) +
    lines +
    (body === undefined ? 0 : body.kind === 'text' ? 24 + textBytes(body.text) : 24 + body.hex.length / 2)
  );
}

function operationBytes({ signed, payload }: OperationStep): number {
  const sizes = { u8: 1, u16: 2, u32: 4, i32: 4 } as const;
  const bytes = payload.map((field) =>
    field.kind === 'bytes' ? field.hex.length / 2 : field.kind === 'text' ? textBytes(field.value) : sizes[field.kind],
  );
  return bytes.reduce((sum, each) => sum + each, signed ? SIGNED_OPERATION_BYTES : OPERATION_BYTES);
}

function textBytes({ parts }: NonNullable<SendStep['text']>): number {
  const literal = templateMaxBytes({ parts: parts.filter((part) => typeof part === 'string') });
  return literal + USUAL_NUMBER_BYTES * parts.filter((part) => typeof part !== 'string').length;
}
